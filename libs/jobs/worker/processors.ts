import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { type QueueName, QUEUES } from '../catalog/catalog.js';
import { MAX_STALLED } from '../jobs/queues.js';
import { JobRunner } from './runner.js';

const payload = z.object({ job_id: z.uuid() });

abstract class QueueProcessor extends WorkerHost implements BeforeApplicationShutdown {
  protected abstract readonly runner: JobRunner;
  private readonly logger = new Logger(QueueProcessor.name);

  async process(job: Job): Promise<void> {
    await this.runner.run(payload.parse(job.data).job_id);
  }

  /** Unheard, BullMQ writes it to the console at every attempt to connect. */
  @OnWorkerEvent('error')
  unreachable(error: Error): void {
    this.logger.warn({ err: error, queue: this.worker.name }, 'the queue is not reachable');
  }

  /** Takes nothing new while what runs is finished. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.pause(true);
  }
}

const options = (queue: QueueName) => ({ concurrency: QUEUES[queue].concurrency, maxStalledCount: MAX_STALLED });

@Injectable()
@Processor('training', options('training'))
export class TrainingProcessor extends QueueProcessor {
  constructor(protected readonly runner: JobRunner) {
    super();
  }
}

@Injectable()
@Processor('surface', options('surface'))
export class SurfaceProcessor extends QueueProcessor {
  constructor(protected readonly runner: JobRunner) {
    super();
  }
}

@Injectable()
@Processor('data', options('data'))
export class DataProcessor extends QueueProcessor {
  constructor(protected readonly runner: JobRunner) {
    super();
  }
}
