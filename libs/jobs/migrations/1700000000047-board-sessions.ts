import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The key that sessions of the board are signed with, which every replica reads. */
export class BoardSessions1700000000047 implements MigrationInterface {
  name = 'BoardSessions1700000000047';

  async up(runner: QueryRunner): Promise<void> {
    // A random uuid has 122 random bits; the hash of three of them is a key.
    await runner.query(`
      INSERT INTO platform_secrets (name, secret)
      VALUES ('board-sessions', sha256(convert_to(gen_random_uuid()::text || gen_random_uuid() || gen_random_uuid(), 'UTF8')))`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
