import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { OpenapiController } from './serve/openapi.controller.js';
import { OpenapiDocuments } from './serve/openapi-documents.js';

/** The OpenAPI document of whatever is composed beside it, and its page. */
@Module({ imports: [DiscoveryModule], controllers: [OpenapiController], providers: [OpenapiDocuments] })
export class OpenApiHttpModule {}
