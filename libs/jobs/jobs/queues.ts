import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { kindOf, type QueueName } from '../catalog/catalog.js';
import type { JobEntity } from './job.entity.js';

/** Kills of a worker that one job survives. They say nothing of the job, so this is as good as no bound. */
export const MAX_STALLED = 1_000;

/** Carries job ids to the workers. Publishing twice is harmless: the queue knows the id. */
@Injectable()
export class Queues {
  private readonly logger = new Logger(Queues.name);
  private readonly byName: Record<QueueName, Queue>;

  constructor(
    @InjectQueue('training') training: Queue,
    @InjectQueue('surface') surface: Queue,
    @InjectQueue('data') data: Queue,
  ) {
    this.byName = { training, surface, data };
    for (const queue of Object.values(this.byName))
      queue.on('error', (error) => this.logger.warn({ err: error, queue: queue.name }, 'the queue is not reachable'));
  }

  async publish(job: JobEntity, now = Date.now()): Promise<void> {
    const { queue, attempts, backoff } = kindOf(job.type);
    await this.byName[queue].add(
      job.type,
      { job_id: job.jobId, request_id: job.requestId },
      {
        jobId: job.jobId,
        // BullMQ counts the other way round, from 1, and 0 means none.
        priority: 11 - job.priority,
        delay: Math.max(0, job.runAfter.getTime() - now),
        attempts,
        backoff: { type: 'exponential', delay: backoff.firstMs, jitter: 1 },
        removeOnComplete: true,
        removeOnFail: true,
      },
    );
  }
}
