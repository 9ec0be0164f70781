import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readiness } from '#contracts';
import { Bus, Cache, cacheConfig, CacheRedis, CACHING, ClickHouse, redisConfig, STORES } from '#platform';
import {
  createDatabase,
  startClickHouseHttp,
  startRedis,
  type TestClickHouse,
  type TestDatabase,
  type TestRedis,
} from '#testing';
import { MonitoringHttpModule } from './monitoring.module.js';

let database: TestDatabase;
let server: TestClickHouse;
let redis: TestRedis;
let app: NestFastifyApplication;

beforeAll(async () => {
  [database, server, redis] = await Promise.all([createDatabase(), startClickHouseHttp(), startRedis()]);
  const clickhouse = { url: server.url };
  const config = { CLICKHOUSE_READ_CONNECTIONS: 4, CLICKHOUSE_QUERY_TIMEOUT_MS: 1_000 };
  @Module({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url, poolSize: 2 })],
    providers: [
      { provide: STORES, useValue: { clickhouse, redisUrl: redis.url } },
      { provide: ClickHouse, useFactory: () => new ClickHouse({ clickhouse }, config) },
      { provide: redisConfig.token, useValue: {} },
      { provide: cacheConfig.token, useValue: { CACHE_MEMORY_MB: 1 } },
      ...CACHING,
    ],
    exports: [STORES, ClickHouse, CacheRedis, Bus, Cache],
  })
  class Stores {}
  const module = await Test.createTestingModule({
    imports: [{ module: Stores, global: true }, MonitoringHttpModule],
  })
    .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
    .compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
});
afterAll(async () => {
  await app.close();
  await Promise.all([server.stop(), redis.stop(), database.drop()]);
});

async function ready() {
  const start = performance.now();
  const answer = await app.inject('/ready');
  // A probe has seconds, not minutes, whatever the stores do.
  expect(performance.now() - start).toBeLessThan(3_000);
  const body = readiness.parse(answer.json());
  return {
    code: answer.statusCode,
    status: body.status,
    down: Object.entries(body.dependencies).flatMap(([name, { status }]) => (status === 'down' ? [name] : [])),
    body,
  };
}

/** Asks until it is so: connections notice the end of a server in their own time. */
async function untilReady(status: string, down: string[]) {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const now = await ready();
    if (now.status === status && now.down.toString() === down.toString()) return now;
    if (Date.now() > deadline) throw new Error(`It stays ${JSON.stringify(now)}`);
  }
}

describe('/ready', () => {
  it('is ok while every store answers, and says how fast', async () => {
    const now = await untilReady('ok', []);
    expect(now.code).toBe(200);
    expect(Object.keys(now.body.dependencies).toSorted()).toEqual(['clickhouse', 'postgres', 'redis']);
    for (const { latency_ms } of Object.values(now.body.dependencies)) expect(latency_ms).toBeGreaterThanOrEqual(0);
  });

  it('is degraded while one is away or frozen, in time, and ok again when it is back', async () => {
    server.freeze();
    try {
      expect(await ready()).toMatchObject({ code: 200, status: 'degraded', down: ['clickhouse'] });
      // Signs that never come must not pile up until nothing else gets through.
      for (let i = 0; i < 6; i++) await ready();
    } finally {
      server.thaw();
    }
    await untilReady('ok', []);
    await redis.kill();
    expect((await untilReady('degraded', ['redis'])).code).toBe(200);
    await redis.start();
    await untilReady('ok', []);
  }, 40_000);

  it('is unavailable, with 503, without both PostgreSQL and ClickHouse', async () => {
    await server.kill();
    await untilReady('degraded', ['clickhouse']);
    await app.get(DataSource).destroy();
    expect((await untilReady('unavailable', ['postgres', 'clickhouse'])).code).toBe(503);
    await server.start();
    expect((await untilReady('degraded', ['postgres'])).code).toBe(200);
    await app.get(DataSource).initialize();
    await untilReady('ok', []);
  }, 40_000);

  it('tells nothing of why', async () => {
    await redis.kill();
    const { body } = await untilReady('degraded', ['redis']);
    expect(JSON.stringify(body)).not.toMatch(/ECONN|127\.0\.0\.1/);
    await redis.start();
    await untilReady('ok', []);
  });
});

it('/health answers whatever the stores do', async () => {
  server.freeze();
  try {
    const answer = await app.inject('/health');
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok' }]);
  } finally {
    server.thaw();
  }
});
