import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A rotated token's old secret may stay good for a while; the log of changes is read by its newest entries. */
export class Rotation1700000000011 implements MigrationInterface {
  name = 'Rotation1700000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tokens ADD previous_hash bytea UNIQUE, ADD previous_until timestamptz`);
    await runner.query(`CREATE INDEX audit_by_namespace ON audit_log (namespace_id, audit_id DESC)`);
    await runner.query(`CREATE INDEX audit_by_subject ON audit_log (namespace_id, subject, audit_id DESC)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
