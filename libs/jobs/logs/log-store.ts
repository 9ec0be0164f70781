import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { JobLogLine as LineAnswer } from '#contracts';
import { Postgres } from '#platform';
import type { JobLogLevel, JobLogLine } from './job-log-line.js';

/** What is kept of a job's log: its last lines. Trimming waits for a quarter more, so that it is rare. */
export const LOG_LINES = 1_000;
export const LOG_BYTES = 512 * 1024;
const SLACK = 1.25;

/** In the order of their numbers in the table. */
const LEVELS: readonly JobLogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface LinesWanted {
  /** Those beyond this number, or below it where the newest come first. */
  after?: number | undefined;
  before?: number | undefined;
  level?: JobLogLevel;
  newestFirst?: boolean;
  limit: number;
}

interface LineRow {
  seq: number;
  at: Date;
  attempt: number;
  level: number;
  message: string;
}

/** The logs of jobs in PostgreSQL. */
@Injectable()
export class LogStore {
  constructor(private readonly postgres: Postgres) {}

  /** Adds lines of any number of jobs in one statement. Those of jobs that are gone are dropped. */
  async append(lines: readonly JobLogLine[]): Promise<void> {
    const full = await this.postgres.manager.query<{ job_id: string }[]>(
      `WITH said AS (
         SELECT said.*, row_number() OVER (PARTITION BY job_id ORDER BY n) AS k
         FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::smallint[], $5::text[])
           WITH ORDINALITY AS said (job_id, at, attempt, level, message, n)),
       -- In the order of the ids: two processes that add lines of the same jobs wait for each other and do not lock up.
       heads AS (
         INSERT INTO job_log_heads AS h (job_id, last_seq, lines, bytes)
         SELECT job_id, count(*), count(*), sum(octet_length(message))
         FROM said JOIN jobs USING (job_id) GROUP BY job_id ORDER BY job_id
         ON CONFLICT (job_id) DO UPDATE SET
           last_seq = h.last_seq + excluded.last_seq,
           lines = h.lines + excluded.lines,
           bytes = h.bytes + excluded.bytes
         RETURNING *),
       kept AS (
         INSERT INTO job_logs (job_id, seq, at, attempt, level, message)
         SELECT job_id, last_seq - (max(k) OVER (PARTITION BY job_id)) + k, at, attempt, level, message
         FROM said JOIN heads USING (job_id))
       SELECT job_id FROM heads WHERE lines > $6 OR bytes > $7`,
      [
        lines.map(({ jobId }) => jobId),
        lines.map(({ at }) => at),
        lines.map(({ fence }) => fence),
        lines.map(({ level }) => LEVELS.indexOf(level)),
        lines.map(({ message }) => message),
        LOG_LINES * SLACK,
        LOG_BYTES * SLACK,
      ],
    );
    for (const { job_id } of full) await this.trim(job_id);
  }

  read(jobId: string, wanted: LinesWanted): Promise<LineAnswer[]> {
    return linesOf(this.postgres.manager, jobId, wanted);
  }

  /** The same, where a little lag does no harm. */
  readLagging(jobId: string, wanted: LinesWanted): Promise<LineAnswer[]> {
    return this.postgres.reading((manager) => linesOf(manager, jobId, wanted));
  }

  private async trim(jobId: string): Promise<void> {
    await this.postgres.manager.query(
      `WITH head AS MATERIALIZED (SELECT job_id FROM job_log_heads WHERE job_id = $1 FOR UPDATE),
       sized AS (
         SELECT job_id, seq, octet_length(message) AS bytes,
                row_number() OVER newest AS nth, sum(octet_length(message)) OVER newest AS total
         FROM job_logs JOIN head USING (job_id) WINDOW newest AS (ORDER BY seq DESC)),
       gone AS (
         DELETE FROM job_logs l USING sized s
         WHERE l.job_id = s.job_id AND l.seq = s.seq AND (s.nth > $2 OR s.total > $3)
         RETURNING s.bytes)
       UPDATE job_log_heads SET
         lines = lines - (SELECT count(*) FROM gone),
         bytes = bytes - coalesce((SELECT sum(bytes) FROM gone), 0)
       WHERE job_id = $1`,
      [jobId, LOG_LINES, LOG_BYTES],
    );
  }
}

async function linesOf(
  manager: EntityManager,
  jobId: string,
  { after = 0, before, level = 'debug', newestFirst = false, limit }: LinesWanted,
): Promise<LineAnswer[]> {
  const parameters = [jobId, after, before ?? null, LEVELS.indexOf(level), limit];
  const rows = await manager.query<LineRow[]>(newestFirst ? NEWEST_FIRST : OLDEST_FIRST, parameters);
  return rows.map(({ seq, at, attempt, level, message }) => ({
    seq,
    at: at.toISOString(),
    attempt,
    level: LEVELS[level] ?? 'info',
    message,
  }));
}

const LINES = `SELECT seq, at, attempt, level, message FROM job_logs
  WHERE job_id = $1 AND seq > $2 AND ($3::int IS NULL OR seq < $3) AND level >= $4`;
const OLDEST_FIRST = `${LINES} ORDER BY seq LIMIT $5`;
const NEWEST_FIRST = `${LINES} ORDER BY seq DESC LIMIT $5`;
