import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ingest's book-keeping, models, the current surfaces, and the risks people work on. */
export class Risk1700000000003 implements MigrationInterface {
  name = 'Risk1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    // A batch that is being written to ClickHouse. A row that stays tells of a writer that died half way: before the
    // namespace takes more, its aggregates over that span are made anew from the events.
    await runner.query(`
      CREATE TABLE ingest_batches (
        batch_id uuid PRIMARY KEY,
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        from_time timestamptz NOT NULL,
        to_time timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX ingest_batches_by_namespace ON ingest_batches (namespace_id)`);
    await runner.query(`
      CREATE TABLE ingest_positions (
        namespace_id text PRIMARY KEY REFERENCES namespaces ON DELETE CASCADE,
        seq bigint NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE models (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        model_version text NOT NULL,
        event_type text NOT NULL,
        number integer NOT NULL,
        status text NOT NULL,
        artefact bytea NOT NULL,
        trained_from timestamptz NOT NULL,
        trained_to timestamptz NOT NULL,
        events integer NOT NULL,
        cells integer NOT NULL,
        branching_ratio double precision NOT NULL,
        min_amount double precision,
        parameters jsonb NOT NULL,
        diagnostics jsonb NOT NULL,
        scores jsonb,
        notes jsonb NOT NULL,
        -- Milliseconds, as the cursor of the list carries them: finer times would be lost between two pages.
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        activated_at timestamptz,
        PRIMARY KEY (namespace_id, model_version),
        UNIQUE (namespace_id, event_type, number)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX models_one_active ON models (namespace_id, event_type) WHERE status = 'active'`,
    );
    await runner.query(
      `CREATE INDEX models_by_namespace ON models (namespace_id, created_at DESC, model_version DESC)`,
    );
    // The process's state: all of the history a forecast needs, up to a position of the ingest.
    await runner.query(`
      CREATE TABLE model_states (
        namespace_id text NOT NULL,
        model_version text NOT NULL,
        ingest_seq bigint NOT NULL,
        data_until timestamptz,
        state bytea NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (namespace_id, model_version),
        FOREIGN KEY (namespace_id, model_version) REFERENCES models ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE surfaces (
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        event_type text NOT NULL,
        -- Rises with every surface of any namespace: replicas ask for what is newer than the newest they have.
        version bigint NOT NULL,
        model_version text NOT NULL,
        issued_at timestamptz NOT NULL,
        data_until timestamptz NOT NULL,
        cells integer NOT NULL,
        payload bytea NOT NULL,
        PRIMARY KEY (namespace_id, event_type)
      )`);
    await runner.query(`CREATE SEQUENCE surface_versions`);
    await runner.query(`CREATE INDEX surfaces_by_version ON surfaces (version)`);
    await runner.query(`
      CREATE TABLE risks (
        risk_id text PRIMARY KEY,
        namespace_id text NOT NULL REFERENCES namespaces ON DELETE CASCADE,
        opened_at timestamptz(3) NOT NULL,
        status text NOT NULL,
        level text NOT NULL,
        cell text NOT NULL,
        lat double precision NOT NULL,
        lon double precision NOT NULL,
        event_type text NOT NULL,
        p_event double precision NOT NULL,
        expected_count double precision NOT NULL,
        horizon_hours integer NOT NULL,
        model_version text NOT NULL,
        acknowledged_by text,
        comment text,
        updated_at timestamptz NOT NULL DEFAULT now(),
        version integer NOT NULL DEFAULT 1
      )`);
    // One live risk a cell: a surface that finds the cell still over its threshold updates it instead of opening another.
    await runner.query(
      `CREATE UNIQUE INDEX risks_one_live ON risks (namespace_id, event_type, cell) WHERE status IN ('open', 'acknowledged')`,
    );
    await runner.query(`CREATE INDEX risks_by_time ON risks (namespace_id, opened_at DESC, risk_id DESC)`);
    // From which moment the demo's city was simulated, and until when it has been gone on with.
    await runner.query(`
      CREATE TABLE demo (
        namespace_id text PRIMARY KEY REFERENCES namespaces ON DELETE CASCADE,
        anchor timestamptz NOT NULL,
        seeded boolean NOT NULL,
        fed_until timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX risks_by_status ON risks (namespace_id, status, opened_at DESC, risk_id DESC)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}
