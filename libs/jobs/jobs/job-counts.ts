import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type JobCounts as Counts, type JobState, jobState } from '#contracts';
import { Postgres } from '#platform';

const FOLD_MS = 5_000;
/** One process at a time folds, and the others do not wait for it. */
const LOCK = 7_203_118;

/** How many jobs there are, from the counters that every change keeps, and how long the oldest has been there. */
@Injectable()
export class JobCounts implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(JobCounts.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly postgres: Postgres) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.foldQuietly(), FOLD_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async of(namespaceId: string): Promise<Counts> {
    const types = await this.postgres.manager.query<Counts['types']>(
      `SELECT type, state, sum(jobs)::int AS jobs FROM (
         SELECT type, state, jobs FROM job_counts WHERE namespace_id = $1
         UNION ALL SELECT type, state, jobs FROM job_count_changes WHERE namespace_id = $1) counted
       GROUP BY type, state HAVING sum(jobs) <> 0 ORDER BY type, state`,
      [namespaceId],
    );
    const oldest = await this.postgres.manager.query<{ state: JobState; created_at: Date; age: number }[]>(
      `SELECT state, created_at, extract(epoch FROM now() - created_at)::float8 AS age
       FROM unnest($2::text[]) AS states (state) CROSS JOIN LATERAL (
         SELECT created_at FROM jobs WHERE jobs.namespace_id = $1 AND jobs.state = states.state
         ORDER BY namespace_id, state, created_at LIMIT 1) first`,
      [namespaceId, [...new Set(types.map(({ state }) => state))]],
    );
    const states = jobState.options.map((state) => {
      const first = oldest.find((row) => row.state === state);
      return {
        state,
        jobs: types.reduce((sum, row) => (row.state === state ? sum + row.jobs : sum), 0),
        oldest_created_at: first?.created_at.toISOString() ?? null,
        oldest_age_seconds: first ? Math.max(0, first.age) : null,
      };
    });
    return { states, types };
  }

  /** Adds the changes that have piled up to the counters. */
  async fold(): Promise<void> {
    await this.postgres.transaction(async (manager) => {
      const [lock] = await manager.query<{ mine: boolean }[]>(`SELECT pg_try_advisory_xact_lock($1) AS mine`, [LOCK]);
      if (lock?.mine !== true) return;
      await manager.query(
        `WITH changes AS (DELETE FROM job_count_changes RETURNING *)
         INSERT INTO job_counts AS c SELECT namespace_id, type, state, sum(jobs) FROM changes GROUP BY namespace_id, type, state
         ON CONFLICT (namespace_id, type, state) DO UPDATE SET jobs = c.jobs + excluded.jobs`,
      );
      await manager.query(`DELETE FROM job_counts WHERE jobs = 0`);
    });
  }

  private async foldQuietly(): Promise<void> {
    try {
      await this.fold();
    } catch (error) {
      this.logger.warn({ err: error }, 'the counters of jobs were not folded; they are still right');
    }
  }
}
