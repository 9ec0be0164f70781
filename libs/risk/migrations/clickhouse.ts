import type { ClickHouseMigration } from '#platform';

/**
 * The beginning of the hour of `ts`, in UTC. Not `toStartOfInterval`: that gives a DateTime, which has no time before 1970
 * and makes an event of 1950 one of 2086.
 */
export const HOUR_OF_TS = `toDateTime64(floor(toUnixTimestamp64Milli(ts) / 3600000) * 3600, 0, 'UTC')`;

/** What a forecast said of a cell: the columns of the kept assessments and of their archive. */
const ASSESSMENT = (codec: string) => `
        namespace_id LowCardinality(String),
        event_type LowCardinality(String),
        horizon_hours UInt16,
        issued_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ${codec}),
        version UInt64 CODEC(DoubleDelta, ${codec}),
        cell UInt64 CODEC(${codec}),
        model_version LowCardinality(String),
        data_until DateTime64(3, 'UTC') CODEC(DoubleDelta, ${codec}),
        p_event Float32 CODEC(${codec}),
        expected_count Float32 CODEC(${codec}),
        q05 UInt32 CODEC(T64, ${codec}),
        q50 UInt32 CODEC(T64, ${codec}),
        q95 UInt32 CODEC(T64, ${codec}),
        expected_loss Float32 CODEC(${codec})`;

export const riskClickHouseMigrations: ClickHouseMigration[] = [
  {
    id: '0001-events',
    why: 'What happened, once per event_id and namespace, read by cell and time',
    statements: [
      // MergeTree and not ReplacingMergeTree: rows are deduplicated before they are written (0002), so that counts and
      // views never see a row twice, not even until a merge. The window makes a repeated insert of one batch harmless.
      // ORDER BY: every hot read is of one namespace, mostly one type, a set of cells, a span of time; event_id makes
      // the order total for pages. Months as partitions: old ones leave whole, and a span of time skips the others.
      // ingest_seq rises with each batch of a namespace; forecasts read what came since theirs, so it has a skip index.
      `CREATE TABLE IF NOT EXISTS events (
        namespace_id LowCardinality(String),
        event_type LowCardinality(String),
        cell UInt64 CODEC(ZSTD(1)),
        ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
        event_id String CODEC(ZSTD(1)),
        lat Float64 CODEC(ZSTD(1)),
        lon Float64 CODEC(ZSTD(1)),
        amount Nullable(Float64) CODEC(ZSTD(1)),
        entity_id LowCardinality(String),
        attrs String CODEC(ZSTD(3)),
        ingest_seq UInt64 CODEC(DoubleDelta, ZSTD(1)),
        INDEX by_ingest ingest_seq TYPE minmax GRANULARITY 1
      ) ENGINE = MergeTree
      PARTITION BY toYYYYMM(ts)
      ORDER BY (namespace_id, event_type, cell, ts, event_id)
      SETTINGS non_replicated_deduplication_window = 1000`,
    ],
  },
  {
    id: '0002-event-keys',
    why: 'Which event_ids are there: the look-up before every insert',
    statements: [
      // Ordered by a hash, for ids of one source share long beginnings and new ones come at the end of them. 53 bits,
      // so that a JavaScript number holds it; the id beside it settles a collision. Small granules, because a batch
      // looks up thousands of keys that lie far apart. Replacing, because a repair may write a key again.
      `CREATE TABLE IF NOT EXISTS event_keys (
        namespace_id LowCardinality(String),
        id_hash UInt64,
        event_id String CODEC(ZSTD(1))
      ) ENGINE = ReplacingMergeTree
      ORDER BY (namespace_id, id_hash, event_id)
      SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000`,
      `CREATE MATERIALIZED VIEW IF NOT EXISTS event_keys_mv TO event_keys AS
      SELECT namespace_id, bitShiftRight(halfMD5(event_id), 11) AS id_hash, event_id FROM events`,
    ],
  },
  {
    id: '0003-cell-hours',
    why: 'Counts and sums by cell and hour: windowed features read these and never scan events',
    statements: [
      // One row an hour in which something happened; years as partitions, for there are few rows.
      `CREATE TABLE IF NOT EXISTS cell_hours (
        namespace_id LowCardinality(String),
        event_type LowCardinality(String),
        cell UInt64 CODEC(ZSTD(1)),
        hour DateTime64(0, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
        events SimpleAggregateFunction(sum, UInt64),
        amount SimpleAggregateFunction(sum, Float64),
        first_ts SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
        last_ts SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
      ) ENGINE = AggregatingMergeTree
      PARTITION BY toYear(hour)
      ORDER BY (namespace_id, event_type, cell, hour)
      SETTINGS non_replicated_deduplication_window = 1000`,
      `CREATE MATERIALIZED VIEW IF NOT EXISTS cell_hours_mv TO cell_hours AS
      SELECT namespace_id, event_type, cell, ${HOUR_OF_TS} AS hour,
             count() AS events, sum(ifNull(amount, 0)) AS amount, min(ts) AS first_ts, max(ts) AS last_ts
      FROM events GROUP BY namespace_id, event_type, cell, hour`,
    ],
  },
  {
    id: '0004-events-by-time',
    why: 'A page of the list reads the newest rows and stops; of a million rows it read all to find fifty',
    statements: [
      // Rows of a namespace that is removed are masked, which a table with a projection does only when told how.
      `ALTER TABLE events MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild'`,
      `ALTER TABLE events ADD PROJECTION IF NOT EXISTS by_time (SELECT * ORDER BY namespace_id, ts, event_id)`,
      // In the background: parts that have it not yet are read as before.
      `ALTER TABLE events MATERIALIZE PROJECTION by_time SETTINGS mutations_sync = 0`,
    ],
  },
  {
    id: '0005-assessments',
    why: 'What every published surface said of each cell, so that it can be held against what happened',
    statements: [
      // ORDER BY: a score reads one type and horizon over a span of issue times, whole surfaces after each other.
      // Replacing, with a window beside it: the window makes a repeated insert of one surface harmless at once, and what
      // comes again after a thousand others is the same row under the same key.
      `CREATE TABLE IF NOT EXISTS assessments (${ASSESSMENT('ZSTD(1)')}
      ) ENGINE = ReplacingMergeTree
      PARTITION BY toYYYYMM(issued_at)
      ORDER BY (namespace_id, event_type, horizon_hours, issued_at, version, cell)
      SETTINGS non_replicated_deduplication_window = 1000`,
      // Written once, read seldom. The same key, so that a copy that is made again is the same rows. A deployment with
      // cheaper disks gives this table a storage policy of its own.
      `CREATE TABLE IF NOT EXISTS assessments_archive (${ASSESSMENT('ZSTD(9)')}
      ) ENGINE = ReplacingMergeTree
      PARTITION BY toYYYYMM(issued_at)
      ORDER BY (namespace_id, event_type, horizon_hours, issued_at, version, cell)`,
    ],
  },
];
