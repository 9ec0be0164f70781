import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Child, startRedis, type TestRedis } from '#testing';

/** Asks 250 times at once for one key when it is told to; every load is counted in Redis. */
const PROGRAM = `
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
const { Bus } = await import(process.env.PLATFORM + 'bus/bus.ts');
const { RedisTransport } = await import(process.env.PLATFORM + 'bus/redis-transport.ts');
const { Cache } = await import(process.env.PLATFORM + 'cache/cache.ts');
const { defineCache } = await import(process.env.PLATFORM + 'cache/define-cache.ts');
const { CacheRedis } = await import(process.env.PLATFORM + 'redis/cache-redis.ts');
Logger.overrideLogger(false);
const codec = { encode: (value) => value, decode: (text) => text };
const values = defineCache({ name: 'spec', ttlMs: 60_000, staleMs: 0, codec, sizeOf: (value) => value.length });
const redis = new CacheRedis(process.env.REDIS);
const bus = new Bus(new RedisTransport(redis, redis.client));
const cache = new Cache(redis, bus, 1 << 20);
const counter = new Redis(process.env.REDIS);
const orders = new Redis(process.env.REDIS);
orders.on('message', async (_channel, order) => {
  const { key, loadMs } = JSON.parse(order);
  const load = async () => {
    const number = await counter.incr('loads ' + key);
    console.log('loading ' + key);
    await new Promise((done) => setTimeout(done, loadMs));
    return 'load ' + number;
  };
  const start = performance.now();
  const asked = Array.from({ length: 250 }, () => cache.getOrLoad(values, key, { tags: ['t'] }, load));
  const answers = new Set((await Promise.all(asked)).map(({ value }) => value));
  console.log('answer ' + JSON.stringify({ key, answers: [...answers], ms: performance.now() - start }));
});
await orders.subscribe('orders');
while (redis.serverId === undefined || !bus.connected) await new Promise((done) => setTimeout(done, 10));
console.log('ready');
`;

const PLATFORM = new URL('../', import.meta.url).href;
let server: TestRedis;
let client: Redis;
const children: Child[] = [];

beforeAll(async () => {
  server = await startRedis();
  client = new Redis(server.url);
  for (let i = 0; i < 4; i++)
    children.push(
      new Child({
        command: process.execPath,
        args: [
          '--conditions=source',
          '--experimental-transform-types',
          '--disable-warning=ExperimentalWarning',
          '--import',
          new URL('../../testing/bin/ts-resolve.mjs', import.meta.url).href,
          '--input-type=module',
          '-e',
          PROGRAM,
        ],
        cwd: fileURLToPath(new URL('../../../', import.meta.url)),
        env: { PLATFORM, REDIS: server.url },
      }),
    );
  await Promise.all(children.map((child) => said(child, /^ready$/m)));
}, 60_000);
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  client.disconnect();
  await server.stop();
});

async function said(child: Child, what: RegExp): Promise<string> {
  const match = await child.waitForOutput(String(what), 30_000, ({ stdout }) => what.exec(stdout) ?? undefined);
  return match[1] ?? '';
}

async function answerOf(child: Child, key: string) {
  const line = await said(child, new RegExp(`^answer (\\{"key":"${key}".*)$`, 'm'));
  return JSON.parse(line) as { answers: string[]; ms: number };
}

it('1,000 concurrent misses of one key over 4 processes are one load', async () => {
  for (const [key, loadMs] of [
    ['slow', 500],
    ['quick', 5],
    ['instant', 0],
  ] as const) {
    await client.publish('orders', JSON.stringify({ key, loadMs }));
    const answers = await Promise.all(children.map((child) => answerOf(child, key)));
    expect(answers.map((answer) => answer.answers)).toEqual(Array(4).fill(['load 1']));
    expect(await client.get(`loads ${key}`)).toBe('1');
  }
});

it('a process that dies while it loads delays the others by the life of its lock', async () => {
  await client.publish('orders', JSON.stringify({ key: 'dies', loadMs: 4_000 }));
  const holder = await Promise.any(children.map((child) => said(child, /^(loading dies)$/m).then(() => child)));
  await holder.kill();
  const others = children.filter((child) => child !== holder);
  const answers = await Promise.all(others.map((child) => answerOf(child, 'dies')));
  expect(answers.map((answer) => answer.answers)).toEqual(Array(3).fill(['load 2']));
  expect(await client.get('loads dies')).toBe('2');
  // 3 s of the lock, 4 s of the load, and what two busy cores add.
  for (const { ms } of answers) expect(ms).toBeLessThan(12_000);
}, 40_000);
