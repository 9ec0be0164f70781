import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The filters of the list of jobs have indexes in its order, so that the few that failed are found among the many that did not. */
export class ListIndexes1700000000031 implements MigrationInterface {
  name = 'ListIndexes1700000000031';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX jobs_by_state ON jobs (namespace_id, state, created_at DESC, job_id DESC)`);
    await runner.query(`CREATE INDEX jobs_by_type ON jobs (namespace_id, type, created_at DESC, job_id DESC)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
