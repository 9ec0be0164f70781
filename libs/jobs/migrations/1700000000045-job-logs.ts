import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What jobs and those who run them say, line by line, bounded for each job. */
export class JobLogs1700000000045 implements MigrationInterface {
  name = 'JobLogs1700000000045';

  async up(runner: QueryRunner): Promise<void> {
    // Whoever adds lines holds the job's row here, so that they become visible in the order of their numbers: who has
    // read up to a number has missed nothing before it. It also knows, without counting, when there is too much.
    await runner.query(`
      CREATE TABLE job_log_heads (
        job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
        last_seq integer NOT NULL,
        lines integer NOT NULL,
        bytes integer NOT NULL
      ) WITH (fillfactor = 70)`);
    await runner.query(`
      CREATE TABLE job_logs (
        job_id uuid NOT NULL REFERENCES job_log_heads ON DELETE CASCADE,
        seq integer NOT NULL,
        at timestamptz(3) NOT NULL,
        attempt integer NOT NULL,
        level smallint NOT NULL,
        message text NOT NULL,
        PRIMARY KEY (job_id, seq)
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
