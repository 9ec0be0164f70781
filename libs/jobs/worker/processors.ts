import { Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { CONCURRENCY, QUEUES } from '../catalog/catalog.js';
import { MAX_STALLED } from '../jobs/queues.js';
import { JobRunner } from './runner.js';

const payload = z.object({ job_id: z.uuid() });

abstract class QueueProcessor extends WorkerHost implements BeforeApplicationShutdown {
  protected abstract readonly runner: JobRunner;

  async process(job: Job): Promise<void> {
    await this.runner.run(payload.parse(job.data).job_id);
  }

  /** Takes nothing new while what runs is finished. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.pause(true);
  }
}

const options = (queue: (typeof QUEUES)[number]) => ({ concurrency: CONCURRENCY[queue], maxStalledCount: MAX_STALLED });

@Injectable()
@Processor(QUEUES[0], options(QUEUES[0]))
export class TrainingProcessor extends QueueProcessor {
  constructor(protected readonly runner: JobRunner) {
    super();
  }
}

@Injectable()
@Processor(QUEUES[1], options(QUEUES[1]))
export class SurfaceProcessor extends QueueProcessor {
  constructor(protected readonly runner: JobRunner) {
    super();
  }
}
