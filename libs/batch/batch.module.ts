import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BatchController } from './batch.controller.js';
import { BatchService } from './batch.service.js';
import { Dispatch } from './dispatch.js';
import { BatchRoutes } from './routes.js';

/** Many operations in one request. */
@Module({
  imports: [DiscoveryModule],
  controllers: [BatchController],
  providers: [BatchRoutes, Dispatch, BatchService],
})
export class BatchHttpModule {}
