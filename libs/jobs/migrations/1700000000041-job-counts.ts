import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many jobs there are of each state, exact and without counting them. Every statement that changes jobs adds what it
 * changed as rows of its own, so that no two transactions wait for one counter; a sweep folds them together.
 */
export class JobCounts1700000000041 implements MigrationInterface {
  name = 'JobCounts1700000000041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE job_counts (
        namespace_id text NOT NULL,
        type text NOT NULL,
        state text NOT NULL,
        jobs bigint NOT NULL,
        PRIMARY KEY (namespace_id, type, state)
      )`);
    await runner.query(`
      CREATE TABLE job_count_changes (
        namespace_id text NOT NULL,
        type text NOT NULL,
        state text NOT NULL,
        jobs bigint NOT NULL
      )`);
    await runner.query(`CREATE INDEX job_count_changes_of ON job_count_changes (namespace_id)`);
    await this.trigger(runner, 'INSERT', 'REFERENCING NEW TABLE AS after', [
      `SELECT namespace_id, type, state, 1 AS n FROM after`,
    ]);
    await this.trigger(runner, 'DELETE', 'REFERENCING OLD TABLE AS before', [
      `SELECT namespace_id, type, state, -1 AS n FROM before`,
    ]);
    await this.trigger(runner, 'UPDATE', 'REFERENCING OLD TABLE AS before NEW TABLE AS after', [
      `SELECT namespace_id, type, state, -1 AS n FROM before`,
      `SELECT namespace_id, type, state, 1 AS n FROM after`,
    ]);
    await runner.query(`
      INSERT INTO job_counts SELECT namespace_id, type, state, count(*) FROM jobs GROUP BY namespace_id, type, state`);
  }

  private async trigger(runner: QueryRunner, event: string, referencing: string, changes: string[]): Promise<void> {
    const name = `jobs_counted_on_${event.toLowerCase()}`;
    await runner.query(`
      CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO job_count_changes (namespace_id, type, state, jobs)
        SELECT namespace_id, type, state, sum(n) FROM (${changes.join(' UNION ALL ')}) changes
        GROUP BY namespace_id, type, state HAVING sum(n) <> 0;
        RETURN NULL;
      END $$`);
    await runner.query(
      `CREATE TRIGGER ${name} AFTER ${event} ON jobs ${referencing} FOR EACH STATEMENT EXECUTE FUNCTION ${name}()`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
