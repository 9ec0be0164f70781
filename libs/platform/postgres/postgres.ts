import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, MigrationExecutor, type MigrationInterface } from 'typeorm';
import { platformMigrations } from '../migrations/index.js';
import { type PoolSettings, postgresOptions } from './postgres.config.js';

/** A migration as TypeORM runs it; the class name ends in its number, by which they are ordered. */
export type PostgresMigration = new () => MigrationInterface;

export function postgresModule(url: string, config: PoolSettings): DynamicModule {
  return TypeOrmModule.forRoot({ ...postgresOptions(url, config), autoLoadEntities: true, retryAttempts: 3 });
}

/** Held while the schemas change: of processes that start together one migrates and the others wait for it. */
const MIGRATION_LOCK = 7_203_114;

/**
 * Runs the PostgreSQL migrations that are due and then `also`, alone among all processes. The lock is that of a session,
 * and the migrations run in this very session: where it breaks, its transaction goes with its lock (ADR 14).
 */
export async function migratePostgres(
  url: string,
  config: PoolSettings,
  migrations: PostgresMigration[],
  also: () => Promise<void>,
): Promise<void> {
  const dataSource = new DataSource({
    ...postgresOptions(url, config),
    poolSize: 3,
    migrations: [...platformMigrations, ...migrations],
    migrationsTableName: 'schema_migrations',
    extra: { statement_timeout: 0 },
  });
  await dataSource.initialize();
  try {
    const holder = dataSource.createQueryRunner();
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const executor = new MigrationExecutor(dataSource, holder);
      executor.transaction = 'each';
      await executor.executePendingMigrations();
      await also();
      await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    } finally {
      // Where the unlocking was not reached, the end of the session below unlocks.
      await holder.release();
    }
  } finally {
    await dataSource.destroy();
  }
}
