import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether what a surface says was written to the kept assessments. Its payload is here until the next surface takes its
 * place, so whoever makes that one writes first what a worker that died has left.
 */
export class KeptAssessments1700000000070 implements MigrationInterface {
  name = 'KeptAssessments1700000000070';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE surfaces ADD COLUMN assessments_kept boolean NOT NULL DEFAULT false`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
