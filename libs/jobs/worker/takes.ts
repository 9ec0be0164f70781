import { Injectable } from '@nestjs/common';
import type { JobType } from '#contracts';
import { outsideRequests, Postgres } from '#platform';
import { Gathered } from './gathered.js';

const MOST = 64;

/** A job in the hands of this worker, until another has a higher fence. */
export interface TakenJob {
  jobId: string;
  namespaceId: string;
  type: JobType;
  params: Record<string, unknown>;
  /** The number of this attempt. */
  fence: number;
  failures: number;
  /** Attempts before this one, since the last that somebody ended, of which nobody knows how they ended. */
  lost: number;
  requestId: string | null;
  tokenId: string | null;
}

interface Row {
  job_id: string;
  namespace_id: string;
  type: JobType;
  params: Record<string, unknown>;
  attempts: number;
  failures: number;
  lost: number;
  request_id: string | null;
  created_by: string | null;
}

/** Takes jobs: each counts its attempt, which fences whoever had the job before. */
@Injectable()
export class Takes {
  private readonly takes = new Gathered((asked: { jobId: string; delivery: string }[]) => this.takeAll(asked), MOST);

  constructor(private readonly postgres: Postgres) {}

  /** @returns undefined where the job has ended, was given to another message, or is gone: nothing is left to do here */
  take(jobId: string, delivery: string): Promise<TakenJob | undefined> {
    return outsideRequests(() => this.takes.ask({ jobId, delivery }));
  }

  private async takeAll(asked: { jobId: string; delivery: string }[]): Promise<(TakenJob | undefined)[]> {
    // An attempt that finds the job active follows one whose worker vanished.
    const [rows] = await this.postgres.manager.query<[Row[], number]>(
      `UPDATE jobs SET state = 'active', attempts = attempts + 1, lost = lost + 1,
              started_at = coalesce(started_at, now()),
              history = CASE state WHEN 'active' THEN history || jsonb_build_object(
                'attempt', attempts, 'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                'code', 'WORKER_LOST') ELSE history END
       FROM unnest($1::uuid[], $2::uuid[]) AS asked (id, delivery)
       JOIN job_outbox o ON o.job_id = asked.id AND o.delivery = asked.delivery
       WHERE jobs.job_id = asked.id AND state IN ('waiting', 'active')
       RETURNING jobs.job_id, jobs.namespace_id, jobs.type, params, attempts, failures, lost, request_id, created_by`,
      [asked.map(({ jobId }) => jobId), asked.map(({ delivery }) => delivery)],
    );
    const taken = new Map(rows.map((row) => [row.job_id, row]));
    return asked.map(({ jobId }) => {
      const row = taken.get(jobId);
      // Who asks for it a second time, in the same statement, has not taken it: one attempt is one worker's.
      taken.delete(jobId);
      return (
        row && {
          jobId,
          namespaceId: row.namespace_id,
          type: row.type,
          params: row.params,
          fence: row.attempts,
          failures: row.failures,
          lost: row.lost - 1,
          requestId: row.request_id,
          tokenId: row.created_by,
        }
      );
    });
  }
}
