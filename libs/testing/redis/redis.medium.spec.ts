import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { isAlive } from '../process/child.js';
import { startRedis, type TestRedis } from './redis.js';

const started: TestRedis[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
});

async function start(aof: boolean): Promise<TestRedis> {
  const redis = await startRedis({ aof });
  started.push(redis);
  return redis;
}

/** One command on a connection of its own. */
async function once<T>(server: TestRedis, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

it.each([
  [true, 'v'],
  [false, null],
])('with AOF %s a key is %s after kill -9 and start', async (aof, expected) => {
  const server = await start(aof);
  await once(server, (redis) => redis.set('k', 'v'));
  await server.kill();
  await expect(once(server, (redis) => redis.get('k'))).rejects.toThrow();
  await server.start();
  expect(await once(server, (redis) => redis.get('k'))).toBe(expected);
});

it('answers nothing while frozen', async () => {
  const server = await start(false);
  const redis = new Redis(server.url);
  try {
    await redis.ping();
    server.freeze();
    const answer = redis.ping().then(() => 'answered');
    const timeout = new Promise((resolve) => setTimeout(resolve, 200, 'silent'));
    expect(await Promise.race([answer, timeout])).toBe('silent');
    server.thaw();
    expect(await answer).toBe('answered');
  } finally {
    redis.disconnect();
  }
});

it('stops also while frozen and leaves no process', async () => {
  const server = await start(false);
  const { pid } = server;
  server.freeze();
  await server.stop();
  expect(isAlive(pid)).toBe(false);
});
