import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startRedis, type TestRedis } from '#testing';
import { Bus } from '../bus/bus.js';
import { RedisTransport } from '../bus/redis-transport.js';
import { CacheRedis } from '../redis/cache-redis.js';
import { Cache, doNotKeep } from './cache.js';
import { defineCache } from './define-cache.js';

Logger.overrideLogger(false);

const text = {
  codec: { encode: (value: string) => value, decode: (value: string) => value },
  sizeOf: (value: string) => 2 * value.length,
};
const shared = defineCache<string>({ name: 'spec-shared', ttlMs: Infinity, staleMs: 0, ...text });
const aging = defineCache<string>({ name: 'spec-aging', ttlMs: 300, staleMs: 60_000, ...text });
const local = defineCache<string>({ name: 'spec-local', ttlMs: Infinity, staleMs: 0, sizeOf: () => 8 });

let server: TestRedis;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error('It did not come about in time');
    await delay(10);
  }
}

/** What a process of its own has: connections, bus and cache. */
async function open() {
  const redis = new CacheRedis(server.url);
  const bus = new Bus(new RedisTransport(redis, redis.client!));
  const cache = new Cache(redis, bus, 64 * 1024 * 1024);
  closers.push(async () => {
    await cache.onApplicationShutdown();
    await bus.onApplicationShutdown();
    redis.onApplicationShutdown();
  });
  await until(() => redis.serverId !== undefined && bus.connected);
  return { redis, bus, cache };
}

function raw(): Redis {
  const client = new Redis(server.url, { maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  closers.push(() => client.disconnect());
  return client;
}

const value = (text: string) => () => Promise.resolve(text);
const never = () => Promise.reject(new Error('no load was to be'));

/** The value lies in Redis, where writing it goes on after the answer. */
async function written(key: string): Promise<void> {
  const client = raw();
  await until(async () => (await client.keys(`strisk:cache:*:v:*:${key}`)).length > 0);
}

describe('two processes', () => {
  it('share what one of them loaded', async () => {
    const [one, two] = [await open(), await open()];
    const odd = '_date_2020 "quoted"\n\u0000 é 😀';
    const first = await one.cache.getOrLoad(shared, 'share', { tags: ['s'] }, value(odd));
    await written('share');
    const second = await two.cache.getOrLoad(shared, 'share', { tags: ['s'] }, never);
    expect(second).toEqual({ value: odd, storedAt: first.storedAt, state: 'HIT' });
    expect(two.cache.peek(shared, 'share')?.value).toBe(odd);
    expect(two.cache.statisticsOf(shared)).toMatchObject({ redisHits: 1, misses: 0, loads: 0 });
  });

  it('keep apart what has no codec', async () => {
    const [one, two] = [await open(), await open()];
    await one.cache.getOrLoad(local, 'apart', {}, value('one'));
    expect((await two.cache.getOrLoad(local, 'apart', {}, value('two'))).value).toBe('two');
    expect(await raw().keys('*spec-local*')).toEqual([]);
  });

  it('load once together, also those who come while it goes on', async () => {
    const [one, two] = [await open(), await open()];
    const load = vi.fn<() => Promise<string>>(() => delay(600, 'loaded'));
    const asked = [one, two].flatMap(({ cache }) =>
      Array.from({ length: 100 }, (_, i) => delay(i * 5).then(() => cache.getOrLoad(shared, 'once', {}, load))),
    );
    const answers = await Promise.all(asked);
    expect(answers.every((answer) => answer.value === 'loaded')).toBe(true);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('each try for themselves where the other failed or keeps nothing', async () => {
    const [one, two] = [await open(), await open()];
    const failing = one.cache.getOrLoad(shared, 'fails', {}, async () => {
      await delay(200);
      throw new Error('mine');
    });
    await delay(50);
    const other = two.cache.getOrLoad(shared, 'fails', {}, value('good'));
    await expect(failing).rejects.toThrow('mine');
    expect((await other).value).toBe('good');
    const unkept = one.cache.getOrLoad(shared, 'unkept', {}, () => delay(200, doNotKeep('nothing')));
    await delay(50);
    expect((await two.cache.getOrLoad(shared, 'unkept', {}, value('own'))).value).toBe('own');
    expect((await unkept).value).toBe('nothing');
  });

  it('make an old value new once, while both serve the old one', async () => {
    const [one, two] = [await open(), await open()];
    await one.cache.getOrLoad(aging, 'old', {}, value('old'));
    await written('old');
    await two.cache.getOrLoad(aging, 'old', {}, never);
    await delay(350);
    const load = vi.fn<() => Promise<string>>(() => delay(200, 'new'));
    const states = [];
    for (const { cache } of [one, two]) states.push((await cache.getOrLoad(aging, 'old', {}, load)).state);
    expect(states).toEqual(['STALE', 'STALE']);
    await until(async () =>
      (await Promise.all([one, two].map(({ cache }) => cache.getOrLoad(aging, 'old', {}, load)))).every(
        (answer) => answer.value === 'new',
      ),
    );
    // Its second life may have ended once more by now, not twice.
    expect(load.mock.calls.length).toBeLessThanOrEqual(2);
  });
});

describe('invalidation', () => {
  it('reaches the other process and the second level', async () => {
    const [one, two] = [await open(), await open()];
    await one.cache.getOrLoad(shared, 'inv', { tags: ['t:1', 't:2'] }, value('old'));
    await written('inv');
    await two.cache.getOrLoad(shared, 'inv', { tags: ['t:1', 't:2'] }, never);
    await two.cache.invalidate('t:2');
    await until(() => one.cache.peek(shared, 'inv') === undefined);
    const three = await open();
    for (const { cache } of [one, two, three])
      expect((await cache.getOrLoad(shared, 'inv', { tags: ['t:1', 't:2'] }, value('new'))).value).toBe('new');
  });

  it('overtakes a load of another process, in both levels', async () => {
    const [one, two] = [await open(), await open()];
    const loading = one.cache.getOrLoad(shared, 'race', { tags: ['r'] }, () => delay(400, 'before'));
    await delay(100);
    await two.cache.invalidate('r');
    // Who asks after the change does not wait for what was read before it.
    const after = await two.cache.getOrLoad(shared, 'race', { tags: ['r'] }, value('after'));
    expect(after.value).toBe('after');
    expect((await loading).value).toBe('before');
    await written('race');
    for (const { cache } of [one, two, await open()])
      expect((await cache.getOrLoad(shared, 'race', { tags: ['r'] }, never)).value).toBe('after');
  });

  it('is made good where Redis did not hear of it at the time', async () => {
    const [one, two] = [await open(), await open()];
    await one.cache.getOrLoad(shared, 'late', { tags: ['l'] }, value('old'));
    await written('late');
    await two.cache.getOrLoad(shared, 'late', { tags: ['l'] }, never);
    // Reads go on and writes do not: what was written before is still there for everybody to find.
    await raw().client('PAUSE', 2_000, 'WRITE');
    await one.cache.invalidate('l');
    expect((await one.cache.getOrLoad(shared, 'late', { tags: ['l'] }, value('new'))).value).toBe('new');
    await until(() => two.cache.peek(shared, 'late') === undefined);
    await until(async () => {
      const answer = await two.cache.getOrLoad(shared, 'late', { tags: ['l'] }, value('new'));
      return answer.value === 'new';
    });
    await delay(300);
    expect((await (await open()).cache.getOrLoad(shared, 'late', { tags: ['l'] }, value('new'))).value).toBe('new');
  });

  it('holds where Redis evicted or lost the names of tags', async () => {
    const [one, two] = [await open(), await open()];
    await one.cache.getOrLoad(shared, 'evicted', { tags: ['e'] }, value('old'));
    await written('evicted');
    const client = raw();
    await one.cache.invalidate('e');
    await client.del(await client.keys('strisk:cache:*:t:*'));
    expect((await two.cache.getOrLoad(shared, 'evicted', { tags: ['e'] }, value('new'))).value).toBe('new');
  });

  it('does not trust what a server brought back from its disk', async () => {
    const durable = await startRedis({ aof: true });
    closers.push(() => durable.stop());
    const own = server;
    server = durable;
    try {
      const one = await open();
      await one.cache.getOrLoad(shared, 'disk', { tags: ['d'] }, value('old'));
      await written('disk');
      await durable.kill();
      await until(() => !one.bus.connected && !one.redis.connected);
      await one.cache.invalidate('d');
      await durable.start();
      expect(await raw().keys('strisk:cache:*:v:*')).toHaveLength(1);
      const two = await open();
      expect((await two.cache.getOrLoad(shared, 'disk', { tags: ['d'] }, value('new'))).value).toBe('new');
    } finally {
      server = own;
    }
  });
});

it('reads nothing of what others or another version wrote', async () => {
  const one = await open();
  await one.cache.getOrLoad(shared, 'garbage', {}, value('good'));
  await written('garbage');
  const client = raw();
  const [key = ''] = await client.keys('strisk:cache:*:v:*:garbage');
  const garbage = ['', 'null', '"x"', '{"value":1}', '"[1,2]\\ntext"', '"_function_f|alert(1)"', '\u0000\u0001'];
  for (const [i, content] of garbage.entries()) {
    await client.set(`${key} ${i}`, content);
    const answer = await one.cache.getOrLoad(shared, `garbage ${i}`, {}, value('loaded'));
    expect(answer).toMatchObject({ value: 'loaded', state: 'MISS' });
  }
});

describe('Redis goes away under load', () => {
  /** Readers that ask on and on; none may fail, and the longest wait is told. */
  function readers(caches: Cache[]) {
    let [asked, longest, running] = [0, 0, true];
    const failures: unknown[] = [];
    const work = Array.from({ length: 16 }, async (_, n) => {
      for (let i = 0; running; i++) {
        const start = performance.now();
        const key = `load ${(n * 31 + i) % 400}`;
        try {
          await caches[n % caches.length]!.getOrLoad(aging, key, { tags: ['load'] }, () => delay(2, key));
        } catch (error) {
          failures.push(error);
        }
        asked++;
        longest = Math.max(longest, performance.now() - start);
        await delay(1);
      }
    });
    return {
      get asked() {
        return asked;
      },
      async stop() {
        running = false;
        await Promise.all(work);
        return { failures, longest };
      },
    };
  }

  it.each(['killed', 'frozen'])(
    '%s and back: no failed read, no long wait',
    async (how) => {
      const [one, two] = [await open(), await open()];
      const reading = readers([one.cache, two.cache]);
      await until(() => reading.asked > 500);
      for (let round = 0; round < 2; round++) {
        if (how === 'killed') await server.kill();
        else server.freeze();
        const before = reading.asked;
        await until(() => !one.redis.connected && reading.asked > before + 1_000);
        if (how === 'killed') await server.start();
        else server.thaw();
        await until(() => one.redis.connected && two.redis.connected && one.bus.connected);
        await one.cache.invalidate('load');
        const after = reading.asked;
        await until(() => reading.asked > after + 500);
      }
      const { failures, longest } = await reading.stop();
      expect(failures).toEqual([]);
      // Three commands of 400 ms each at the worst, on two busy cores.
      expect(longest).toBeLessThan(3_000);
      const hits = one.cache.statisticsOf(aging).redisHits;
      await until(async () => {
        await one.cache.getOrLoad(shared, 'after', { tags: ['load'] }, value('x'));
        await two.cache.getOrLoad(shared, 'after', { tags: ['load'] }, value('x'));
        return two.cache.statisticsOf(shared).redisHits + one.cache.statisticsOf(shared).redisHits > 0;
      });
      expect(hits).toBeGreaterThan(0);
    },
    60_000,
  );
});
