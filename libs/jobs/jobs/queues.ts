import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { JOBS, QUEUES, type QueueName } from '../catalog/catalog.js';
import type { JobEntity } from './job.entity.js';

/** Kills of a worker that one job survives. They say nothing of the job, so this is as good as no bound. */
export const MAX_STALLED = 1_000;

/** Carries job ids to the workers. Publishing twice is harmless: the queue knows the id. */
@Injectable()
export class Queues {
  private readonly logger = new Logger(Queues.name);
  private readonly byName: Record<QueueName, Queue>;

  constructor(@InjectQueue(QUEUES[0]) training: Queue, @InjectQueue(QUEUES[1]) surface: Queue) {
    this.byName = { training, surface };
    for (const queue of [training, surface])
      queue.on('error', (error) => this.logger.warn({ err: error, queue: queue.name }, 'the queue is not reachable'));
  }

  async publish(job: JobEntity, now = Date.now()): Promise<void> {
    const { queue, attempts, backoffMs } = JOBS[job.type];
    await this.byName[queue].add(
      job.type,
      { job_id: job.jobId, request_id: job.requestId },
      {
        jobId: job.jobId,
        // BullMQ counts the other way round, from 1, and 0 means none.
        priority: 11 - job.priority,
        delay: Math.max(0, job.runAfter.getTime() - now),
        attempts,
        backoff: { type: 'exponential', delay: backoffMs, jitter: 0.5 },
        removeOnComplete: true,
        removeOnFail: true,
      },
    );
  }
}
