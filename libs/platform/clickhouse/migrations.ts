import type { ClickHouse } from './clickhouse.js';
import { defineQuery } from './clickhouse.js';

/** One step of the schema. Forward only; each statement may be repeated, for a step may die half way. */
export interface ClickHouseMigration {
  /** `0001-events`: number and name. Steps run in the order of their ids. */
  id: string;
  why: string;
  statements: string[];
}

const LEDGER = `
CREATE TABLE IF NOT EXISTS schema_migrations (id String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = ReplacingMergeTree ORDER BY id`;

const applied = defineQuery<Record<string, never>, { id: string }>(
  'schema_migrations.applied',
  'SELECT id FROM schema_migrations FINAL',
);

const version = defineQuery<Record<string, never>, { version: string; cell: string }>(
  'server.version',
  `SELECT version() AS version, h3ToString(geoToH3(43.65, -79.38, 7)) AS cell`,
);

/** The oldest server whose SQL this code speaks; `geoToH3` took (lon, lat) before it. */
export const OLDEST_CLICKHOUSE = '25.6';

/**
 * Brings the schema up to date and returns the ids that were applied.
 * @throws Error when the server is older than OLDEST_CLICKHOUSE
 */
export async function migrateClickHouse(
  clickhouse: ClickHouse,
  migrations: readonly ClickHouseMigration[],
): Promise<string[]> {
  const [server] = await clickhouse.query(version, {}, { timeoutMs: 20_000 });
  if (server?.cell !== '872b9bc46ffffff')
    throw new Error(`ClickHouse ${server?.version} is too old: ${OLDEST_CLICKHOUSE} or newer is needed`);
  await clickhouse.command('schema_migrations.create', LEDGER);
  const done = new Set((await clickhouse.query(applied, {})).map(({ id }) => id));
  const due = migrations.filter(({ id }) => !done.has(id)).sort((a, b) => a.id.localeCompare(b.id));
  for (const migration of due) {
    for (const [index, statement] of migration.statements.entries())
      await clickhouse.command(`migration:${migration.id}:${index}`, statement);
    await clickhouse.insert('schema_migrations', ['id'], [[migration.id]], `migration-${migration.id}`);
  }
  return due.map(({ id }) => id);
}
