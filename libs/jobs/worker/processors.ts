import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { type QueueName, QUEUES } from '../catalog/catalog.js';
import { MAX_STALLED } from '../outbox/queues.js';
import { Deliveries } from './deliveries.js';

const message = z.object({ id: z.uuid(), data: z.object({ jobs: z.array(z.uuid()) }) });

abstract class QueueProcessor extends WorkerHost implements BeforeApplicationShutdown {
  protected abstract readonly deliveries: Deliveries;
  private readonly logger = new Logger(QueueProcessor.name);

  async process(job: Job): Promise<void> {
    const { id, data } = message.parse({ id: job.id, data: job.data as unknown });
    await this.deliveries.process(id, data.jobs);
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

/**
 * A worker that dies is missed after at most `lockDuration` and `stalledInterval` together. What computes long does it
 * in a thread, so that a live worker renews its locks in time.
 */
const options = (queue: QueueName) => ({
  concurrency: QUEUES[queue].concurrency,
  maxStalledCount: MAX_STALLED,
  lockDuration: 10_000,
  stalledInterval: 3_000,
});

@Injectable()
@Processor('training', options('training'))
export class TrainingProcessor extends QueueProcessor {
  constructor(protected readonly deliveries: Deliveries) {
    super();
  }
}

@Injectable()
@Processor('surface', options('surface'))
export class SurfaceProcessor extends QueueProcessor {
  constructor(protected readonly deliveries: Deliveries) {
    super();
  }
}

@Injectable()
@Processor('data', options('data'))
export class DataProcessor extends QueueProcessor {
  constructor(protected readonly deliveries: Deliveries) {
    super();
  }
}
