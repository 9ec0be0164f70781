import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestStores, startRedis, type TestRedis, type TestStores } from '#testing';
import { Bus } from '../bus/bus.js';
import { PostgresTransport } from '../bus/postgres-transport.js';
import { RedisTransport } from '../bus/redis-transport.js';
import { CacheRedis } from '../redis/cache-redis.js';
import type { Lease } from './lease.js';
import { Locks } from './locks.js';

Logger.overrideLogger(false);

let stores: TestStores;
let server: TestRedis;
beforeAll(async () => {
  [stores, server] = await Promise.all([openTestStores({ postgresMigrations: [] }), startRedis()]);
  await stores.postgres.query(`CREATE TABLE written (name text, token bigint)`);
});
afterAll(async () => {
  await Promise.all([stores.close(), server.stop()]);
});

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`Not in time: ${what}`);
    await delay(5);
  }
}

/** What an error of the registry says, or `none`. */
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code,
  );

interface Process {
  locks: Locks;
  postgres: DataSource;
  close(): Promise<void>;
}

const opened: Process[] = [];

/** A pool, a bus and a Redis client of its own, as each process has them. */
async function open(withRedis: boolean): Promise<Process> {
  const postgres = await stores.connect(4);
  const redis = new CacheRedis(withRedis ? server.url : undefined);
  const bus = new Bus(
    redis.client ? new RedisTransport(redis, redis.client) : new PostgresTransport(stores.postgresUrl),
  );
  await until('the bus', () => bus.connected && (!withRedis || redis.connected));
  const one: Process = {
    locks: new Locks(postgres, redis, bus),
    postgres,
    close: async () => {
      await bus.onApplicationShutdown();
      redis.onApplicationShutdown();
      if (postgres.isInitialized) await postgres.destroy();
    },
  };
  opened.push(one);
  return one;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

const write = ({ postgres }: Process, lease: Lease) =>
  postgres.transaction(async (manager) => {
    await lease.guard(manager);
    await manager.query(`INSERT INTO written VALUES ($1, $2)`, [lease.name, String(lease.token)]);
  });

/** Holds a name until it is told to end, and says what became of it. */
async function hold({ locks }: Process, name: string, ttlMs = 30_000) {
  const held = Promise.withResolvers<Lease>();
  const gate = Promise.withResolvers<void>();
  const done = locks.withLock(name, { ttlMs, waitMs: 0 }, async (lease) => {
    held.resolve(lease);
    await gate.promise;
  });
  done.catch(held.reject);
  return { lease: await held.promise, end: () => (gate.resolve(), done) };
}

describe.each([
  ['with PostgreSQL alone', false],
  ['with Redis before it', true],
])('a lock %s', (_, withRedis) => {
  let names = 0;
  const newName = () => `${withRedis ? 'redis' : 'postgres'}-${names++}`;

  it('has one holder at a time over processes, and its tokens rise from each to the next', async () => {
    const name = newName();
    const processes = await Promise.all(Array.from({ length: 3 }, () => open(withRedis)));
    const tokens: bigint[] = [];
    let inside = 0;
    const turns = processes.flatMap((process) =>
      Array.from({ length: 15 }, () =>
        process.locks.withLock(name, { ttlMs: 10_000, waitMs: 20_000 }, async (lease) => {
          expect(++inside).toBe(1);
          tokens.push(lease.token);
          await write(process, lease);
          inside--;
        }),
      ),
    );
    await Promise.all(turns);
    expect(tokens).toEqual(Array.from({ length: 45 }, (_, i) => BigInt(i + 1)));
    const rows = await stores.postgres.query<unknown[]>(`SELECT 1 FROM written WHERE name = $1`, [name]);
    expect(rows).toHaveLength(45);
  });

  it('is given up at once where nobody is to be waited for, and after the wait otherwise', async () => {
    const name = newName();
    const [one, other] = [await open(withRedis), await open(withRedis)];
    const holder = await hold(one, name);
    const never = () => Promise.reject(new Error('two holders'));
    expect(await codeOf(other.locks.withLock(name, { ttlMs: 1_000, waitMs: 0 }, never))).toBe('LOCK_BUSY');
    const start = performance.now();
    expect(await codeOf(other.locks.withLock(name, { ttlMs: 1_000, waitMs: 200 }, never))).toBe('LOCK_BUSY');
    expect(performance.now() - start).toBeGreaterThanOrEqual(195);
    await holder.end();
  });

  it('is handed on when it is released, not when it would have expired', async () => {
    const name = newName();
    const [one, other] = [await open(withRedis), await open(withRedis)];
    const holder = await hold(one, name);
    const next = other.locks.withLock(name, { ttlMs: 30_000, waitMs: 10_000 }, (lease) => Promise.resolve(lease.token));
    await holder.end();
    const released = performance.now();
    expect(await next).toBe(holder.lease.token + 1n);
    // The expiry is 30 s away; what is measured is the word of the release, or the look a second later at the latest.
    expect(performance.now() - released).toBeLessThan(3_000);
  });

  it('stops waiting when its caller does', async () => {
    const name = newName();
    const [one, other] = [await open(withRedis), await open(withRedis)];
    const holder = await hold(one, name);
    const stop = new AbortController();
    const waiting = other.locks.withLock(name, { ttlMs: 1_000, waitMs: 60_000, signal: stop.signal }, () =>
      Promise.resolve(),
    );
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await holder.end();
  });

  it('is released by work that fails, whose error goes on', async () => {
    const name = newName();
    const one = await open(withRedis);
    const failing = one.locks.withLock(name, { ttlMs: 30_000, waitMs: 0 }, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    const again = await hold(one, name);
    await again.end();
  });

  it('outlasts its time while its holder lives', async () => {
    const name = newName();
    const [one, other] = [await open(withRedis), await open(withRedis)];
    const holder = await hold(one, name, 900);
    const until = performance.now() + 1_900;
    while (performance.now() < until)
      expect(
        await codeOf(other.locks.withLock(name, { ttlMs: 900, waitMs: 50 }, () => Promise.reject(new Error('two')))),
      ).toBe('LOCK_BUSY');
    expect(holder.lease.signal.aborted).toBe(false);
    await write(one, holder.lease);
    await holder.end();
  });

  it('of a holder that cannot renew it goes to another, and the first one is told and cannot write', async () => {
    const name = newName();
    const [one, other] = [await open(withRedis), await open(withRedis)];
    const holder = await hold(one, name, 300);
    const { signal } = holder.lease;
    const told = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await one.postgres.destroy();
    const token = await other.locks.withLock(name, { ttlMs: 5_000, waitMs: 10_000 }, async (lease) => {
      await told;
      await write(other, lease);
      return lease.token;
    });
    expect(token).toBe(holder.lease.token + 1n);
    expect(signal.reason).toMatchObject({ code: 'LOCK_LOST' });
    expect(await codeOf(write(other, holder.lease))).toBe('LOCK_LOST');
    await holder.end();
    const rows = await stores.postgres.query<unknown[]>(`SELECT token FROM written WHERE name = $1`, [name]);
    expect(rows).toEqual([{ token: String(token) }]);
  });

  it('cannot be taken while a write that it guards is not committed, also when it expires in the middle', async () => {
    const name = newName();
    const [one, other] = [await open(withRedis), await open(withRedis)];
    const holder = await hold(one, name, 400);
    const order: string[] = [];
    const guarded = Promise.withResolvers<void>();
    const writing = one.postgres.transaction(async (manager) => {
      await holder.lease.guard(manager);
      guarded.resolve();
      // By its own reckoning the lease is over before the commit; the row is held until then.
      while (!holder.lease.signal.aborted) await manager.query(`SELECT pg_sleep(0.05)`);
      await manager.query(`SELECT pg_sleep(0.2)`);
      order.push('written');
    });
    await guarded.promise;
    const next = other.locks.withLock(name, { ttlMs: 5_000, waitMs: 20_000 }, () => {
      order.push('taken');
      return Promise.resolve();
    });
    await Promise.all([writing, next]);
    expect(order).toEqual(['written', 'taken']);
    await holder.end();
  });
});

describe('Redis before the lock', () => {
  it('spares PostgreSQL the contenders', async () => {
    const [one, other] = [await open(true), await open(true)];
    const holder = await hold(one, 'spared');
    let asked = 0;
    const query = other.postgres.query.bind(other.postgres);
    other.postgres.query = ((...args: Parameters<typeof query>) => (asked++, query(...args))) as typeof query;
    for (let i = 0; i < 50; i++)
      expect(await codeOf(other.locks.withLock('spared', { ttlMs: 1_000, waitMs: 0 }, () => Promise.resolve()))).toBe(
        'LOCK_BUSY',
      );
    expect(asked).toBe(0);
    await holder.end();
  });

  it('lets nobody in when it is killed, emptied or started again in the middle', async () => {
    const [one, other] = [await open(true), await open(true)];
    const holder = await hold(one, 'redis dies', 2_000);
    const busy = () => codeOf(other.locks.withLock('redis dies', { ttlMs: 2_000, waitMs: 0 }, () => Promise.resolve()));
    expect(await busy()).toBe('LOCK_BUSY');
    await server.kill();
    for (let i = 0; i < 5; i++) expect(await busy()).toBe('LOCK_BUSY');
    await write(one, holder.lease);
    await server.start();
    // Its memory is gone; PostgreSQL's is not.
    for (let i = 0; i < 5; i++) expect(await busy()).toBe('LOCK_BUSY');
    expect(holder.lease.signal.aborted).toBe(false);
    await holder.end();
    expect(
      await other.locks.withLock('redis dies', { ttlMs: 2_000, waitMs: 10_000 }, (lease) =>
        Promise.resolve(lease.token),
      ),
    ).toBe(holder.lease.token + 1n);
  });

  it('delays no longer than a lease when it claims what is not so', async () => {
    const one = await open(true);
    const redis = new CacheRedis(server.url);
    await until('a second client', () => redis.connected);
    await redis.run('set', (client) => client.set('lease:a lie', 'nobody', 'PX', 400));
    const start = performance.now();
    await one.locks.withLock('a lie', { ttlMs: 1_000, waitMs: 10_000 }, () => Promise.resolve());
    expect(performance.now() - start).toBeGreaterThan(300);
    redis.onApplicationShutdown();
  });
});
