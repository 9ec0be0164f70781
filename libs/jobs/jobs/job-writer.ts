import { Injectable } from '@nestjs/common';
import { Postgres } from '#platform';
import { JobEntity } from './job.entity.js';
import type { JobOrigin } from './job-origin.js';
import type { NewJob } from './new-job.js';

/** Writes jobs down: their rows, and the rows by which they are published, in one statement and so in one transaction. */
@Injectable()
export class JobWriter {
  constructor(private readonly postgres: Postgres) {}

  /** @returns those that were written, in no order; one like a job that still waits is not */
  async write(origin: JobOrigin, jobs: readonly NewJob[]): Promise<JobEntity[]> {
    const rows = await this.postgres.manager.query<{ job_id: string; created_at: Date; run_after: Date }[]>(
      `WITH asked AS (
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::bigint[],
                              $8::smallint[], $9::text[])
           WITH ORDINALITY AS asked (job_id, type, state, params, priority, unique_key, delay_ms, blocked_by, depends_on, n)),
       made AS (
         INSERT INTO jobs (job_id, namespace_id, type, state, params, priority, unique_key, request_id, created_by,
                           run_after, blocked_by, depends_on)
         SELECT job_id, $10, type, state, params::jsonb, priority, unique_key, $11, $12,
                now() + delay_ms * interval '1 millisecond', blocked_by, depends_on::uuid[]
         -- Two that write the same keys at once wait for each other in one order.
         FROM asked ORDER BY unique_key NULLS FIRST, n
         ON CONFLICT DO NOTHING
         RETURNING job_id, namespace_id, type, priority, state, blocked_by, created_at, run_after),
       lined AS (
         INSERT INTO job_outbox (job_id, namespace_id, type, priority)
         SELECT job_id, namespace_id, type, priority FROM made WHERE state = 'waiting' AND blocked_by = 0)
       SELECT job_id, created_at, run_after FROM made`,
      [
        jobs.map(({ jobId }) => jobId),
        jobs.map(({ type }) => type),
        jobs.map(stateOf),
        jobs.map(({ params }) => JSON.stringify(params)),
        jobs.map(({ priority }) => priority),
        jobs.map(({ uniqueKey }) => uniqueKey),
        jobs.map(({ delayMs }) => delayMs),
        jobs.map(({ dependsOn }) => dependsOn.length),
        jobs.map(({ dependsOn }) => (dependsOn.length === 0 ? null : `{${dependsOn.join(',')}}`)),
        origin.namespaceId,
        origin.requestId ?? null,
        origin.tokenId ?? null,
      ],
    );
    const asked = new Map(jobs.map((job) => [job.jobId, job]));
    return rows.map((row) => this.entity(origin, asked.get(row.job_id) as NewJob, row));
  }

  private entity(origin: JobOrigin, job: NewJob, row: { created_at: Date; run_after: Date }): JobEntity {
    return this.postgres.repository(JobEntity).create({
      jobId: job.jobId,
      namespaceId: origin.namespaceId,
      type: job.type,
      state: stateOf(job),
      params: job.params,
      priority: job.priority,
      uniqueKey: job.uniqueKey,
      requestId: origin.requestId ?? null,
      createdBy: origin.tokenId ?? null,
      attempts: 0,
      failures: 0,
      lost: 0,
      history: [],
      dependsOn: job.dependsOn,
      blockedBy: job.dependsOn.length,
      progressPercent: 0,
      progressMessage: '',
      result: null,
      errorCode: null,
      errorMessage: null,
      runAfter: row.run_after,
      createdAt: row.created_at,
      startedAt: null,
      finishedAt: null,
    });
  }
}

const stateOf = ({ delayMs }: NewJob) => (delayMs > 0 ? 'delayed' : 'waiting');
