import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every filter of the lists of risks and models has an index in the order of the list: a page reads what it shows, however many rows there are. */
export class ListIndexes1700000000030 implements MigrationInterface {
  name = 'ListIndexes1700000000030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX risks_by_level ON risks (namespace_id, level, opened_at DESC, risk_id DESC)`);
    await runner.query(`CREATE INDEX risks_by_type ON risks (namespace_id, event_type, opened_at DESC, risk_id DESC)`);
    await runner.query(`CREATE INDEX risks_by_cell ON risks (namespace_id, cell, opened_at DESC, risk_id DESC)`);
    // For boxes, in which few of the newest risks lie: a band of latitudes, and in it the longitudes without the rows.
    await runner.query(`CREATE INDEX risks_by_place ON risks (namespace_id, lat, lon)`);
    await runner.query(
      `CREATE INDEX models_by_type ON models (namespace_id, event_type, created_at DESC, model_version DESC)`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
