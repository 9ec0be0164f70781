import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For how long a namespace keeps what. Whatever nobody has said anything of is kept for ever, as it was. */
export class Retention1700000000071 implements MigrationInterface {
  name = 'Retention1700000000071';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE namespaces ADD COLUMN retention jsonb NOT NULL
      DEFAULT '{"events_days": null, "assessments_days": null, "risks_days": null}'`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
