import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import type { JobType } from '#contracts';
import { JOBS } from '../catalog/catalog.js';
import { JOB_HANDLER, type JobHandler } from './handler.js';

/** Finds the handlers of all job types. One missing or one too many fails the start of the worker. */
@Injectable()
export class Handlers implements OnModuleInit {
  private readonly byType = new Map<JobType, JobHandler<JobType>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const mistakes: string[] = [];
    for (const { metatype, instance } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function' || !instance) continue;
      const type = this.reflector.get<JobType | undefined>(JOB_HANDLER, metatype);
      if (type === undefined) continue;
      if (this.byType.has(type)) mistakes.push(`${type} has two handlers`);
      this.byType.set(type, instance as JobHandler<JobType>);
    }
    for (const type of Object.keys(JOBS) as JobType[])
      if (!this.byType.has(type)) mistakes.push(`${type} has no handler`);
    if (mistakes.length > 0) throw new Error(`The job catalog is not right: ${mistakes.join(', ')}`);
  }

  of(type: JobType): JobHandler<JobType> {
    const handler = this.byType.get(type);
    if (!handler) throw new Error(`${type} has no handler`);
    return handler;
  }
}
