import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { QUEUES } from './catalog/catalog.js';
import { JobEntity } from './jobs/job.entity.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsService } from './jobs/jobs.service.js';
import { Queues } from './jobs/queues.js';
import { Handlers } from './worker/handlers.js';
import { JobLog } from './worker/job-log.js';
import { DataProcessor, SurfaceProcessor, TrainingProcessor } from './worker/processors.js';
import { Recovery } from './worker/recovery.js';
import { JobRunner } from './worker/runner.js';

/** Asking for work. */
@Module({
  imports: [
    TypeOrmModule.forFeature([JobEntity]),
    BullModule.registerQueue(...Object.keys(QUEUES).map((name) => ({ name }))),
  ],
  providers: [Queues, JobsService],
  exports: [JobsService, Queues, TypeOrmModule],
})
export class JobsModule {}

@Module({ imports: [JobsModule], controllers: [JobsController] })
export class JobsHttpModule {}

/** Doing it. The handlers come from the domains that know how. */
@Module({
  imports: [JobsModule, DiscoveryModule],
  providers: [Handlers, JobRunner, JobLog, TrainingProcessor, SurfaceProcessor, DataProcessor, Recovery],
})
export class JobsWorkerModule {}
