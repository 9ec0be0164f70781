import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import {
  ClickHouse,
  type ClickHouseMigration,
  migrateClickHouse,
  migratePostgres,
  type PostgresMigration,
} from '#platform';
import { createDatabase } from '../postgres/database.js';

interface TestStoresOptions {
  postgresMigrations: PostgresMigration[];
  entities?: DataSourceOptions['entities'];
  /** Left out: no ClickHouse is opened. */
  clickhouseMigrations?: readonly ClickHouseMigration[];
  /** A server (the stand-in) instead of the engine in this process. */
  clickhouseUrl?: string;
  /** Milliseconds a query may take. */
  queryTimeoutMs?: number;
  /** Connections of the pool. */
  pool?: number;
}

export interface TestStores {
  readonly postgresUrl: string;
  readonly postgres: DataSource;
  /** Throws where none was asked for. */
  readonly clickhouse: ClickHouse;
  /** A second pool on the same database, as another process has; closed with the others. */
  connect(pool?: number): Promise<DataSource>;
  close(): Promise<void>;
}

/**
 * A migrated database of the run's PostgreSQL and a migrated ClickHouse, for one spec file. The engine holds one
 * directory per process, so a file opens one embedded ClickHouse.
 */
export async function openTestStores(options: TestStoresOptions): Promise<TestStores> {
  const database = await createDatabase();
  const config = { DATABASE_POOL: options.pool ?? 8 };
  await migratePostgres(database.url, config, options.postgresMigrations, () => Promise.resolve());
  const opened: DataSource[] = [];
  const connect = async (pool = config.DATABASE_POOL) => {
    const { url } = database;
    const entities = options.entities ?? [];
    const source = new DataSource({
      type: 'postgres',
      url,
      poolSize: pool,
      entities,
      extra: { statement_timeout: 4_500 },
    });
    opened.push(await source.initialize());
    return source;
  };
  const directory = await mkdtemp(join(tmpdir(), 'strisk-test-stores-'));
  let clickhouse: ClickHouse | undefined;
  if (options.clickhouseMigrations) {
    const place =
      options.clickhouseUrl === undefined
        ? { embeddedPath: join(directory, 'clickhouse') }
        : { url: options.clickhouseUrl };
    clickhouse = new ClickHouse(
      { clickhouse: place },
      { CLICKHOUSE_READ_CONNECTIONS: 4, CLICKHOUSE_QUERY_TIMEOUT_MS: options.queryTimeoutMs ?? 20_000 },
    );
    await migrateClickHouse(clickhouse, options.clickhouseMigrations);
  }
  return {
    postgresUrl: database.url,
    postgres: await connect(),
    get clickhouse() {
      if (!clickhouse) throw new Error('No ClickHouse was asked for');
      return clickhouse;
    },
    connect,
    async close() {
      await clickhouse?.onApplicationShutdown();
      await Promise.all(opened.filter((source) => source.isInitialized).map((source) => source.destroy()));
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
