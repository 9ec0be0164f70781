import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Every job that waits or runs has a row here, written with it: the line from which a publisher hands jobs to the queue,
 * a few of each namespace at a time. It is narrow and short-lived, so that what is done to it often costs little; the
 * jobs themselves keep what is asked for and what came of it.
 */
export class JobOutbox1700000000040 implements MigrationInterface {
  name = 'JobOutbox1700000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE job_outbox (
        -- No foreign key: it would cost as much as the row. One whose job is gone is dropped when it is taken.
        job_id uuid PRIMARY KEY,
        namespace_id text NOT NULL,
        type text NOT NULL,
        priority smallint NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        -- The message of the queue that carries it. A message of before, which may come late, is not this one.
        delivery uuid,
        published_at timestamptz
      ) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000)`);
    await runner.query(
      `CREATE INDEX job_outbox_line ON job_outbox (namespace_id, type, priority, seq) WHERE delivery IS NULL`,
    );
    await runner.query(`CREATE INDEX job_outbox_out ON job_outbox (namespace_id, type) WHERE delivery IS NOT NULL`);
    // When the next start of a type is allowed, by the virtual scheduling of GCRA.
    await runner.query(`
      CREATE TABLE job_rates (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        type text NOT NULL,
        due timestamptz NOT NULL,
        PRIMARY KEY (namespace_id, type)
      )`);
    await runner.query(`
      ALTER TABLE jobs
        DROP COLUMN idempotency_key,
        -- Takes that nobody ended, since the last that somebody did: how often it may have killed its worker.
        ADD COLUMN lost smallint NOT NULL DEFAULT 0,
        -- What came of the attempts that did not complete.
        ADD COLUMN history jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN depends_on uuid[],
        -- Of those the ones that are not completed yet; it stands in no line before that is 0.
        ADD COLUMN blocked_by smallint NOT NULL DEFAULT 0`);
    await runner.query(`DROP INDEX jobs_unfinished`);
    await runner.query(`CREATE INDEX jobs_delayed ON jobs (run_after) WHERE state = 'delayed'`);
    await runner.query(`
      INSERT INTO job_outbox (job_id, namespace_id, type, priority)
      SELECT job_id, namespace_id, type, priority FROM jobs WHERE state IN ('waiting', 'active') ORDER BY created_at`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
