import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was asked for and how it ended. The queue only carries the ids of these rows. */
export class Jobs1700000000002 implements MigrationInterface {
  name = 'Jobs1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE jobs (
        job_id uuid PRIMARY KEY,
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        type text NOT NULL,
        state text NOT NULL,
        params jsonb NOT NULL,
        priority smallint NOT NULL,
        unique_key text,
        idempotency_key text,
        request_id text,
        created_by uuid,
        -- Times a worker took it, which fences late writers; failures of the work itself are counted apart from kills.
        attempts integer NOT NULL DEFAULT 0,
        failures integer NOT NULL DEFAULT 0,
        progress_percent real NOT NULL DEFAULT 0,
        progress_message text NOT NULL DEFAULT '',
        result jsonb,
        error_code text,
        error_message text,
        run_after timestamptz NOT NULL DEFAULT now(),
        -- Milliseconds, as the cursor of the list carries them: finer times would be lost between two pages.
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX jobs_one_waiting ON jobs (unique_key) WHERE state IN ('waiting', 'delayed') AND unique_key IS NOT NULL`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX jobs_idempotency ON jobs (namespace_id, idempotency_key) WHERE idempotency_key IS NOT NULL`,
    );
    await runner.query(`CREATE INDEX jobs_by_namespace ON jobs (namespace_id, created_at DESC, job_id DESC)`);
    await runner.query(
      `CREATE INDEX jobs_unfinished ON jobs (run_after) WHERE state IN ('waiting', 'delayed', 'active')`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
