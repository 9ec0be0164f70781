import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type ConfigOf, Postgres } from '#platform';
import { jobsConfig } from '../jobs.config.js';
import { ResultFiles } from './result-files.js';

const EVERY_MS = 3_600_000;
const BATCH = 500;

/** Drops the files of jobs that are gone, or ended longer ago than files are kept. Doing it twice does no harm. */
@Injectable()
export class ResultSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ResultSweep.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly postgres: Postgres,
    private readonly files: ResultFiles,
    @Inject(jobsConfig.token) private readonly config: ConfigOf<typeof jobsConfig>,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweepQuietly(), EVERY_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** @returns of how many jobs something was dropped */
  async sweep(): Promise<number> {
    let dropped = 0;
    const batch: string[] = [];
    for await (const jobId of this.files.jobs()) {
      batch.push(jobId);
      if (batch.length === BATCH) dropped += await this.drop(batch.splice(0));
    }
    dropped += await this.drop(batch);
    return dropped;
  }

  private async drop(jobIds: readonly string[]): Promise<number> {
    if (jobIds.length === 0) return 0;
    const over = await this.postgres.manager.query<{ job_id: string }[]>(
      `SELECT job_id FROM unnest($1::uuid[]) AS kept (job_id) LEFT JOIN jobs USING (job_id)
       WHERE jobs.job_id IS NULL
          OR (state IN ('completed', 'failed', 'cancelled') AND finished_at <= now() - $2 * interval '1 day')`,
      [jobIds, this.config.JOB_RESULT_DAYS],
    );
    for (const { job_id } of over) await this.files.remove(job_id);
    return over.length;
  }

  private async sweepQuietly(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.logger.warn({ err: error }, 'old files of results were not dropped; trying again later');
    }
  }
}
