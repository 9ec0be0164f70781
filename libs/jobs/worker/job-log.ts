import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { outsideRequests, Postgres } from '#platform';
import { JobSignals } from '../events/job-signals.js';
import type { JobLogLine } from '../logs/job-log-line.js';
import { LogStore } from '../logs/log-store.js';
import { PendingLines } from '../logs/pending-lines.js';

export type { JobLogLevel, JobLogLine } from '../logs/job-log-line.js';

/** Lines of many jobs are kept by one statement: who watches a job does not see the difference, the store does. */
export const KEEP_EVERY_MS = 250;
const AGAIN_AFTER_MS = 2_000;
/** Lines of one statement; so many at once do not wait for the time either. */
const BATCH = 1_000;
/** The end of a process does not wait longer for a store that is away. */
const LAST_PATIENCE_MS = 2_000;

/** The logs of jobs: what handlers say and what becomes of their jobs, kept in batches beside the work. */
@Injectable()
export class JobLog implements OnApplicationShutdown {
  private readonly logger = new Logger('Job');
  private readonly pending = new PendingLines();
  private timer: { at: NodeJS.Timeout; ms: number } | undefined;
  private keeping: Promise<void> | undefined;
  private closed = false;
  /** The store took nothing the last time. */
  private away = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly store: LogStore,
    private readonly signals: JobSignals,
  ) {}

  /** What a handler says: also to the log of the process. Returns at once and never throws. */
  write(line: JobLogLine): void {
    const { level, message, at, ...of } = line;
    const shown = { job_id: of.jobId, namespace: of.namespaceId, attempt: of.fence, at: at.toISOString() };
    if (level === 'error') this.logger.error(shown, message);
    else if (level === 'warn') this.logger.warn(shown, message);
    else if (level === 'debug') this.logger.debug(shown, message);
    else this.logger.log(shown, message);
    this.note(line);
  }

  /** What becomes of a job, of which the log of the process has its own words. Returns at once and never throws. */
  note(line: JobLogLine): void {
    this.pending.add(line);
    if (this.pending.size >= BATCH) this.keepSoon(0);
    else this.keepSoon(KEEP_EVERY_MS);
  }

  /** Resolves when what was said so far is kept, or could not be. */
  async flush(): Promise<void> {
    await this.keeping;
    await this.keepAll();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer?.at);
    let late: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      late = setTimeout(resolve, LAST_PATIENCE_MS);
    });
    await Promise.race([this.flush(), patience]);
    clearTimeout(late);
  }

  private keepSoon(ms: number): void {
    // Set once: a timer that every line of a flood sets anew does not fire before the flood is over. And a store that is
    // away is not asked for every line.
    if (this.closed || this.keeping || (this.timer && (this.away || ms >= this.timer.ms))) return;
    clearTimeout(this.timer?.at);
    // Neither the deadline nor the transaction of whoever says something is that of keeping it.
    const at = outsideRequests(() => this.postgres.outside(() => setTimeout(() => void this.keepAll(), ms)));
    this.timer = { at, ms };
  }

  private keepAll(): Promise<void> {
    this.keeping ??= this.keep().finally(() => {
      this.keeping = undefined;
      if (this.pending.size > 0) this.keepSoon(AGAIN_AFTER_MS);
    });
    return this.keeping;
  }

  private async keep(): Promise<void> {
    this.timer = undefined;
    while (this.pending.size > 0) {
      const lines = this.pending.take(BATCH);
      try {
        await this.store.append(lines);
        this.away = false;
      } catch (error) {
        this.away = true;
        this.pending.putBack(lines);
        this.logger.warn({ err: error, lines: this.pending.size }, 'lines of jobs are not kept yet; trying again');
        return;
      }
      this.signals.touched(new Set(lines.map(({ jobId }) => jobId)));
    }
  }
}
