import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { ClickHouse } from '../clickhouse/clickhouse.js';
import { clickhouseConfig } from '../clickhouse/clickhouse.config.js';
import { type ClickHouseMigration, migrateClickHouse } from '../clickhouse/migrations.js';
import type { Config } from '../config/define-config.js';
import type { Stores } from '../embedded/stores.js';
import { AppError } from '../http/app-error.js';
import { migratePostgres, type PostgresMigration } from '../postgres/postgres.js';
import { postgresConfig } from '../postgres/postgres.config.js';

/** Between two looks for an event store that was away when the process started. */
const LOOK_EVERY_MS = 1_000;

export interface Migrations {
  postgresMigrations: PostgresMigration[];
  clickhouseMigrations: readonly ClickHouseMigration[];
}

/**
 * Brings both schemas up to date, one process at a time.
 * @returns false where the event store was away: the process can start, read what it has in memory and spool events
 */
export async function migrate(migrations: Migrations, config: Config, stores: Stores): Promise<boolean> {
  let reached = true;
  await migratePostgres(stores.postgresUrl, config.get(postgresConfig), migrations.postgresMigrations, async () => {
    const clickhouse = new ClickHouse(stores, { ...config.get(clickhouseConfig), CLICKHOUSE_READ_CONNECTIONS: 1 });
    try {
      await migrateClickHouse(clickhouse, migrations.clickhouseMigrations);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'UNAVAILABLE')) throw error;
      reached = false;
    } finally {
      await clickhouse.onApplicationShutdown();
    }
  });
  return reached;
}

/** Does what `migrate` could not as soon as the event store is there. @returns what ends the waiting */
export function migrateLater(migrations: Migrations, config: Config, stores: Stores): () => Promise<void> {
  const logger = new Logger('Migrations');
  const over = new AbortController();
  logger.warn('the event store is away: started without it, and waiting for it');
  const waiting = (async () => {
    while (!over.signal.aborted) {
      await delay(LOOK_EVERY_MS, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
      if (over.signal.aborted) return;
      try {
        if (!(await migrate(migrations, config, stores))) continue;
        logger.log('the event store is there, and its schema up to date');
        return;
      } catch (error) {
        // PostgreSQL may be away by now; a store that is too old says so with every look until it is replaced.
        logger.error({ err: error }, 'the event store could not be brought up to date; trying again');
      }
    }
  })();
  return async () => {
    over.abort();
    await waiting;
  };
}
