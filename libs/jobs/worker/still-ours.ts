import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { outsideRequests, Bus, Postgres } from '#platform';
import { CANCELLED_CHANNEL } from '../lifecycle/lifecycle.service.js';
import { JobRunner } from './runner.js';

const LOOK_MS = 1_000;

/**
 * Breaks off work that is not to be done here any more: the job was cancelled, which the bus tells at once, or another
 * worker has it, because this one was thought dead. What the bus loses is found by looking.
 */
@Injectable()
export class StillOurs implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(StillOurs.name);
  private timer: NodeJS.Timeout | undefined;
  private readonly endings: (() => void)[] = [];
  private closed = false;

  constructor(
    private readonly bus: Bus,
    private readonly postgres: Postgres,
    private readonly runner: JobRunner,
  ) {}

  onApplicationBootstrap(): void {
    this.endings.push(this.bus.subscribe(CANCELLED_CHANNEL, (jobId) => this.runner.drop(jobId)));
    this.timer = setTimeout(() => void this.lookAgain(), LOOK_MS);
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const end of this.endings) end();
  }

  private async lookAgain(): Promise<void> {
    try {
      await outsideRequests(() => this.look());
    } catch (error) {
      this.logger.warn({ err: error }, 'it is not known whether the running jobs are still to be done');
    }
    if (!this.closed) this.timer = setTimeout(() => void this.lookAgain(), LOOK_MS);
  }

  async look(): Promise<void> {
    const { held } = this.runner;
    if (held.length === 0) return;
    const gone = await this.postgres.manager.query<{ id: string; fence: number }[]>(
      `SELECT held.id, held.fence FROM unnest($1::uuid[], $2::int[]) AS held (id, fence)
       WHERE NOT EXISTS (
         SELECT 1 FROM jobs WHERE jobs.job_id = held.id AND jobs.attempts = held.fence AND jobs.state = 'active')`,
      [held.map(({ jobId }) => jobId), held.map(({ fence }) => fence)],
    );
    for (const { id, fence } of gone) this.runner.drop(id, fence);
  }
}
