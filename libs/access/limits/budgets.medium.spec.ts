import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CacheRedis } from '#platform';
import { startRedis, type TestRedis } from '#testing';
import { Budgets } from './budgets.js';
import { addressTracker, tokenTracker } from './trackers.js';

Logger.overrideLogger(false);

let server: TestRedis;
let raw: Redis;
const processes: { budgets: Budgets; redis: CacheRedis }[] = [];

beforeAll(async () => {
  server = await startRedis();
  raw = new Redis(server.url);
  raw.on('error', () => undefined);
});
afterAll(async () => {
  raw.disconnect();
  await server.stop();
});
afterEach(async () => {
  for (const { budgets, redis } of processes.splice(0)) {
    budgets.onApplicationShutdown();
    redis.onApplicationShutdown();
  }
  await raw.flushall();
});

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error('It did not come about in time');
    await delay(10);
  }
}

/** What one process of several has. */
async function start(limit: number) {
  const redis = new CacheRedis(server.url);
  const one = { budgets: new Budgets(limit, redis), redis };
  processes.push(one);
  await until(() => redis.connected);
  return one;
}

const ONE = tokenTracker('one');

function take(budgets: Budgets, times: number): number {
  let allowed = 0;
  for (let i = 0; i < times; i++) if (budgets.take(ONE).allowed) allowed++;
  return allowed;
}

describe('several processes', () => {
  it('share one budget, and overshoot it by no more than was let through between two exchanges', async () => {
    const limit = 100;
    const perRound = 10;
    const all = [await start(limit), await start(limit), await start(limit)];
    let allowed = 0;
    for (let round = 0; round < 20; round++) {
      for (const { budgets } of all) allowed += take(budgets, perRound);
      await Promise.all(all.map(({ budgets }) => budgets.exchange()));
      // The first of them to be answered did not hear of the last.
      await Promise.all(all.map(({ budgets }) => budgets.exchange()));
    }
    expect(allowed).toBeGreaterThanOrEqual(limit);
    expect(allowed).toBeLessThanOrEqual(limit + (all.length - 1) * perRound);
  });

  it('hear of each other by themselves', async () => {
    const [one, two] = [await start(50), await start(50)];
    expect(take(one.budgets, 50)).toBe(50);
    // Asking takes nothing once the other has heard, and next to nothing before.
    await until(() => !two.budgets.take(ONE).allowed);
    expect(Number(await raw.get(`strisk:budget:${ONE}`))).toBeGreaterThanOrEqual(50);
  });

  it('end the window together', async () => {
    const [one, two] = [await start(10), await start(10)];
    expect(take(one.budgets, 10)).toBe(10);
    await one.budgets.exchange();
    // As if most of the minute had passed.
    await raw.pexpire(`strisk:budget:${ONE}`, 1_500);
    take(two.budgets, 1);
    await two.budgets.exchange();
    const refused = two.budgets.take(ONE);
    expect([refused.allowed, refused.resetSeconds]).toEqual([false, 2]);
    await until(() => two.budgets.take(ONE).allowed);
    await two.budgets.exchange();
    expect(two.budgets.take(ONE).allowed).toBe(true);
  });

  it('tell Redis nothing of what was refused, and of many callers at once', async () => {
    const { budgets } = await start(1);
    for (let i = 0; i < 2_000; i++) budgets.take(addressTracker(`10.0.${i >> 8}.${i & 255}`));
    take(budgets, 1_000);
    const before = await calls();
    await budgets.exchange();
    expect((await calls()) - before).toBeLessThanOrEqual(5);
    expect(await raw.get(`strisk:budget:${ONE}`)).toBe('1');
    expect(await raw.dbsize()).toBe(2_001);
    const quiet = await calls();
    take(budgets, 1_000);
    await budgets.exchange();
    expect(await calls()).toBe(quiet);
  });
});

/** Scripts that Redis has run. */
async function calls(): Promise<number> {
  return Number(/cmdstat_eval:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1] ?? 0);
}

describe('with Redis away', () => {
  it('each process counts for itself, and goes on with the others when it is back', async () => {
    const [one, two] = [await start(100), await start(100)];
    expect(take(one.budgets, 30)).toBe(30);
    await one.budgets.exchange();
    await server.kill();
    try {
      await until(() => !one.redis.connected && !two.redis.connected);
      // Nobody is let through without bound, and nobody is turned away because Redis is gone.
      expect(take(one.budgets, 200)).toBe(70);
      expect(take(two.budgets, 200)).toBe(100);
    } finally {
      await server.start();
    }
    await until(() => one.redis.connected && two.redis.connected);
    await Promise.all([one, two].map(({ budgets }) => budgets.exchange()));
    // What was counted in the meantime is told, and nobody's count is lost with Redis' own.
    await until(async () => Number(await raw.get(`strisk:budget:${ONE}`)) >= 170);
    expect([take(one.budgets, 5), take(two.budgets, 5)]).toEqual([0, 0]);
    const three = await start(100);
    take(three.budgets, 1);
    await three.budgets.exchange();
    expect(take(three.budgets, 5)).toBe(0);
  });

  it('a Redis that is frozen keeps nobody waiting, and has counted nothing twice when it thaws', async () => {
    const [one] = [await start(1_000)];
    take(one.budgets, 10);
    await one.budgets.exchange();
    server.freeze();
    try {
      for (let i = 0; i < 6; i++) {
        take(one.budgets, 10);
        await one.budgets.exchange();
      }
    } finally {
      server.thaw();
    }
    await until(() => one.redis.connected);
    await until(async () => {
      take(one.budgets, 1);
      await one.budgets.exchange();
      return one.redis.connected && Number(await raw.get(`strisk:budget:${ONE}`)) >= 70;
    });
    const { remaining } = one.budgets.take(ONE);
    const counted = 1_000 - remaining;
    expect(Number(await raw.get(`strisk:budget:${ONE}`))).toBeLessThanOrEqual(counted);
    expect(counted).toBeLessThan(100);
  });

  it('what somebody else has put under the key harms nobody', async () => {
    const { budgets } = await start(5);
    await raw.lpush(`strisk:budget:${ONE}`, 'x');
    expect(take(budgets, 3)).toBe(3);
    await budgets.exchange();
    expect(take(budgets, 3)).toBe(2);
  });
});
