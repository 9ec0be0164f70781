import { Injectable } from '@nestjs/common';
import { type AccessContext, auditedBy } from '#access';
import type { JobsBulk, JobsBulkInput } from '#contracts';
import { AppError, Postgres } from '#platform';
import { JobsService } from '../jobs/jobs.service.js';
import { checkMayStart } from '../jobs/new-job.js';
import { Dependants } from './dependants.js';
import { readFlow } from './flow.js';

/** Many jobs at once, which may depend on each other. */
@Injectable()
export class FlowsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly jobs: JobsService,
    private readonly dependants: Dependants,
  ) {}

  /** All of them or none. */
  async create(access: AccessContext, input: JobsBulkInput): Promise<JobsBulk> {
    for (const { type } of input.jobs) checkMayStart(type, access.principal.scopes);
    const origin = auditedBy(access);
    const { jobs, outside } = readFlow(origin.namespaceId, input);
    const created = await this.postgres.transaction(async (manager) => {
      await this.requireAll(origin.namespaceId, outside);
      const made = await this.jobs.createMany(origin, jobs);
      const edges = jobs.flatMap((job) => job.dependsOn.map((parent) => [parent, job.jobId]));
      if (edges.length > 0)
        await manager.query(
          `INSERT INTO job_dependencies (parent_id, child_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])`,
          [edges.map(([parent]) => parent), edges.map(([, child]) => child)],
        );
      return made;
    });
    // They may have ended long ago, or just now, before anybody could see that something depends on them.
    await this.dependants.settle(outside);
    return { jobs: created };
  }

  private async requireAll(namespaceId: string, jobIds: string[]): Promise<void> {
    if (jobIds.length === 0) return;
    const found = await this.postgres.manager.query<{ job_id: string }[]>(
      `SELECT job_id FROM jobs WHERE namespace_id = $1 AND job_id = ANY ($2)`,
      [namespaceId, jobIds],
    );
    const missing = jobIds.filter((id) => !found.some(({ job_id }) => job_id === id));
    if (missing.length > 0) throw new AppError('NOT_FOUND', `The namespace has no job ${missing.join(', ')}`);
  }
}
