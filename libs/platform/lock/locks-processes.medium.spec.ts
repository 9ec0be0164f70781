import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Child, openTestStores, startRedis, type TestRedis, type TestStores } from '#testing';
import { Bus } from '../bus/bus.js';
import { PostgresTransport } from '../bus/postgres-transport.js';
import { CacheRedis } from '../redis/cache-redis.js';
import { Locks } from './locks.js';

/**
 * Takes the lock and writes under it again and again until it is refused, by a clock that jumps by SHIFT_MS at every look.
 * With PAUSE it waits that long in its first transaction, between the guard and the write.
 */
const PROGRAM = `
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
const { Bus } = await import(process.env.PLATFORM + 'bus/bus.ts');
const { PostgresTransport } = await import(process.env.PLATFORM + 'bus/postgres-transport.ts');
const { CacheRedis } = await import(process.env.PLATFORM + 'redis/cache-redis.ts');
const { Locks } = await import(process.env.PLATFORM + 'lock/locks.ts');
Logger.overrideLogger(false);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) { args.length === 0 ? super(Date.now()) : super(...args); }
  static now() { return RealDate.now() + Number(process.env.SHIFT_MS) * (Math.random() < 0.5 ? 1 : -1); }
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const postgres = await new DataSource({ type: 'postgres', url: process.env.POSTGRES, poolSize: 3 }).initialize();
postgres.driver.master.on('error', () => undefined);
const locks = new Locks(postgres, new CacheRedis(process.env.REDIS), new Bus(new PostgresTransport(process.env.POSTGRES)));
const { NAME: name, TTL_MS: ttl } = process.env;
const write = (lease, n) => postgres.transaction(async (manager) => {
  await lease.guard(manager);
  if (process.env.PAUSE && n === 0) {
    console.log('inside ' + lease.token);
    await pause(Number(process.env.PAUSE));
  }
  await manager.query('INSERT INTO written (name, token) VALUES ($1, $2)', [name, String(lease.token)]);
  if (n === 0) console.log('writing ' + lease.token);
});
for (let turn = 0; ; turn++) {
  try {
    await locks.withLock(name, { ttlMs: Number(ttl), waitMs: 60_000 }, async (lease) => {
      console.log('held ' + lease.token);
      lease.signal.addEventListener('abort', () => console.log('told ' + lease.token + ' ' + lease.signal.reason.code));
      for (let n = 0; n < Number(process.env.WRITES); n++)
        await write(lease, n).catch((error) => {
          // The server ends a transaction that was frozen; only a refusal says that the lock is another's.
          if (error.code === 'LOCK_LOST') throw error;
          console.log('broke ' + (error.code ?? error.message));
        });
    });
    console.log('ended');
    if (process.env.TURNS && turn + 1 >= Number(process.env.TURNS)) process.exit(0);
  } catch (error) {
    console.log('refused ' + (error.code ?? error.message));
    if (!process.env.TURNS) await pause(2 ** 30);
  }
}
`;

Logger.overrideLogger(false);

const PLATFORM = new URL('../', import.meta.url).href;
let stores: TestStores;
let redis: TestRedis;
const children: Child[] = [];

beforeAll(async () => {
  [stores, redis] = await Promise.all([openTestStores({ postgresMigrations: [] }), startRedis()]);
  await stores.postgres.query(`CREATE TABLE written (id bigserial, name text, token bigint)`);
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
});
afterAll(async () => {
  await Promise.all([stores.close(), redis.stop()]);
});

function start(name: string, env: Record<string, string>): Child {
  const child = new Child({
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
    env: { PLATFORM, POSTGRES: stores.postgresUrl, NAME: name, SHIFT_MS: '0', WRITES: '1000000', ...env },
  });
  children.push(child);
  return child;
}

async function said(child: Child, what: RegExp): Promise<string> {
  const match = await child.waitForOutput(String(what), 25_000, ({ stdout }) => what.exec(stdout) ?? undefined);
  return match[1] ?? '';
}

const tokensOf = async (name: string) =>
  (
    await stores.postgres.query<{ token: string }[]>(`SELECT token FROM written WHERE name = $1 ORDER BY id`, [name])
  ).map(({ token }) => Number(token));

/** Takes the lock in this process, writes, and lets `meanwhile` happen before it is given back. */
async function takeOver(name: string, ttlMs: number, meanwhile: () => Promise<void>): Promise<bigint> {
  const bus = new Bus(new PostgresTransport(stores.postgresUrl));
  const locks = new Locks(stores.postgres, new CacheRedis(undefined), bus);
  try {
    return await locks.withLock(name, { ttlMs, waitMs: 20_000 }, async (lease) => {
      await stores.postgres.transaction(async (manager) => {
        await lease.guard(manager);
        await manager.query(`INSERT INTO written (name, token) VALUES ($1, $2)`, [name, String(lease.token)]);
      });
      await meanwhile();
      return lease.token;
    });
  } finally {
    await bus.onApplicationShutdown();
  }
}

describe.each([
  ['whose clock is right', '0'],
  ['whose clock jumps by an hour', '3600000'],
])('a process %s', (_, SHIFT_MS) => {
  it('that was frozen beyond its lease wakes up, is told, and its writes are refused', async () => {
    const name = `frozen ${SHIFT_MS}`;
    const child = start(name, { TTL_MS: '1000', SHIFT_MS });
    await said(child, /^writing (\d+)$/m);
    child.signal('SIGSTOP');
    const frozenAt = await tokensOf(name);
    const token = await takeOver(name, 20_000, async () => {
      child.signal('SIGCONT');
      expect(await said(child, /^refused (\w+)$/m)).toBe('LOCK_LOST');
      expect(await said(child, /^told 1 (\w+)$/m)).toBe('LOCK_LOST');
    });
    expect(token).toBe(2n);
    const tokens = await tokensOf(name);
    // One write may have been on its way to the server when the process was frozen: it was committed under the lease.
    expect(tokens.filter((one) => one === 1).length - frozenAt.length).toBeLessThanOrEqual(1);
    expect(tokens.at(-1)).toBe(2);
  });
});

it('a process that is frozen in the middle of a guarded transaction does not hold the lock for ever', async () => {
  const child = start('inside', { TTL_MS: '1000', PAUSE: '50' });
  await said(child, /^inside (1)$/m);
  child.signal('SIGSTOP');
  await takeOver('inside', 20_000, async () => {
    child.signal('SIGCONT');
    await said(child, /^refused (.+)$/m);
  });
  const tokens = await tokensOf('inside');
  // Frozen a moment too late it may have written once; never after the other one.
  expect(tokens.indexOf(2)).toBe(tokens.length - 1);
});

it('processes that contend, with clocks hours apart and Redis killed in the middle, hold it in turn', async () => {
  const env = { TTL_MS: '5000', REDIS: redis.url, WRITES: '5', TURNS: '12' };
  const contenders = ['0', '7200000', '-7200000'].map((SHIFT_MS) => start('contended', { ...env, SHIFT_MS }));
  await Promise.all(contenders.map((child) => said(child, /^(held \d+)$/m)));
  await redis.kill();
  const ends = await Promise.all(contenders.map((child) => child.exit));
  await redis.start();
  expect(ends).toEqual(contenders.map(() => ({ code: 0, signal: null })));
  const tokens = await tokensOf('contended');
  // In one order without a return to an earlier holder: what stands there was written by one at a time.
  expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
  expect(tokens).toHaveLength(3 * 12 * 5);
  expect(new Set(tokens).size).toBe(36);
});
