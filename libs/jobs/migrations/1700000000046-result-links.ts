import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The key that links to results are signed with, which every replica reads. */
export class ResultLinks1700000000046 implements MigrationInterface {
  name = 'ResultLinks1700000000046';

  async up(runner: QueryRunner): Promise<void> {
    // A random uuid has 122 random bits; the hash of three of them is a key.
    await runner.query(`
      INSERT INTO platform_secrets (name, secret)
      VALUES ('result-links', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid() || gen_random_uuid(), 'UTF8')))`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
