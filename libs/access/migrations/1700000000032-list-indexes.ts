import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit log is read in the order of time, by each of its filters. */
export class ListIndexes1700000000032 implements MigrationInterface {
  name = 'ListIndexes1700000000032';

  async up(runner: QueryRunner): Promise<void> {
    // Milliseconds, as the cursor of the list carries them: finer times would be lost between two pages.
    await runner.query(`ALTER TABLE audit_log ALTER at TYPE timestamptz(3)`);
    await runner.query(`DROP INDEX audit_by_namespace, audit_by_subject`);
    await runner.query(`CREATE INDEX audit_by_time ON audit_log (namespace_id, at DESC, audit_id DESC)`);
    await runner.query(`CREATE INDEX audit_by_subject ON audit_log (namespace_id, subject, at DESC, audit_id DESC)`);
    await runner.query(`CREATE INDEX audit_by_action ON audit_log (namespace_id, action, at DESC, audit_id DESC)`);
    await runner.query(`CREATE INDEX audit_by_token ON audit_log (namespace_id, token_id, at DESC, audit_id DESC)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
