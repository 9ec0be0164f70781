import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { JobEntity } from '../jobs/job.entity.js';
import { Queues } from '../jobs/queues.js';

const EVERY_MS = 30_000;
const BATCH = 1_000;

/** Publishes jobs that are written down but may not be in the queue: it was away, or it lost them. */
@Injectable()
export class Recovery implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Recovery.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectRepository(JobEntity) private readonly jobs: Repository<JobEntity>,
    private readonly queues: Queues,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.publishDue();
    this.timer = setInterval(() => void this.publishDue(), EVERY_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async publishDue(): Promise<void> {
    try {
      const due = await this.jobs
        .createQueryBuilder('job')
        .where(`job.state IN ('waiting', 'delayed', 'active')`)
        .andWhere(`job.run_after < now() + interval '1 minute'`)
        .orderBy('job.run_after', 'ASC')
        .limit(BATCH)
        .getMany();
      // The queue drops what it holds already, so a job that runs or waits there is not doubled.
      for (const job of due) await this.queues.publish(job);
    } catch (error) {
      this.logger.warn({ err: error }, 'the queue could not be filled again; trying later');
    }
  }
}
