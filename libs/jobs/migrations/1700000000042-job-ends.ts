import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What follows the end of a job: others that depend on it, and the dead letters for those that failed for good. */
export class JobEnds1700000000042 implements MigrationInterface {
  name = 'JobEnds1700000000042';

  async up(runner: QueryRunner): Promise<void> {
    // Rows are taken away as their parents end; what is left of a worker's sudden end is found by its parent's state.
    await runner.query(`
      CREATE TABLE job_dependencies (
        parent_id uuid NOT NULL,
        child_id uuid NOT NULL,
        PRIMARY KEY (parent_id, child_id)
      )`);
    await runner.query(`
      CREATE TABLE job_dead_letters (
        -- Of a job that fails again after it was replayed the last death stands here, with the history of all.
        job_id uuid PRIMARY KEY,
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        type text NOT NULL,
        params jsonb NOT NULL,
        priority smallint NOT NULL,
        error_code text NOT NULL,
        error_message text NOT NULL,
        stack text,
        attempts integer NOT NULL,
        failures integer NOT NULL,
        history jsonb NOT NULL,
        request_id text,
        created_by uuid,
        created_at timestamptz(3) NOT NULL,
        -- Milliseconds, as the cursor of the list carries them.
        died_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await runner.query(
      `CREATE INDEX job_dead_letters_by_time ON job_dead_letters (namespace_id, died_at DESC, job_id DESC)`,
    );
    await runner.query(
      `CREATE INDEX job_dead_letters_by_type ON job_dead_letters (namespace_id, type, died_at DESC, job_id DESC)`,
    );
    await runner.query(
      `CREATE INDEX job_dead_letters_by_error ON job_dead_letters (namespace_id, error_code, died_at DESC, job_id DESC)`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
