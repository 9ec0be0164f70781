import { Injectable, Logger } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { AppError, outsideRequests, Postgres } from '#platform';
import { kindOf } from '../catalog/catalog.js';
import { Dependants } from '../flows/dependants.js';
import type { JobLogLine } from '../logs/job-log-line.js';
import { notes } from '../logs/notes.js';
import { bury } from '../lifecycle/bury.js';
import { Publisher } from '../outbox/publisher.js';
import { afterFailure, type Failure, failureOf } from './failure.js';
import { Gathered } from './gathered.js';
import { JobLog } from './job-log.js';
import { persistently } from './persistently.js';
import type { TakenJob } from './takes.js';

const MOST = 64;
const UNIQUE_VIOLATION = '23505';
/** A store that is away longer than this finds the job with whoever takes it next. */
const PATIENCE_MS = 60_000;

interface Completed {
  hasDependants: boolean;
}

/**
 * Writes down how attempts ended. Only the attempt that holds the job may end it: a worker that was thought dead comes
 * too late, and what it says changes nothing.
 */
@Injectable()
export class Ends {
  private readonly logger = new Logger(Ends.name);
  private readonly completions = new Gathered(
    (done: { job: TakenJob; result: string }[]) => this.completeAll(done),
    MOST,
  );

  constructor(
    private readonly postgres: Postgres,
    private readonly publisher: Publisher,
    private readonly dependants: Dependants,
    private readonly log: JobLog,
  ) {}

  /** @param result in JSON */
  async complete(job: TakenJob, result: string): Promise<void> {
    const end = await outsideRequests(() => this.completions.ask({ job, result }));
    if (end) this.log.note(notes.completed(job));
    this.publisher.wake();
    if (end?.hasDependants) await this.dependants.settle([job.jobId]);
  }

  /** Another attempt after a pause, or the end of it among the dead letters. */
  async fail(job: TakenJob, thrown: unknown): Promise<void> {
    const failure = failureOf(thrown);
    const failures = job.failures + 1;
    const next = afterFailure(kindOf(job.type), failures, failure);
    this.logger.error(
      { err: thrown, job_id: job.jobId, type: job.type, attempt: job.fence, failures, last: !next.again },
      'the job failed',
    );
    const over = await this.persistently((manager) =>
      next.again ? this.retryLater(manager, job, failure, next.delayMs) : this.giveUp(manager, job, failure),
    );
    if (over) await this.dependants.settle([job.jobId]);
  }

  /** Its workers vanish again and again while they do it; it is not begun once more. */
  async giveUpLost(job: TakenJob): Promise<void> {
    const failure = failureOf(
      new AppError('JOB_WORKERS_LOST', `The last ${job.lost} workers that took it vanished while they did it`),
    );
    this.logger.error({ job_id: job.jobId, type: job.type, lost: job.lost }, 'the job takes its workers down');
    if (await this.persistently((manager) => this.giveUp(manager, job, failure)))
      await this.dependants.settle([job.jobId]);
  }

  /** The worker must go: the job waits for another. */
  async handBack(job: TakenJob): Promise<void> {
    const over = await this.persistently(async (manager) => {
      try {
        return await this.waitAgain(manager, job);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return this.close(manager, job, 'cancelled', 'A later job does the same');
      }
    });
    if (over) await this.dependants.settle([job.jobId]);
    this.publisher.wake();
  }

  /** @returns of each whether others depend on it; undefined where it was not theirs to end */
  private async completeAll(done: { job: TakenJob; result: string }[]): Promise<(Completed | undefined)[]> {
    const ended = await persistently(
      () =>
        this.postgres.manager.query<{ job_id: string; has_dependants: boolean }[]>(
          `WITH ended AS (
             UPDATE jobs SET state = 'completed', result = done.result::jsonb, progress_percent = 100,
                    error_code = NULL, error_message = NULL, finished_at = now()
             FROM unnest($1::uuid[], $2::int[], $3::text[]) AS done (id, fence, result)
             WHERE jobs.job_id = done.id AND state = 'active' AND attempts = done.fence
             RETURNING job_id),
           gone AS (DELETE FROM job_outbox o USING ended WHERE o.job_id = ended.job_id)
           SELECT job_id, EXISTS (SELECT 1 FROM job_dependencies d WHERE d.parent_id = ended.job_id) AS has_dependants
           FROM ended`,
          [done.map(({ job }) => job.jobId), done.map(({ job }) => job.fence), done.map(({ result }) => result)],
        ),
      PATIENCE_MS,
    );
    const ends = new Map(ended.map((row) => [row.job_id, { hasDependants: row.has_dependants }]));
    return done.map(({ job }) => ends.get(job.jobId));
  }

  /** @returns whether it ended: where another like it waits already, which will do the same, there is no second one */
  private async retryLater(manager: EntityManager, job: TakenJob, failure: Failure, delayMs: number): Promise<boolean> {
    try {
      await manager.transaction(async (inner) => {
        const [, held] = await inner.query<[unknown, number]>(
          `UPDATE jobs SET state = 'delayed', failures = failures + 1, lost = 0, error_code = $3, error_message = $4,
                  history = history || $5::jsonb, run_after = now() + $6 * interval '1 millisecond'
           WHERE job_id = $1 AND state = 'active' AND attempts = $2`,
          [job.jobId, job.fence, failure.code, failure.message, entryOf(job, failure), delayMs],
        );
        if (held === 0) return;
        await inner.query(`DELETE FROM job_outbox WHERE job_id = $1`, [job.jobId]);
        await this.tell(notes.failed(job, failure, delayMs));
      });
      await this.postgres.afterCommit(() => this.publisher.wake());
      return false;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return this.markFailed(manager, job, failure);
    }
  }

  private async giveUp(manager: EntityManager, job: TakenJob, failure: Failure): Promise<boolean> {
    if (!(await this.markFailed(manager, job, failure))) return false;
    await bury(manager, job.jobId, failure);
    return true;
  }

  private async markFailed(manager: EntityManager, job: TakenJob, failure: Failure): Promise<boolean> {
    const [, held] = await manager.query<[unknown, number]>(
      `UPDATE jobs SET state = 'failed', failures = failures + $6, lost = 0, error_code = $3, error_message = $4,
              history = history || $5::jsonb, finished_at = now()
       WHERE job_id = $1 AND state = 'active' AND attempts = $2`,
      [
        job.jobId,
        job.fence,
        failure.code,
        failure.message,
        entryOf(job, failure),
        failure.code === 'JOB_WORKERS_LOST' ? 0 : 1,
      ],
    );
    if (held === 0) return false;
    await manager.query(`DELETE FROM job_outbox WHERE job_id = $1`, [job.jobId]);
    await this.tell(notes.failed(job, failure));
    await this.postgres.afterCommit(() => this.publisher.wake());
    return true;
  }

  private async waitAgain(manager: EntityManager, job: TakenJob): Promise<boolean> {
    await manager.transaction(async (inner) => {
      const [, held] = await inner.query<[unknown, number]>(
        `UPDATE jobs SET state = 'waiting', lost = 0 WHERE job_id = $1 AND state = 'active' AND attempts = $2`,
        [job.jobId, job.fence],
      );
      if (held === 0) return;
      await inner.query(`UPDATE job_outbox SET delivery = NULL, published_at = NULL WHERE job_id = $1`, [job.jobId]);
      await this.tell(notes.handedBack(job));
    });
    return false;
  }

  private async close(manager: EntityManager, job: TakenJob, state: 'cancelled', why: string): Promise<boolean> {
    const [, held] = await manager.query<[unknown, number]>(
      `UPDATE jobs SET state = $3, lost = 0, error_message = $4, finished_at = now()
       WHERE job_id = $1 AND state = 'active' AND attempts = $2`,
      [job.jobId, job.fence, state, why],
    );
    if (held === 0) return false;
    await manager.query(`DELETE FROM job_outbox WHERE job_id = $1`, [job.jobId]);
    await this.tell(notes.superseded(job));
    return true;
  }

  /** In the log of the job, once it is true. */
  private tell(line: JobLogLine): Promise<void> {
    return this.postgres.afterCommit(() => this.log.note(line));
  }

  private persistently(write: (manager: EntityManager) => Promise<boolean>): Promise<boolean> {
    return outsideRequests(() => persistently(() => this.postgres.transaction(write), PATIENCE_MS));
  }
}

const entryOf = (job: TakenJob, { code, cause }: Failure) =>
  JSON.stringify({ attempt: job.fence, at: new Date().toISOString(), code, message: cause });

function isUniqueViolation(error: unknown): boolean {
  return error instanceof QueryFailedError && (error.driverError as { code?: string }).code === UNIQUE_VIOLATION;
}
