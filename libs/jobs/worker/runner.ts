import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { UnrecoverableError } from 'bullmq';
import { In, QueryFailedError, Repository } from 'typeorm';
import { AppError } from '#platform';
import { kindOf } from '../catalog/catalog.js';
import { JobEntity } from '../jobs/job.entity.js';
import type { JobContext } from './handler.js';
import { Handlers } from './handlers.js';
import { JobLog } from './job-log.js';
import { checkedResult } from './result.js';

/** A running job may go on this long after the worker was told to stop; then it is handed back. */
const DRAIN_MS = 25_000;
const PROGRESS_EVERY_MS = 500;
const UNIQUE_VIOLATION = '23505';

class WorkerStops extends Error {}

/** Runs one job from its row: takes it, does it, writes down how it ended. */
@Injectable()
export class JobRunner implements BeforeApplicationShutdown {
  private readonly logger = new Logger(JobRunner.name);
  private readonly running = new Map<string, { abort: AbortController; ended: Promise<void> }>();
  private stopping = false;

  constructor(
    @InjectRepository(JobEntity) private readonly jobs: Repository<JobEntity>,
    private readonly handlers: Handlers,
    private readonly log: JobLog,
  ) {}

  /**
   * @throws UnrecoverableError when trying again cannot help
   * @throws whatever the handler threw when it can
   */
  async run(jobId: string): Promise<void> {
    // Begun now it would hold up the end of the process; the next one finds it waiting.
    if (this.stopping) throw new WorkerStops('the worker stops');
    const job = await this.take(jobId);
    // It ended already: this is a repeated delivery.
    if (!job) return;
    const abort = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.running.set(jobId, { abort, ended });
    try {
      await this.work(job, abort.signal);
    } finally {
      this.running.delete(jobId);
      resolve();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    const timer = setTimeout(() => {
      for (const { abort } of this.running.values()) abort.abort(new WorkerStops('the worker stops'));
    }, DRAIN_MS);
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
    clearTimeout(timer);
  }

  private async take(jobId: string): Promise<JobEntity | null> {
    const taken = await this.jobs
      .createQueryBuilder()
      .update()
      .set({ state: 'active', startedAt: () => 'coalesce(started_at, now())', attempts: () => 'attempts + 1' })
      .where({ jobId, state: In(['waiting', 'delayed', 'active']) })
      .returning('attempts')
      .execute();
    // The number of this very attempt, from the statement that counted it: read apart it could be a later one's.
    const [mine] = taken.raw as { attempts: number }[];
    if (!mine) return null;
    const job = await this.jobs.findOneByOrFail({ jobId });
    return Object.assign(job, { attempts: mine.attempts });
  }

  private async work(job: JobEntity, stop: AbortSignal): Promise<void> {
    const kind = kindOf(job.type);
    const signal = AbortSignal.any([stop, AbortSignal.timeout(kind.timeoutMs)]);
    try {
      // Parsed again by who consumes it; what came out is what the type's handler takes.
      const params = kind.params.parse(job.params) as never;
      const result = checkedResult(kind, await this.handlers.of(job.type).run(params, this.context(job, signal)));
      await this.close(job, { state: 'completed', result, progressPercent: 100, errorCode: null, errorMessage: null });
    } catch (error) {
      if (stop.aborted) {
        await this.handBack(job, { state: 'cancelled', errorMessage: 'A later job does the same' });
        throw error;
      }
      const permanent = error instanceof AppError && error.status < 500;
      const failures = job.failures + 1;
      const last = permanent || failures >= kind.attempts;
      this.logger.error({ err: error, job_id: job.jobId, type: job.type, failures, last }, 'the job failed');
      const failed = {
        failures,
        state: 'failed' as const,
        errorCode: error instanceof AppError ? error.code : 'INTERNAL',
        errorMessage: error instanceof AppError ? error.message : 'The cause stands in the log under the job id',
      };
      if (last) await this.close(job, failed);
      const over = last || !(await this.handBack(job, failed));
      if (over) throw new UnrecoverableError(failed.errorMessage);
      throw error;
    }
  }

  /**
   * Lets the job wait for its next attempt. Where another like it waits already, which will do the same, it ends as
   * `instead` says: two that wait with one key there cannot be.
   * @returns whether it waits
   */
  private async handBack(job: JobEntity, instead: Partial<JobEntity>): Promise<boolean> {
    try {
      await this.close(job, { ...instead, state: 'waiting', finishedAt: null });
      return true;
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      if ((error.driverError as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
      await this.close(job, instead);
      return false;
    }
  }

  /** Only the attempt that holds the job may end it: a worker that was thought dead comes too late. */
  private async close(job: JobEntity, end: Partial<JobEntity>): Promise<void> {
    await this.jobs.update(
      { jobId: job.jobId, state: 'active', attempts: job.attempts },
      // A result is an opaque document, which TypeORM would read as partial columns.
      { finishedAt: new Date(), ...end } as object,
    );
  }

  private context(job: JobEntity, signal: AbortSignal): JobContext {
    let next = 0;
    return {
      jobId: job.jobId,
      namespaceId: job.namespaceId,
      requestId: job.requestId,
      tokenId: job.createdBy,
      fence: job.attempts,
      signal,
      log: (message, level = 'info') =>
        this.log.write({
          jobId: job.jobId,
          namespaceId: job.namespaceId,
          fence: job.attempts,
          at: new Date(),
          level,
          message,
        }),
      progress: (percent, message) => {
        const now = Date.now();
        if (now < next) return;
        next = now + PROGRESS_EVERY_MS;
        this.jobs
          .update(
            { jobId: job.jobId, state: 'active', attempts: job.attempts },
            { progressPercent: percent, progressMessage: message },
          )
          .catch((error: unknown) => this.logger.warn({ err: error, job_id: job.jobId }, 'progress was not written'));
      },
    };
  }
}
