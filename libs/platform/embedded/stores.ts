import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type ConfigOf, defineConfig } from '../config/define-config.js';
import { serverUrl } from '../config/readers.js';
import { lockDataDir } from './data-dir-lock.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

export const storesConfig = defineConfig('stores', {
  DATA_DIR: z.string().default('./data').describe('Where the embedded stores keep their files (./data)'),
  CLICKHOUSE_URL: serverUrl('http', 'https')
    .optional()
    .describe('A ClickHouse server, http(s)://user:password@host:8123/database; unset: the embedded engine'),
  DATABASE_URL: serverUrl('postgres', 'postgresql')
    .optional()
    .describe('A PostgreSQL server, postgresql://user:password@host:5432/database; unset: the embedded one'),
  REDIS_URL: serverUrl('redis', 'rediss')
    .optional()
    .describe("A Redis server for queues, redis://host:6379; unset: BullMQ's PostgreSQL backend carries them"),
});

/** Where the stores are, after the embedded ones were started. */
export interface Stores {
  dataDir: string;
  postgresUrl: string;
  clickhouse: { url: string } | { embeddedPath: string };
  redisUrl: string | undefined;
  /** Ends what was started here; call it after every client has been closed. */
  close(): Promise<void>;
}

/**
 * Starts the embedded stores that no URL stands for and says where all of them are.
 * @throws DataDirHeldError when another process works in DATA_DIR
 */
export async function openStores(config: ConfigOf<typeof storesConfig>): Promise<Stores> {
  const dataDir = resolve(config.DATA_DIR);
  const external = {
    clickhouse: config.CLICKHOUSE_URL,
    postgres: config.DATABASE_URL,
  };
  await mkdir(dataDir, { recursive: true });
  if (external.clickhouse && external.postgres)
    return {
      dataDir,
      postgresUrl: external.postgres,
      clickhouse: { url: external.clickhouse },
      redisUrl: config.REDIS_URL,
      close: () => Promise.resolve(),
    };

  // PostgreSQL may run as another user, which has to pass through here; what is secret has its own mode.
  await chmod(dataDir, 0o711);
  const release = await lockDataDir(dataDir);
  const clickhousePath = join(dataDir, 'clickhouse');
  try {
    if (!external.clickhouse) {
      await mkdir(clickhousePath, { recursive: true });
      // The engine writes files that anyone may read; nobody else gets as far as to them.
      await chmod(clickhousePath, 0o700);
    }
    const postgres = external.postgres ? undefined : await startEmbeddedPostgres(join(dataDir, 'postgres'));
    return {
      dataDir,
      postgresUrl: external.postgres ?? postgres?.url ?? '',
      clickhouse: external.clickhouse ? { url: external.clickhouse } : { embeddedPath: clickhousePath },
      redisUrl: config.REDIS_URL,
      close: async () => {
        await postgres?.stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
