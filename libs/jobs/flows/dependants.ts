import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { JobState, JobType } from '#contracts';
import { AppError, outsideRequests, Postgres } from '#platform';
import { readParams } from '../jobs/new-job.js';
import { bury } from '../lifecycle/bury.js';
import { Publisher } from '../outbox/publisher.js';
import { failureOf } from '../worker/failure.js';
import { lookUp, ReferenceError, referencesIn, replaceReferences } from './references.js';

const SWEEP_MS = 5_000;
const MOST = 500;

interface Child {
  job_id: string;
  type: JobType;
  params: Record<string, unknown>;
  depends_on: string[];
}

/** Lets the jobs that depend on others begin when those are completed, and ends them when one of those never will be. */
@Injectable()
export class Dependants implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Dependants.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly postgres: Postgres,
    private readonly publisher: Publisher,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void outsideRequests(() => this.sweep()), SWEEP_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Of these jobs, those that have ended: what waits for them is told. May be called again; each is told once. */
  async settle(parents: readonly string[]): Promise<void> {
    if (parents.length === 0) return;
    let ended = [...parents];
    // A child that ends here is a parent in its turn.
    while (ended.length > 0) {
      const now = ended;
      ended = await this.postgres.transaction((manager) => this.tell(manager, now));
    }
    await this.postgres.afterCommit(() => this.publisher.wake());
  }

  /** Whoever was to tell them may have died. */
  private async sweep(): Promise<void> {
    try {
      const rows = await this.postgres.manager.query<{ parent_id: string }[]>(
        `SELECT DISTINCT parent_id FROM job_dependencies d JOIN jobs ON jobs.job_id = d.parent_id
         WHERE jobs.state IN ('completed', 'failed', 'cancelled') LIMIT ${MOST}`,
      );
      if (rows.length > 0) await this.settle(rows.map((row) => row.parent_id));
    } catch (error) {
      this.logger.warn({ err: error }, 'jobs that depend on others were not looked for; trying again');
    }
  }

  /** @returns children that ended by it */
  private async tell(manager: EntityManager, parents: string[]): Promise<string[]> {
    // Whoever takes a row away is the one to act on it.
    const [told] = await manager.query<
      [{ child_id: string; parent_id: string; state: JobState; type: JobType; error: string | null }[], number]
    >(
      `DELETE FROM job_dependencies d USING jobs WHERE d.parent_id = ANY ($1) AND jobs.job_id = d.parent_id
         AND jobs.state IN ('completed', 'failed', 'cancelled')
       RETURNING child_id, parent_id, jobs.state, jobs.type, jobs.error_message AS error`,
      [parents],
    );
    const ended: string[] = [];
    for (const { child_id, parent_id, state, type, error } of told.filter((row) => row.state !== 'completed')) {
      const why = `${type} ${parent_id} ${state === 'failed' ? `failed: ${error ?? ''}` : 'was cancelled'}`;
      if (await cancelChild(manager, child_id, why)) ended.push(child_id);
    }
    const done = told.filter((row) => row.state === 'completed').map((row) => row.child_id);
    if (done.length > 0) ended.push(...(await this.unblock(manager, done)));
    return ended;
  }

  /** @param children one for each of their parents that is completed now */
  private async unblock(manager: EntityManager, children: string[]): Promise<string[]> {
    const [free] = await manager.query<[(Child & { blocked_by: number; waits: boolean })[], number]>(
      `UPDATE jobs SET blocked_by = blocked_by - done.parents
       FROM (SELECT child, count(*)::int AS parents FROM unnest($1::uuid[]) AS child GROUP BY child) done
       WHERE jobs.job_id = done.child AND state IN ('waiting', 'delayed')
       RETURNING job_id, type, params, depends_on, blocked_by, state = 'waiting' AS waits`,
      [children],
    );
    const ended: string[] = [];
    for (const child of free.filter((row) => row.blocked_by === 0)) {
      if (!(await this.fill(manager, child))) ended.push(child.job_id);
      // One that is delayed still gets into the line when its time has come.
      else if (child.waits)
        await manager.query(
          `INSERT INTO job_outbox (job_id, namespace_id, type, priority)
           SELECT job_id, namespace_id, type, priority FROM jobs WHERE job_id = $1 ON CONFLICT DO NOTHING`,
          [child.job_id],
        );
    }
    return ended;
  }

  /** Puts the results of its parents where its parameters refer to them. @returns whether it can begin */
  private async fill(manager: EntityManager, child: Child): Promise<boolean> {
    if (referencesIn(child.params).length === 0) return true;
    const parents = await manager.query<{ job_id: string; result: unknown }[]>(
      `SELECT job_id, result FROM jobs WHERE job_id = ANY ($1)`,
      [child.depends_on],
    );
    const results = new Map(parents.map(({ job_id, result }) => [job_id, result]));
    try {
      const filled = replaceReferences(child.params, (reference) => lookUp(results.get(reference.job), reference));
      const params = readParams(child.type, filled as Record<string, unknown>);
      await manager.query(`UPDATE jobs SET params = $2 WHERE job_id = $1`, [child.job_id, JSON.stringify(params)]);
      return true;
    } catch (error) {
      const invalid =
        error instanceof ReferenceError ? new AppError('REQUEST_INVALID', `A parameter: ${error.message}`) : error;
      if (!(invalid instanceof AppError)) throw error;
      const failure = failureOf(invalid);
      await manager.query(
        `UPDATE jobs SET state = 'failed', error_code = $2, error_message = $3, finished_at = now() WHERE job_id = $1`,
        [child.job_id, failure.code, failure.message],
      );
      await bury(manager, child.job_id, failure);
      return false;
    }
  }
}

async function cancelChild(manager: EntityManager, childId: string, why: string): Promise<boolean> {
  const [, cancelled] = await manager.query<[unknown, number]>(
    `UPDATE jobs SET state = 'cancelled', error_code = 'DEPENDENCY_FAILED', error_message = $2, finished_at = now()
     WHERE job_id = $1 AND state IN ('waiting', 'delayed')`,
    [childId, why.slice(0, 1_000)],
  );
  return cancelled > 0;
}
