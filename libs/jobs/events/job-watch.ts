import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { In } from 'typeorm';
import type { JobStatus } from '#contracts';
import { outsideRequests, Postgres } from '#platform';
import { JobEntity, presentJob } from '../jobs/job.entity.js';
import { JobSignals } from './job-signals.js';

/** How often it looks by itself: for what nobody told of, and for everything while nobody can be heard. */
const LOOK_MS = 3_000;
const LOOK_UNHEARD_MS = 1_000;
/** Not needed by who only follows, and large. */
const LEFT_OUT = new Set(['params', 'result']);

/** How a job stands, and up to where its log goes. */
export interface JobSnapshot {
  status: JobStatus;
  lastSeq: number;
}

/** null: there is no such job any more. */
type Seen = JobSnapshot | null;

/**
 * The jobs that this process shows to somebody: one look at the table for all of them, however many watch, when there is
 * something new of one or when it is time.
 */
@Injectable()
export class JobWatch implements OnApplicationShutdown {
  private readonly logger = new Logger(JobWatch.name);
  private readonly views = new Map<string, Set<JobView>>();
  private readonly news = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  /** When all were last looked at. */
  private lookedAt = 0;
  private closed = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly signals: JobSignals,
  ) {}

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** Follows a job until it is closed. */
  open(jobId: string): JobView {
    const view = new JobView(
      this.signals.watch(jobId, () => this.lookAt(jobId)),
      () => this.drop(jobId, view),
    );
    const views = this.views.get(jobId) ?? new Set();
    this.views.set(jobId, views.add(view));
    this.lookAt(jobId);
    return view;
  }

  private drop(jobId: string, view: JobView): void {
    const views = this.views.get(jobId);
    views?.delete(view);
    if (views?.size === 0) this.views.delete(jobId);
  }

  private lookAt(jobId: string): void {
    this.news.add(jobId);
    this.lookIn(0);
  }

  private lookIn(ms: number): void {
    if (this.closed || this.looking) return;
    clearTimeout(this.timer);
    // It is the look of everybody who watches, and not that of the request that happened to ask for it.
    this.timer = outsideRequests(() => setTimeout(() => void this.look(), ms));
    this.timer.unref();
  }

  private async look(): Promise<void> {
    // News of one job must not keep the others from their turn.
    const all = this.news.size === 0 || this.untilAll() <= 0;
    const due = all ? [...this.views.keys()] : [...this.news].filter((id) => this.views.has(id));
    if (all) this.lookedAt = Date.now();
    this.news.clear();
    this.looking = true;
    try {
      if (due.length > 0) this.show(due, await this.read(due));
    } catch (error) {
      this.logger.warn({ err: error, jobs: due.length }, 'jobs that are watched could not be looked at; trying again');
    }
    this.looking = false;
    if (this.news.size > 0) this.lookIn(0);
    else if (this.views.size > 0) this.lookIn(this.untilAll());
  }

  /** Milliseconds until it is time to look at all, whether there is news or not. */
  private untilAll(): number {
    const every = this.signals.heard ? LOOK_MS : LOOK_UNHEARD_MS;
    return Math.min(every, Math.max(0, this.lookedAt + every - Date.now()));
  }

  private show(jobIds: readonly string[], seen: ReadonlyMap<string, JobSnapshot>): void {
    for (const jobId of jobIds) for (const view of this.views.get(jobId) ?? []) view.show(seen.get(jobId) ?? null);
  }

  private async read(jobIds: string[]): Promise<Map<string, JobSnapshot>> {
    const { columns } = this.postgres.repository(JobEntity).metadata;
    const select = Object.fromEntries(
      columns.flatMap(({ propertyName }) => (LEFT_OUT.has(propertyName) ? [] : [[propertyName, true]])),
    );
    // The rows first: a line that says how a job ended is then seen with its end or after it.
    const rows = await this.postgres.repository(JobEntity).find({ select, where: { jobId: In(jobIds) } });
    const heads = await this.postgres.manager.query<{ job_id: string; last_seq: number }[]>(
      `SELECT job_id, last_seq FROM job_log_heads WHERE job_id = ANY ($1)`,
      [jobIds],
    );
    const seqs = new Map(heads.map(({ job_id, last_seq }) => [job_id, last_seq]));
    return new Map(rows.map((row) => [row.jobId, { status: statusOf(row), lastSeq: seqs.get(row.jobId) ?? 0 }]));
  }
}

/** One watcher's view: always the newest there is, for what came between two looks of a slow one is of no use to it. */
export class JobView {
  private seen: Seen | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly unwatch: () => void,
    private readonly drop: () => void,
  ) {}

  show(seen: Seen): void {
    this.seen = seen;
    this.wake?.();
  }

  /** What was seen since the last call, at once or within `ms`; undefined where that was nothing. */
  async next(ms: number, signal: AbortSignal): Promise<Seen | undefined> {
    if (this.seen === undefined && !signal.aborted) {
      const { promise, resolve: settle } = Promise.withResolvers<void>();
      const resolve = () => settle();
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', resolve);
      this.wake = resolve;
      await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', resolve);
    }
    const { seen } = this;
    this.seen = undefined;
    return seen;
  }

  close(): void {
    this.unwatch();
    this.drop();
  }
}

function statusOf(row: JobEntity): JobStatus {
  const { params: _params, result: _result, ...status } = presentJob(Object.assign(row, { params: {}, result: null }));
  return status;
}
