import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests that carry an `Idempotency-Key`, with their answers sealed under the callers' tokens. */
export class Idempotency1700000000012 implements MigrationInterface {
  name = 'Idempotency1700000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE idempotency_keys (
        token_id uuid NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        -- NULL while the first request is under way.
        status smallint,
        answer bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (token_id, key)
      )`);
    await runner.query(`CREATE INDEX idempotency_by_age ON idempotency_keys (created_at)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
