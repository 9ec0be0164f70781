import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cacheReport } from '#contracts';
import { Bus, Cache, cacheConfig, CacheRedis, CACHING, defineCache, redisConfig, STORES } from '#platform';
import { startRedis, type TestRedis } from '#testing';
import { CacheController } from './cache.controller.js';
import { CacheReportService } from './cache-report.service.js';

Logger.overrideLogger(false);

const lasting = defineCache<string>({ name: 'spec-lasting', ttlMs: Infinity, staleMs: 5, sizeOf: () => 100 });

let redis: TestRedis;
let app: NestFastifyApplication;

beforeAll(async () => {
  redis = await startRedis();
  const module = await Test.createTestingModule({
    controllers: [CacheController],
    providers: [
      CacheReportService,
      ...CACHING,
      { provide: STORES, useValue: { redisUrl: redis.url } },
      { provide: redisConfig.token, useValue: {} },
      { provide: cacheConfig.token, useValue: { CACHE_MEMORY_MB: 2 } },
    ],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  app.enableShutdownHooks();
  await app.init();
});
afterAll(async () => {
  await app.close();
  await redis.stop();
});

async function report() {
  const answer = await app.inject('/monitoring/cache');
  expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
  return cacheReport.parse(answer.json());
}

async function until(what: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!what() && Date.now() < deadline) await delay(20);
  expect(what()).toBe(true);
}

it('tells what each cache did and what carries it', async () => {
  await until(() => app.get(CacheRedis).connected && app.get(Bus).connected);
  const cache = app.get(Cache);
  for (let i = 0; i < 4; i++) await cache.getOrLoad(lasting, 'k', {}, () => Promise.resolve('v'));
  const { caches, memory, redis: state, bus } = await report();
  expect([state, bus]).toEqual(['connected', { kind: 'redis', connected: true }]);
  expect(memory).toMatchObject({ limit_bytes: 2 * 1024 * 1024, entries: 1 });
  expect(caches.find(({ name }) => name === 'spec-lasting')).toMatchObject({
    ttl_ms: null,
    stale_ms: 5,
    levels: ['memory'],
    hits_memory: 3,
    misses: 1,
    loads: 1,
    entries: 1,
    bytes: memory.bytes,
    hit_ratio: 0.75,
  });
});

it('says that Redis is away', async () => {
  await redis.kill();
  await until(() => !app.get(CacheRedis).connected && !app.get(Bus).connected);
  expect(await report()).toMatchObject({ redis: 'away', bus: { connected: false } });
  await redis.start();
  await until(() => app.get(CacheRedis).connected && app.get(Bus).connected);
  expect((await report()).redis).toBe('connected');
});
