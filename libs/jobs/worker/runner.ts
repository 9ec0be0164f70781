import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { AppError, Postgres } from '#platform';
import { type JobKind, kindOf } from '../catalog/catalog.js';
import { JobSignals } from '../events/job-signals.js';
import { isNewStep, notes } from '../logs/notes.js';
import { Ends } from './ends.js';
import type { JobContext } from './handler.js';
import { Handlers } from './handlers.js';
import { JobLog } from './job-log.js';
import { writtenResult } from './result.js';
import { NotOurs, Stop, WorkerStops } from './stops.js';
import type { TakenJob } from './takes.js';

/** A running job may go on this long after the worker was told to stop; then it is handed back. */
const DRAIN_MS = 25_000;
/** A handler that was told to stop and has not by then is left to itself: its job goes on without it. */
const GRACE_MS = 2_000;
const PROGRESS_EVERY_MS = 500;
/** Workers that may vanish one after the other over one job before the job is held to be the reason. */
const MAX_LOST = 10;

/** An attempt whose work is over; how it ended may still be on its way into the job's row. */
export interface Attempt {
  written: Promise<void>;
}

interface Running {
  fence: number;
  abort: AbortController;
  ended: Promise<void>;
}

/** Does the work of jobs that were taken. */
@Injectable()
export class JobRunner implements BeforeApplicationShutdown {
  private readonly logger = new Logger(JobRunner.name);
  private readonly running = new Map<string, Running>();
  private stopping_ = false;

  constructor(
    private readonly postgres: Postgres,
    private readonly handlers: Handlers,
    private readonly ends: Ends,
    private readonly log: JobLog,
    private readonly signals: JobSignals,
  ) {}

  /** Nothing is begun any more. */
  get stopping(): boolean {
    return this.stopping_;
  }

  /** What runs here, by job id. */
  get held(): { jobId: string; fence: number }[] {
    return [...this.running].map(([jobId, { fence }]) => ({ jobId, fence }));
  }

  /** Never rejects: what goes wrong with the work is written down as the end of the attempt. */
  async run(job: TakenJob): Promise<Attempt> {
    // Taken in the very moment: begun now it would hold up the end of the process.
    if (this.stopping_) return { written: this.ends.handBack(job) };
    if (job.lost >= MAX_LOST) return { written: this.ends.giveUpLost(job) };
    this.log.note(notes.taken(job));
    const abort = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const own = { fence: job.fence, abort, ended };
    // Thought dead, this worker may get a job again that it is still at.
    this.drop(job.jobId);
    this.running.set(job.jobId, own);
    let written: Promise<void>;
    try {
      const result = await this.work(kindOf(job.type), job, abort);
      written = this.ends.complete(job, result);
    } catch (error) {
      written = this.broken(job, error, abort.signal);
    } finally {
      // Of two attempts at one job in this process the later one may stand there by now.
      if (this.running.get(job.jobId) === own) this.running.delete(job.jobId);
    }
    // Also where it cannot be written: whoever takes it next finds it as it was.
    void written.catch(() => undefined).then(resolve);
    return { written };
  }

  /** Breaks off what is done for a job here, if it is. */
  drop(jobId: string, fence?: number): void {
    const own = this.running.get(jobId);
    if (own && (fence === undefined || own.fence === fence)) own.abort.abort(new NotOurs());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping_ = true;
    const running = [...this.running.values()];
    const timer = setTimeout(() => {
      for (const { abort } of running) abort.abort(new WorkerStops());
    }, DRAIN_MS);
    await Promise.all(running.map(({ ended }) => ended));
    clearTimeout(timer);
  }

  /** @returns the result in JSON */
  private async work(kind: JobKind, job: TakenJob, abort: AbortController): Promise<string> {
    const { signal } = abort;
    const tooLong = new AppError('JOB_TIMED_OUT', `Jobs of type ${job.type} may take ${kind.timeoutMs} ms`);
    const timer = setTimeout(() => abort.abort(tooLong), kind.timeoutMs);
    const left = Promise.withResolvers<never>();
    let grace: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', () => {
      grace = setTimeout(() => left.reject(signal.reason as Error), GRACE_MS);
    });
    try {
      // Parsed again by who consumes it; what came out is what the type's handler takes.
      const params = readAgain(kind, job);
      const returned = await Promise.race([
        this.handlers.of(job.type).run(params, this.context(job, signal)),
        left.promise,
      ]);
      return writtenResult(kind, returned);
    } finally {
      clearTimeout(timer);
      clearTimeout(grace);
    }
  }

  private async broken(job: TakenJob, error: unknown, { aborted, reason }: AbortSignal): Promise<void> {
    if (aborted && reason instanceof NotOurs) return;
    if (aborted && reason instanceof WorkerStops) await this.ends.handBack(job);
    // What a handler throws on its signal is the signal's reason in other words.
    else await this.ends.fail(job, aborted && !(reason instanceof Stop) ? reason : error);
  }

  private context(job: TakenJob, signal: AbortSignal): JobContext {
    const { jobId, namespaceId, fence, requestId, tokenId } = job;
    let next = 0;
    let step = '';
    return {
      jobId,
      namespaceId,
      requestId,
      tokenId,
      fence,
      signal,
      log: (message, level = 'info') => this.log.write({ jobId, namespaceId, fence, at: new Date(), level, message }),
      progress: (percent, message) => {
        if (isNewStep(step, message)) this.log.note(notes.step(job, percent, message));
        step = message;
        const now = Date.now();
        if (now < next) return;
        next = now + PROGRESS_EVERY_MS;
        this.postgres
          .outside(() =>
            this.postgres.manager.query(
              `UPDATE jobs SET progress_percent = $3, progress_message = $4
               WHERE job_id = $1 AND attempts = $2 AND state = 'active'`,
              [jobId, fence, percent, message],
            ),
          )
          .then(() => this.signals.touched([jobId]))
          .catch((error: unknown) => this.logger.warn({ err: error, job_id: jobId }, 'progress was not written'));
      },
    };
  }
}

/** @throws AppError REQUEST_INVALID: another release wrote them, and trying again cannot help */
function readAgain(kind: JobKind, job: TakenJob): never {
  const parsed = kind.params.safeParse(job.params);
  if (parsed.success) return parsed.data as never;
  throw new AppError('REQUEST_INVALID', `The parameters are not those of ${job.type}`, { cause: parsed.error });
}
