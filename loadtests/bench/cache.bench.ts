/**
 * The two levels of the cache beside what they are made of: a bare Map and a bare GET of ioredis, in the same run, on the same
 * keys and values. Redis is a process of the benchmark's own on loopback.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { Bus, Cache, cacheConfig, CacheRedis, CACHING, defineCache, redisConfig, STORES } from '#platform';
import type { Bench } from './bench.js';

const KEYS = 5_000;
const VALUE = JSON.stringify(
  Array.from({ length: 20 }, (_, i) => ({ cell: `872b9bc71fff${i}`, p_event: 1 / (i + 3) })),
);
const MEMORY_READS = 2_000_000;
const TIMED_READS = 300_000;
const REDIS_READS = 40_000;
const READERS = 4;

const values = defineCache<string>({
  name: 'bench',
  ttlMs: Infinity,
  staleMs: 0,
  codec: { encode: (value) => value, decode: (text) => text },
  sizeOf: (value) => 2 * value.length,
});

interface Parts {
  readonly memory: Cache;
  /** Its memory holds a fraction of the keys: what is asked for in turn is never there. */
  readonly small: Cache;
  readonly redis: Redis;
  readonly map: ReadonlyMap<string, string>;
  readonly keys: readonly string[];
  close(): Promise<void>;
}

function percentile(times: Float64Array, share: number): number {
  return times.sort()[Math.floor(times.length * share)] ?? 0;
}

/** Each read timed; the clock's own cost is in it. */
async function timed(count: number, concurrency: number, read: (i: number) => Promise<unknown>) {
  const times = new Float64Array(count);
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < count) {
        const i = next++;
        const asked = performance.now();
        await read(i);
        times[i] = performance.now() - asked;
      }
    }),
  );
  return { perSecond: count / ((performance.now() - start) / 1000), p99: percentile(times, 0.99) };
}

function perSecond(count: number, read: (i: number) => unknown): number {
  const start = performance.now();
  let found = 0;
  for (let i = 0; i < count; i++) if (read(i) !== undefined) found++;
  const rate = count / ((performance.now() - start) / 1000);
  if (found !== count) throw new Error(`${count - found} of ${count} were not there`);
  return rate;
}

async function read({ memory, small, redis, map, keys }: Parts): Promise<Record<string, number>> {
  const keyOf = (i: number) => keys[i % KEYS]!;
  // Where Redis does not answer in time; it is counted below.
  const load = () => Promise.resolve(VALUE);
  const mapRate = perSecond(MEMORY_READS, (i) => map.get(`bench:${keyOf(i)}`));
  const peekRate = perSecond(MEMORY_READS, (i) => memory.peek(values, keyOf(i)));
  const hit = await timed(TIMED_READS, 1, (i) => memory.getOrLoad(values, keyOf(i), { tags: ['t'] }, load));
  const before = small.statisticsOf(values).redisHits;
  const second = await timed(REDIS_READS, READERS, (i) => small.getOrLoad(values, keyOf(i), { tags: ['t'] }, load));
  const bare = await timed(REDIS_READS, READERS, (i) => redis.get(`bare:${keyOf(i)}`));
  return {
    'L1 peek, 1/s': peekRate,
    'bare Map, 1/s': mapRate,
    'L1 getOrLoad, 1/s': hit.perSecond,
    'L1 getOrLoad p99, ms': hit.p99,
    'L2 getOrLoad, 1/s': second.perSecond,
    'L2 getOrLoad p99, ms': second.p99,
    'bare GET, 1/s': bare.perSecond,
    'bare GET p99, ms': bare.p99,
    'reads that L2 answered, %': (100 * (small.statisticsOf(values).redisHits - before)) / REDIS_READS,
  };
}

async function measure({ redisServer }: { redisServer: string }): Promise<Record<string, number>> {
  const server = await startRedis(redisServer);
  const parts = await open(server.url);
  try {
    return await read(parts);
  } finally {
    await parts.close();
    await server.stop();
  }
}

async function startRedis(program: string): Promise<{ url: string; stop(): Promise<void> }> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  holder.close();
  await once(holder, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  const args = ['--bind', '127.0.0.1', '--port', `${address.port}`, '--save', '', '--appendonly', 'no'];
  const child = spawn(program, args, { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A process's worth of cache, composed as the platform composes it. */
async function openCache(redisUrl: string, megabytes: number) {
  class Process {}
  const providers = [
    { provide: STORES, useValue: { redisUrl } },
    { provide: redisConfig.token, useValue: {} },
    { provide: cacheConfig.token, useValue: { CACHE_MEMORY_MB: megabytes } },
    ...CACHING,
  ];
  const app = await NestFactory.createApplicationContext({ module: Process, providers }, { logger: false });
  while (app.get(CacheRedis).serverId === undefined || !app.get(Bus).connected)
    await new Promise((done) => setTimeout(done, 10));
  return { cache: app.get(Cache), close: () => app.close() };
}

async function open(url: string): Promise<Parts> {
  const [large, small] = [await openCache(url, 128), await openCache(url, 1)];
  const redis = new Redis(url);
  const keys = Array.from({ length: KEYS }, (_, i) => `namespace /api/v1/risk-map json [["horizon","${i}"]]`);
  const map = new Map<string, string>();
  for (const key of keys) {
    await large.cache.getOrLoad(values, key, { tags: ['t'] }, () => Promise.resolve(VALUE));
    map.set(`bench:${key}`, VALUE);
    await redis.set(`bare:${key}`, VALUE);
  }
  // Into the second level it is written behind the answer.
  while ((await redis.dbsize()) < 2 * KEYS) await new Promise((done) => setTimeout(done, 20));
  const close = async () => {
    redis.disconnect();
    await Promise.all([large.close(), small.close()]);
  };
  return { memory: large.cache, small: small.cache, redis, map, keys, close };
}

function prepare(): { redisServer: string } | string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const redisServer = folders.map((folder) => join(folder, 'redis-server')).find((file) => existsSync(file));
  return redisServer === undefined ? 'redis-server is not in PATH' : { redisServer };
}

export const benches = {
  cache: {
    description: `L1 and L2 of the cache, ${KEYS.toLocaleString('en')} keys of ${VALUE.length} bytes; L2 with ${READERS} readers at once`,
    runs: 5,
    bars: [
      { figure: 'L1 peek, 1/s', atLeast: 100_000 },
      { figure: 'L1 getOrLoad, 1/s', atLeast: 100_000 },
      { figure: 'L1 getOrLoad p99, ms', atMost: 1 },
      { figure: 'L2 getOrLoad p99, ms', atMost: 5 },
      { figure: 'reads that L2 answered, %', atLeast: 99.9 },
    ],
    prepare,
    measure,
  } satisfies Bench<{ redisServer: string }>,
};
