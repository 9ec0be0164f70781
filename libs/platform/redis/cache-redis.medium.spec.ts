import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#testing';
import { CacheRedis } from './cache-redis.js';

Logger.overrideLogger(false);

let server: TestRedis;
const opened: CacheRedis[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
afterEach(() => {
  for (const redis of opened.splice(0)) redis.onApplicationShutdown();
});

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error('It did not come about in time');
    await delay(20);
  }
}

async function open(): Promise<CacheRedis> {
  const redis = new CacheRedis(server.url);
  opened.push(redis);
  await until(() => redis.serverId !== undefined);
  return redis;
}

it('answers undefined where no Redis is configured', async () => {
  const redis = new CacheRedis(undefined);
  opened.push(redis);
  expect(await redis.run('get', (client) => client.get('k'))).toBeUndefined();
  expect([redis.client, redis.connected, redis.serverId]).toEqual([undefined, false, undefined]);
});

it('puts a prefix before its keys', async () => {
  const redis = await open();
  expect(await redis.run('set', (client) => client.set('k', 'v'))).toBe('OK');
  expect(await redis.run('get', (client) => client.get('k'))).toBe('v');
  expect(await redis.run('keys', (client) => client.keys('*'))).toEqual(['strisk:k']);
});

it('answers undefined, not an error, while the server is dead, and goes on when it is back', async () => {
  const redis = await open();
  const before = redis.serverId;
  await server.kill();
  await until(() => !redis.connected);
  expect(await redis.run('get', (client) => client.get('k'))).toBeUndefined();
  await server.start();
  await until(async () => (await redis.run('ping', (client) => client.ping())) === 'PONG');
  await until(() => redis.serverId !== undefined);
  expect(redis.serverId).not.toBe(before);
});

it('stops waiting for a frozen server after a few commands, and goes on when it wakes', async () => {
  const redis = await open();
  // A busy past must not keep it waiting: half of a long window would have to fail first.
  for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: 100 }, () => redis.run('ping', (c) => c.ping())));
  server.freeze();
  try {
    const waited: number[] = [];
    for (let i = 0; i < 200; i++) {
      const start = performance.now();
      expect(await redis.run('get', (client) => client.get('k'))).toBeUndefined();
      waited.push(performance.now() - start);
    }
    expect(waited.filter((ms) => ms > 100).length).toBeLessThanOrEqual(4);
    expect(redis.connected).toBe(false);
  } finally {
    server.thaw();
  }
  await until(async () => (await redis.run('ping', (client) => client.ping())) === 'PONG');
  expect(redis.connected).toBe(true);
});

it('a refused command is no reason to leave the server alone', async () => {
  const redis = await open();
  await redis.run('set', (client) => client.set('text', 'v'));
  for (let i = 0; i < 50; i++) expect(await redis.run('wrong', (client) => client.lpush('text', 'x'))).toBeUndefined();
  expect(redis.connected).toBe(true);
  expect(await redis.run('get', (client) => client.get('text'))).toBe('v');
});
