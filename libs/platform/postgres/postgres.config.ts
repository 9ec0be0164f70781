import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { z } from 'zod';
import { type ConfigOf, defineConfig } from '../config/define-config.js';
import { integer } from '../config/readers.js';
import type { ServerRole } from './pool-metrics.js';
import { WatchedPool } from './watched-pool.js';

export const postgresConfig = defineConfig('postgres', {
  DATABASE_POOL: integer(2, 200).default(20).describe('Connections to PostgreSQL a process may hold (20)'),
  DATABASE_PREPARED_STATEMENTS: z
    .enum(['on', 'off'])
    .default('on')
    .describe('off where a PgBouncer older than 1.21 pools transactions in front of the server (on)'),
});

/** What a pool is made by; whoever makes one by hand need only say how large it is. */
export type PoolSettings = Pick<ConfigOf<typeof postgresConfig>, 'DATABASE_POOL'> &
  Partial<ConfigOf<typeof postgresConfig>>;

const MISTAKE = 'must be URLs that begin with postgres:// or postgresql://, with commas between them';

export const replicasConfig = defineConfig('postgres replicas', {
  DATABASE_READ_URLS: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((url) => url.trim())
        .filter((url) => url !== ''),
    )
    .refine((urls) => urls.every((url) => URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)), MISTAKE)
    .default([])
    .describe('Standbys of DATABASE_URL that may answer reads, with commas between them; each has a pool of its own'),
  DATABASE_READ_MAX_LAG_SECONDS: integer(1, 3600)
    .default(10)
    .describe('A standby further behind than this many seconds answers nothing (10)'),
});

/** How every process connects: with watched pools and connections that keep to the deadline of a request. */
export function postgresOptions(url: string, config: PoolSettings, role: ServerRole = 'primary') {
  const prepare = config.DATABASE_PREPARED_STATEMENTS !== 'off';
  return {
    type: 'postgres' as const,
    url,
    driver: { ...pg, Pool: WatchedPool },
    poolSize: config.DATABASE_POOL,
    applicationName: 'strisk',
    extra: {
      role,
      prepare,
      // Filters that are left out are written as `$2 IS NULL OR …`: a plan made for no parameters in particular would
      // find no index for those that are there.
      ...(prepare ? { options: '-c plan_cache_mode=force_custom_plan' } : {}),
      // Below the request's own deadline, for work outside of requests, and for a client that is frozen itself.
      statement_timeout: 4_500,
      connectionTimeoutMillis: 4_000,
      keepAlive: true,
    },
  } satisfies DataSourceOptions;
}
