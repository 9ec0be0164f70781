import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What all replicas must know alike and nobody needs to configure: the key that cursors are signed with. */
export class Platform1700000000000 implements MigrationInterface {
  name = 'Platform1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE platform_secrets (name text PRIMARY KEY, secret bytea NOT NULL)`);
    // A random uuid has 122 random bits; the hash of three of them is a key.
    await runner.query(`
      INSERT INTO platform_secrets (name, secret)
      VALUES ('cursors', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid() || gen_random_uuid(), 'UTF8')))`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
