import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Locks over all processes that outlive a connection: who holds what, and until when by this server's clock. */
export class Leases1700000000050 implements MigrationInterface {
  name = 'Leases1700000000050';

  async up(runner: QueryRunner): Promise<void> {
    // Rows stay when nobody holds them: a token that began at 1 again would let an old holder pass for the new one.
    await runner.query(`
      CREATE TABLE leases (
        name text PRIMARY KEY,
        holder uuid NOT NULL,
        token bigint NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
