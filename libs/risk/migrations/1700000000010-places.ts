import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Groups and targets, and risks of targets beside those of cells. */
export class Places1700000000010 implements MigrationInterface {
  name = 'Places1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE groups (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        group_id text NOT NULL,
        name text NOT NULL,
        description text,
        attrs jsonb NOT NULL,
        -- Milliseconds, as the cursor of the list carries them: finer times would be lost between two pages.
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        version integer NOT NULL DEFAULT 1,
        PRIMARY KEY (namespace_id, group_id)
      )`);
    await runner.query(`CREATE INDEX groups_by_time ON groups (namespace_id, created_at DESC, group_id DESC)`);
    await runner.query(`CREATE INDEX groups_by_name ON groups (namespace_id, lower(name) text_pattern_ops)`);
    // The weights are made when the shape is written, for the namespace's resolution never changes: cells as big-endian
    // 64-bit indexes one after the other, and for each the part of the cell that is the target's and the part of the target
    // that is the cell's, single precision, all of the first and then all of the second.
    // The box runs east from a west in -180..180, so it may end beyond 180; a search looks at all turns of its own box.
    await runner.query(`
      CREATE TABLE targets (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        target_id text NOT NULL,
        group_id text,
        name text NOT NULL,
        shape jsonb NOT NULL,
        attrs jsonb NOT NULL,
        levels jsonb,
        bounds box NOT NULL,
        main_cell text NOT NULL,
        cells_count integer NOT NULL,
        area_km2 double precision NOT NULL,
        cells bytea NOT NULL,
        weights bytea NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        version integer NOT NULL DEFAULT 1,
        PRIMARY KEY (namespace_id, target_id),
        FOREIGN KEY (namespace_id, group_id) REFERENCES groups
      )`);
    await runner.query(`CREATE INDEX targets_by_time ON targets (namespace_id, created_at DESC, target_id DESC)`);
    await runner.query(
      `CREATE INDEX targets_by_group ON targets (namespace_id, group_id, created_at DESC, target_id DESC)`,
    );
    await runner.query(`CREATE INDEX targets_by_name ON targets (namespace_id, lower(name) text_pattern_ops)`);
    await runner.query(`CREATE INDEX targets_by_bounds ON targets USING gist (bounds)`);

    // No reference to targets: the risks of a deleted target stay for the record.
    await runner.query(`ALTER TABLE risks ADD COLUMN target_id text, ADD COLUMN acknowledged_at timestamptz(3)`);
    await runner.query(`DROP INDEX risks_one_live`);
    // One live risk a cell and one a target; the cell of a target's risk only says where most of it lies.
    await runner.query(
      `CREATE UNIQUE INDEX risks_one_live ON risks (namespace_id, event_type, cell)
       WHERE status IN ('open', 'acknowledged') AND target_id IS NULL`,
    );
    await runner.query(
      `CREATE UNIQUE INDEX risks_one_live_target ON risks (namespace_id, event_type, target_id)
       WHERE status IN ('open', 'acknowledged') AND target_id IS NOT NULL`,
    );
    await runner.query(
      `CREATE INDEX risks_by_target ON risks (namespace_id, target_id, opened_at DESC, risk_id DESC)
       WHERE target_id IS NOT NULL`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
