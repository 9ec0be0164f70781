import { Injectable } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { type AccessContext, Audit, auditedBy } from '#access';
import type { Job, JobState } from '#contracts';
import { AppError, Bus, Postgres } from '#platform';
import { Dependants } from '../flows/dependants.js';
import { JobEntity, presentJob } from '../jobs/job.entity.js';
import { asked } from '../logs/notes.js';
import { Publisher } from '../outbox/publisher.js';
import { JobLog } from '../worker/job-log.js';

/** Tells the worker that runs a job, by its id, that it is not to be done any more. */
export const CANCELLED_CHANNEL = 'jobs.cancelled';
/** What the log of a job says of what was done to it; who did it stands in the audit log. */
const SAID = {
  'job.cancel': 'Cancelled on request',
  'job.retry': 'Waits again on request',
  'job.promote': 'Waits for a worker at once on request',
} as const;
const UNIQUE_VIOLATION = '23505';
const INTO_LINE = `INSERT INTO job_outbox (job_id, namespace_id, type, priority)
  SELECT job_id, namespace_id, type, priority FROM jobs WHERE job_id = $1`;

/** What administrators and those who asked for a job may do to it. */
@Injectable()
export class LifecycleService {
  constructor(
    private readonly postgres: Postgres,
    private readonly publisher: Publisher,
    private readonly dependants: Dependants,
    private readonly bus: Bus,
    private readonly audit: Audit,
    private readonly log: JobLog,
  ) {}

  /**
   * Ends a job before it is done. It has ended when this returns: a worker that is at it is told to stop, and what that
   * still says of it counts for nothing.
   * @throws AppError NOT_FOUND, JOB_STATE_CONFLICT
   */
  async cancel(access: AccessContext, jobId: string): Promise<Job> {
    const job = await this.change(access, 'job.cancel', jobId, ['waiting', 'delayed', 'active'], async (manager) => {
      await manager.query(
        `UPDATE jobs SET state = 'cancelled', error_code = NULL, error_message = NULL, finished_at = now()
         WHERE job_id = $1`,
        [jobId],
      );
      await manager.query(`DELETE FROM job_outbox WHERE job_id = $1`, [jobId]);
    });
    await this.postgres.afterCommit(() => this.bus.publish(CANCELLED_CHANNEL, jobId));
    await this.dependants.settle([jobId]);
    return job;
  }

  /**
   * Lets a job that failed or was cancelled wait again, with all its attempts before it.
   * @throws AppError NOT_FOUND, JOB_STATE_CONFLICT, also where another like it waits already
   */
  async retry(access: AccessContext, jobId: string): Promise<Job> {
    const job = await this.change(access, 'job.retry', jobId, ['failed', 'cancelled'], (manager, row) =>
      waitAgain(manager, row),
    );
    await this.postgres.afterCommit(() => this.publisher.wake());
    await this.dependants.settle(job.depends_on);
    return job;
  }

  /**
   * Lets a delayed job wait for a worker at once.
   * @throws AppError NOT_FOUND, JOB_STATE_CONFLICT
   */
  async promote(access: AccessContext, jobId: string): Promise<Job> {
    const job = await this.change(access, 'job.promote', jobId, ['delayed'], async (manager) => {
      await manager.query(`UPDATE jobs SET state = 'waiting', run_after = now() WHERE job_id = $1`, [jobId]);
      await manager.query(`${INTO_LINE} AND blocked_by = 0 ON CONFLICT DO NOTHING`, [jobId]);
    });
    await this.postgres.afterCommit(() => this.publisher.wake());
    return job;
  }

  private change(
    access: AccessContext,
    action: keyof typeof SAID,
    jobId: string,
    from: readonly JobState[],
    how: (manager: EntityManager, job: JobEntity) => Promise<void>,
  ): Promise<Job> {
    const { namespaceId } = access.namespace;
    return this.postgres.transaction(async (manager) => {
      const jobs = manager.getRepository(JobEntity);
      const before = await jobs.findOne({ where: { jobId, namespaceId }, lock: { mode: 'pessimistic_write' } });
      if (!before) throw new AppError('NOT_FOUND', 'The namespace has no such job');
      if (!from.includes(before.state))
        throw new AppError(
          'JOB_STATE_CONFLICT',
          `The job is ${before.state}; this is for one that is ${from.join(' or ')}`,
        );
      await how(manager, before);
      const after = await jobs.findOneByOrFail({ jobId });
      await this.audit.record(auditedBy(access), {
        action,
        subject: jobId,
        before: { type: before.type, state: before.state },
        after: { state: after.state },
      });
      await this.postgres.afterCommit(() => this.log.note(asked(before, SAID[action])));
      return presentJob(after);
    });
  }
}

/**
 * Back into the line with nothing counted against it, out of the dead letters. What it depends on is looked at anew.
 * @throws AppError JOB_STATE_CONFLICT where another like it waits already
 */
export async function waitAgain(manager: EntityManager, job: Pick<JobEntity, 'jobId' | 'dependsOn'>): Promise<void> {
  const parents = job.dependsOn ?? [];
  try {
    await manager.query(
      `UPDATE jobs SET state = 'waiting', failures = 0, lost = 0, error_code = NULL, error_message = NULL, result = NULL,
              progress_percent = 0, progress_message = '', run_after = now(), finished_at = NULL, blocked_by = $2
       WHERE job_id = $1`,
      [job.jobId, parents.length],
    );
  } catch (error) {
    if (error instanceof QueryFailedError && (error.driverError as { code?: string }).code === UNIQUE_VIOLATION)
      throw new AppError('JOB_STATE_CONFLICT', 'Another job that does the same waits already', { cause: error });
    throw error;
  }
  if (parents.length > 0)
    await manager.query(
      `INSERT INTO job_dependencies (parent_id, child_id) SELECT parent, $2 FROM unnest($1::uuid[]) AS parent
       ON CONFLICT DO NOTHING`,
      [parents, job.jobId],
    );
  else await manager.query(INTO_LINE, [job.jobId]);
  await manager.query(`DELETE FROM job_dead_letters WHERE job_id = $1`, [job.jobId]);
}
