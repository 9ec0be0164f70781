import { setImmediate as tick } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bus } from '../bus/bus.js';
import type { Transport, TransportListener } from '../bus/transport.js';
import { RequestContext, requestContext, runInContext } from '../http/request-context.js';
import { CacheRedis } from '../redis/cache-redis.js';
import { Cache, doNotKeep } from './cache.js';
import { cacheDefinitions, defineCache } from './define-cache.js';

Logger.overrideLogger(false);

/** The way to other processes, of which there are none here, that can be cut and mended. */
class Wire implements Transport {
  readonly kind = 'redis';
  connected = true;
  private listener: TransportListener | undefined;

  open(listener: TransportListener): void {
    this.listener = listener;
    listener.connected();
  }

  cut(): void {
    this.connected = false;
    this.listener?.disconnected();
  }

  mend(): void {
    this.connected = true;
    this.listener?.connected();
  }

  hear(channel: string, message: string): void {
    this.listener?.received(JSON.stringify(['another process', channel, message]));
  }

  send(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const numbers = defineCache<number>({ name: 'spec-numbers', ttlMs: 60_000, staleMs: 600_000, sizeOf: () => 8 });
const hard = defineCache<number>({ name: 'spec-hard', ttlMs: 60_000, staleMs: 0, sizeOf: () => 8 });
const lasting = defineCache<number>({ name: 'spec-lasting', ttlMs: Infinity, staleMs: 0, sizeOf: () => 8 });

let wire: Wire;
let bus: Bus;
let cache: Cache;
const redis = new CacheRedis(undefined);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  wire = new Wire();
  bus = new Bus(wire);
  cache = new Cache(redis, bus, 1024 * 1024);
});
afterEach(async () => {
  vi.useRealTimers();
  await cache.onApplicationShutdown();
  await bus.onApplicationShutdown();
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const value = (n: number) => () => Promise.resolve(n);
const never = () => Promise.reject(new Error('no load was to be'));

/** A load that ends when it is told to. */
function held<T>() {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const load = vi.fn<() => Promise<T>>(() => promise);
  return { load, resolve, reject };
}

describe('a definition', () => {
  it('has a name of its own', () => {
    expect(() => defineCache({ ...numbers })).toThrow('two caches');
    expect(() => defineCache({ ...numbers, name: 'Not A Name' })).toThrow('not a name');
    expect(cacheDefinitions().map(({ name }) => name)).toEqual(['spec-hard', 'spec-lasting', 'spec-numbers']);
  });
});

describe('getOrLoad', () => {
  it('loads once and then answers from memory, by reference', async () => {
    const first = await cache.getOrLoad(numbers, 'k', {}, value(1));
    expect(first).toEqual({ value: 1, state: 'MISS', storedAt: Date.now() });
    pass(1_000);
    expect(await cache.getOrLoad(numbers, 'k', {}, never)).toEqual({ ...first, state: 'HIT' });
    expect(cache.peek(numbers, 'k')).toMatchObject({ value: 1, storedAt: first.storedAt });
    expect(cache.peek(hard, 'k')).toBeUndefined();
    expect(cache.statisticsOf(numbers)).toMatchObject({ misses: 1, memoryHits: 2, loads: 1, entries: 1 });
  });

  it('loads once for a thousand who ask at the same time', async () => {
    const { load, resolve } = held<number>();
    const asked = Array.from({ length: 1_000 }, () => cache.getOrLoad(numbers, 'k', {}, load));
    resolve(5);
    expect(new Set((await Promise.all(asked)).map((answer) => answer.value))).toEqual(new Set([5]));
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('keeps no error and tells it to all who waited', async () => {
    const { load, reject } = held<number>();
    const asked = [1, 2, 3].map(() => cache.getOrLoad(numbers, 'k', {}, load));
    reject(new Error('broken'));
    for (const one of await Promise.allSettled(asked)) expect(one).toMatchObject({ reason: { message: 'broken' } });
    expect(load).toHaveBeenCalledTimes(1);
    expect((await cache.getOrLoad(numbers, 'k', {}, value(2))).value).toBe(2);
    expect(cache.statisticsOf(numbers)).toMatchObject({ loads: 2, loadFailures: 1 });
  });

  it('keeps nothing that is not to be kept, and drops the old value for it', async () => {
    expect((await cache.getOrLoad(numbers, 'k', {}, () => Promise.resolve(doNotKeep(1)))).value).toBe(1);
    expect(cache.peek(numbers, 'k')).toBeUndefined();
    await cache.getOrLoad(numbers, 'k', {}, value(2));
    pass(100_000);
    // The old one serves this once; then it is known that it is not the answer any more.
    expect(await cache.getOrLoad(numbers, 'k', {}, () => Promise.resolve(doNotKeep(3)))).toMatchObject({
      value: 2,
      state: 'STALE',
    });
    await tick();
    expect(await cache.getOrLoad(numbers, 'k', {}, value(4))).toMatchObject({ value: 4, state: 'MISS' });
  });

  it('lets a caller leave at its deadline while the load goes on for the others', async () => {
    const { load, resolve } = held<number>();
    const leaving = new RequestContext('leaving');
    const gone = runInContext(leaving, () => cache.getOrLoad(numbers, 'k', {}, load));
    const staying = runInContext(new RequestContext('staying'), () => cache.getOrLoad(numbers, 'k', {}, load));
    leaving.abandon();
    await expect(gone).rejects.toThrow('The client has gone');
    resolve(7);
    expect((await staying).value).toBe(7);
    expect(cache.peek(numbers, 'k')?.value).toBe(7);
  });

  it('gives the load a context of its own, with the caller’s id and namespace', async () => {
    const caller = Object.assign(new RequestContext('abc'), { namespaceId: 'toronto' });
    const seen = await runInContext(caller, () =>
      cache.getOrLoad(numbers, 'k', {}, (signal) => {
        const own = requestContext();
        expect([own?.requestId, own?.namespaceId]).toEqual(['abc', 'toronto']);
        expect(own).not.toBe(caller);
        expect(signal).toBe(own?.signal);
        return Promise.resolve(1);
      }),
    );
    expect(seen.value).toBe(1);
  });
});

describe('an old value', () => {
  it('serves while a new one is made, by one load', async () => {
    await cache.getOrLoad(numbers, 'k', {}, value(1));
    pass(70_000);
    expect(cache.peek(numbers, 'k')).toBeUndefined();
    const { load, resolve } = held<number>();
    for (let i = 0; i < 5; i++)
      expect(await cache.getOrLoad(numbers, 'k', {}, load)).toMatchObject({ value: 1, state: 'STALE' });
    resolve(2);
    await tick();
    expect(load).toHaveBeenCalledTimes(1);
    expect(await cache.getOrLoad(numbers, 'k', {}, never)).toMatchObject({ value: 2, state: 'HIT' });
  });

  it('serves while none can be made, and asks again after a pause', async () => {
    await cache.getOrLoad(numbers, 'k', {}, value(1));
    pass(70_000);
    const fail = vi.fn<() => Promise<number>>(() => Promise.reject(new Error('away')));
    for (let i = 0; i < 5; i++) {
      expect((await cache.getOrLoad(numbers, 'k', {}, fail)).state).toBe('STALE');
      await tick();
    }
    expect(fail).toHaveBeenCalledTimes(1);
    pass(1_100);
    await cache.getOrLoad(numbers, 'k', {}, fail);
    await tick();
    expect(fail).toHaveBeenCalledTimes(2);
    // Beyond its second life it is no answer any more.
    pass(700_000);
    await expect(cache.getOrLoad(numbers, 'k', {}, fail)).rejects.toThrow('away');
  });

  it('serves not at all where its cache says so', async () => {
    await cache.getOrLoad(hard, 'k', {}, value(1));
    pass(70_000);
    expect(await cache.getOrLoad(hard, 'k', {}, value(2))).toMatchObject({ value: 2, state: 'MISS' });
  });

  it('is made anew before its end, at once for the one who finds it due and for nobody else', async () => {
    await cache.getOrLoad(
      hard,
      'k',
      {},
      () =>
        new Promise((done) => {
          // The load takes its time by the clock that measures loads.
          const until = performance.now() + 20;
          while (performance.now() < until);
          done(1);
        }),
    );
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.999_999);
    try {
      // Within 19 load times of the end at the latest, whatever the jitter was; at the start far from it.
      expect(cache.peek(hard, 'k')?.value).toBe(1);
      let due = 0;
      for (let i = 0; i < 700 && due === 0; i++) {
        pass(100);
        if (cache.peek(hard, 'k') === undefined) due = i;
      }
      expect(due).toBeGreaterThan(500);
      const { load, resolve } = held<number>();
      expect(await cache.getOrLoad(hard, 'k', {}, load)).toMatchObject({ value: 1, state: 'HIT' });
      expect(load).toHaveBeenCalledTimes(1);
      expect(cache.peek(hard, 'k')?.value).toBe(1);
      resolve(2);
      await tick();
      expect(cache.peek(hard, 'k')?.value).toBe(2);
    } finally {
      random.mockRestore();
    }
  });
});

describe('invalidation', () => {
  it('makes dead at once what lies behind any of the tags, and nothing else', async () => {
    await cache.getOrLoad(lasting, 'ab', { tags: ['a', 'b', 'a'] }, value(1));
    await cache.getOrLoad(lasting, 'b', { tags: ['b'] }, value(2));
    await cache.getOrLoad(lasting, 'none', {}, value(3));
    void cache.invalidate('a', 'unknown');
    expect(['ab', 'b', 'none'].map((key) => cache.peek(lasting, key)?.value)).toEqual([undefined, 2, 3]);
    expect(await cache.getOrLoad(lasting, 'ab', { tags: ['a', 'b'] }, value(4))).toMatchObject({ state: 'MISS' });
  });

  it('comes from other processes too', async () => {
    await cache.getOrLoad(lasting, 'k', { tags: ['a'] }, value(1));
    wire.hear('cache.invalidated', '["x","a"]');
    expect(cache.peek(lasting, 'k')).toBeUndefined();
    wire.hear('cache.invalidated', 'garbage');
    wire.hear('cache.invalidated', '{"a":1}');
  });

  it('leaves nothing of a load that it overtook', async () => {
    const old = held<number>();
    const before = cache.getOrLoad(lasting, 'k', { tags: ['a'] }, old.load);
    await cache.invalidate('a');
    // Who asks now must not get what was read before the change.
    const after = cache.getOrLoad(lasting, 'k', { tags: ['a'] }, value(2));
    expect(await after).toMatchObject({ value: 2, state: 'MISS' });
    old.resolve(1);
    expect((await before).value).toBe(1);
    expect(cache.peek(lasting, 'k')?.value).toBe(2);
    expect(await cache.getOrLoad(lasting, 'k', { tags: ['a'] }, never)).toMatchObject({ value: 2 });
  });

  it('never lets an old value serve instead', async () => {
    await cache.getOrLoad(numbers, 'k', { tags: ['a'] }, value(1));
    pass(70_000);
    await cache.invalidate('a');
    await expect(cache.getOrLoad(numbers, 'k', { tags: ['a'] }, never)).rejects.toThrow('no load was to be');
  });

  it('takes any number of tags of any characters', async () => {
    const tags = Array.from({ length: 500 }, (_, i) => `tag\n"${i}"\u0001 é`);
    await cache.getOrLoad(lasting, 'k', { tags: [tags[499]!] }, value(1));
    await cache.invalidate(...tags);
    expect(cache.peek(lasting, 'k')).toBeUndefined();
  });
});

describe('without word of other processes', () => {
  it('a value is old after half a minute, and serves only while there is no new one', async () => {
    await cache.getOrLoad(lasting, 'k', {}, value(1));
    wire.cut();
    pass(29_000);
    expect(cache.peek(lasting, 'k')?.value).toBe(1);
    pass(2_000);
    expect(cache.peek(lasting, 'k')).toBeUndefined();
    expect(await cache.getOrLoad(lasting, 'k', {}, never)).toMatchObject({ value: 1, state: 'STALE' });
    await tick();
    pass(1_100);
    expect(await cache.getOrLoad(lasting, 'k', {}, value(2))).toMatchObject({ value: 1, state: 'STALE' });
    await tick();
    expect(cache.peek(lasting, 'k')?.value).toBe(2);
  });

  it('everything is forgotten when it is heard again, loads under way included', async () => {
    await cache.getOrLoad(lasting, 'k', {}, value(1));
    const { load, resolve } = held<number>();
    const loading = cache.getOrLoad(lasting, 'l', {}, load);
    wire.cut();
    wire.mend();
    expect(cache.peek(lasting, 'k')).toBeUndefined();
    expect(cache.memoryUse.entries).toBe(0);
    resolve(1);
    await loading;
    expect(cache.peek(lasting, 'l')).toBeUndefined();
  });
});

describe('warmers', () => {
  it('run at the start and for their tags, one run at a time', async () => {
    const runs: (readonly string[])[] = [];
    let gate = Promise.withResolvers<void>();
    cache.warm({
      name: 'spec',
      tagPrefix: 'surface:',
      run: (tags) => {
        runs.push(tags);
        return gate.promise;
      },
    });
    cache.warm({ name: 'failing', tagPrefix: 'surface:', run: () => Promise.reject(new Error('cold')) });
    expect(runs).toEqual([]);
    cache.onApplicationBootstrap();
    expect(runs).toEqual([[]]);
    await cache.invalidate('surface:a');
    await cache.invalidate('surface:b', 'other');
    await cache.invalidate('surface:a', 'unrelated');
    expect(runs).toHaveLength(1);
    gate.resolve();
    await tick();
    expect(runs).toEqual([[], ['surface:a', 'surface:b']]);
    gate = Promise.withResolvers();
    wire.hear('cache.invalidated', '["surface:c"]');
    await tick();
    expect(runs.at(-1)).toEqual(['surface:c']);
    gate.resolve();
  });
});

it('tells Prometheus what it counted', async () => {
  await cache.getOrLoad(numbers, 'k', {}, value(1));
  cache.peek(numbers, 'k');
  cache.peek(numbers, 'k');
  const text = await register.metrics();
  expect(text).toContain('strisk_cache_hits_total{cache="spec-numbers",level="memory"} 2');
  expect(text).toContain('strisk_cache_hits_total{cache="spec-numbers",level="redis"} 0');
  expect(text).toContain('strisk_cache_misses_total{cache="spec-numbers"} 1');
  expect(text).toContain('strisk_cache_loads_total{cache="spec-numbers"} 1');
  expect(text).toContain('strisk_cache_entries{cache="spec-numbers"} 1');
  expect(text).toContain('strisk_cache_load_seconds_count{cache="spec-numbers"} 1');
  // Asked for again it counts nothing twice.
  expect(await register.metrics()).toContain('strisk_cache_hits_total{cache="spec-numbers",level="memory"} 2');
});
