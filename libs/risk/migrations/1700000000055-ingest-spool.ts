import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events that were taken while ClickHouse was away, until they are written there. */
export class IngestSpool1700000000055 implements MigrationInterface {
  name = 'IngestSpool1700000000055';

  async up(runner: QueryRunner): Promise<void> {
    // What lies in the spool of a namespace. Whoever adds to the spool or takes from it changes this row first: its lock
    // makes positions follow each other as commits do, and the last of a drain shut the spool for a moment.
    await runner.query(`
      CREATE TABLE ingest_spools (
        namespace_id text PRIMARY KEY REFERENCES namespaces ON DELETE CASCADE,
        batches integer NOT NULL DEFAULT 0,
        rows bigint NOT NULL DEFAULT 0,
        bytes bigint NOT NULL DEFAULT 0
      )`);
    await runner.query(`
      CREATE TABLE ingest_spool (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        position bigint GENERATED ALWAYS AS IDENTITY,
        -- Of a batch that ClickHouse refused and that was cut: the number of the piece's first row in it.
        part integer NOT NULL DEFAULT 0,
        rows integer NOT NULL,
        bytes integer NOT NULL,
        payload bytea NOT NULL,
        refusals integer NOT NULL DEFAULT 0,
        spooled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (namespace_id, position, part)
      )`);
    // It is compressed already. Rows come and go: a table that is vacuumed at a fifth of dead rows would hold gigabytes.
    await runner.query(`ALTER TABLE ingest_spool ALTER COLUMN payload SET STORAGE EXTERNAL`);
    await runner.query(
      `ALTER TABLE ingest_spool SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02)`,
    );
    // What ClickHouse refused for good, so that it holds up nobody. It stays until somebody has it tried again.
    await runner.query(`
      CREATE TABLE ingest_parked (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        position bigint NOT NULL,
        part integer NOT NULL,
        rows integer NOT NULL,
        bytes integer NOT NULL,
        payload bytea NOT NULL,
        error text NOT NULL,
        spooled_at timestamptz NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (namespace_id, position, part)
      )`);
    await runner.query(`ALTER TABLE ingest_parked ALTER COLUMN payload SET STORAGE EXTERNAL`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
