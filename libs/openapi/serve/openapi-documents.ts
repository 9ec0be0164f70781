import { Injectable, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { documentOf } from '../document/document.js';

/** The document of the routes this process serves. A route that nobody described fails the start, not the night. */
@Injectable()
export class OpenapiDocuments implements OnApplicationBootstrap {
  private text = '';

  constructor(private readonly discovery: DiscoveryService) {}

  onApplicationBootstrap(): void {
    const controllers = this.discovery.getControllers().flatMap(({ metatype }) => (metatype ? [metatype as Type] : []));
    this.text = JSON.stringify(documentOf(controllers));
  }

  get json(): string {
    return this.text;
  }
}
