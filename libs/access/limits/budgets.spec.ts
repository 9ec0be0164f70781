import { afterEach, describe, expect, it } from 'vitest';
import { CacheRedis } from '#platform';
import { budgetHeaders } from './budget-headers.js';
import { Budgets } from './budgets.js';
import { addressTracker, tokenTracker } from './trackers.js';
import { answered, count, newWindow, send, unanswered, usedOf, WINDOW_MS } from './window.js';

const NOW = Date.UTC(2026, 0, 1);
const ONE = tokenTracker('one');

const opened: Budgets[] = [];
afterEach(() => {
  for (const budgets of opened.splice(0)) budgets.onApplicationShutdown();
});

function alone(limit: number): Budgets {
  const budgets = new Budgets(limit, new CacheRedis(undefined));
  opened.push(budgets);
  return budgets;
}

describe('a budget', () => {
  it('lets exactly the limit through in a window, and is full again when it ends', () => {
    const budgets = alone(3);
    const left = [0, 10, 20, 30, 59_999].map((ms) => budgets.take(ONE, NOW + ms));
    expect(left.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
      [false, 0],
    ]);
    expect(left.map(({ resetSeconds }) => resetSeconds)).toEqual([60, 60, 60, 60, 1]);
    expect(budgets.take(ONE, NOW + WINDOW_MS)).toEqual({ allowed: true, limit: 3, remaining: 2, resetSeconds: 60 });
  });

  it('is one for each token and each address', () => {
    const budgets = alone(1);
    for (const tracker of [ONE, tokenTracker('two'), addressTracker('10.0.0.1'), addressTracker('10.0.0.2')]) {
      expect(budgets.take(tracker, NOW).allowed).toBe(true);
      expect(budgets.take(tracker, NOW).allowed).toBe(false);
    }
  });

  it('is told to the framework in its own terms', async () => {
    const budgets = alone(2);
    const seen = [];
    for (let i = 0; i < 3; i++) seen.push(await budgets.increment(ONE, WINDOW_MS, 2));
    expect(seen.map(({ totalHits, isBlocked }) => [totalHits, isBlocked])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(seen[2]?.timeToBlockExpire).toBeGreaterThan(0);
  });

  it('of a token is not forgotten for a flood of addresses, and the flood takes no more memory than it may', () => {
    const budgets = alone(1);
    expect(budgets.take(ONE, NOW).allowed).toBe(true);
    for (let i = 0; i < 300_000; i++)
      budgets.take(addressTracker(`${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`), NOW);
    expect(budgets.take(ONE, NOW).allowed).toBe(false);
    expect(budgets.remembered).toBeLessThanOrEqual(150_000);
  });

  it('stands in the headers, with the time to come back where nothing is left', () => {
    expect(budgetHeaders({ allowed: true, limit: 1000, remaining: 7, resetSeconds: 30 })).toEqual({
      'RateLimit-Limit': '1000',
      'RateLimit-Remaining': '7',
      'RateLimit-Reset': '30',
      'RateLimit-Policy': '"minute";q=1000;w=60',
      RateLimit: '"minute";r=7;t=30',
    });
    expect(budgetHeaders({ allowed: false, limit: 1, remaining: 0, resetSeconds: 9 })['Retry-After']).toBe('9');
  });
});

describe('an address', () => {
  it('is the same however it is written, and a whole network in IPv6', () => {
    expect(addressTracker('::ffff:192.0.2.7')).toBe(addressTracker('192.0.2.7'));
    expect(addressTracker('2001:db8:1:2::1')).toBe(addressTracker('2001:DB8:1:2:ffff::9'));
    expect(addressTracker('2001:db8:1:2::1')).not.toBe(addressTracker('2001:db8:1:3::1'));
    expect(addressTracker('fe80::1%eth0')).toBe(addressTracker('fe80::2'));
  });
});

describe('a window that Redis shares', () => {
  const used = (hits: number) => {
    const window = newWindow(NOW);
    for (let i = 0; i < hits; i++) count(window);
    return window;
  };

  it('counts what is on the way once, before and after the answer', () => {
    const window = used(5);
    expect(send(window)).toBe(5);
    count(window);
    expect(usedOf(window)).toBe(6);
    answered(window, 25, 40_000, NOW);
    expect([usedOf(window), window.end]).toEqual([26, NOW + 40_000]);
  });

  it('counts nothing twice where no answer came, whether it was counted or not', () => {
    for (const total of [8, 13]) {
      const window = used(5);
      send(window);
      unanswered(window);
      expect(usedOf(window)).toBe(5);
      for (let i = 0; i < 3; i++) count(window);
      send(window);
      answered(window, total, 50_000, NOW);
      expect(usedOf(window)).toBe(Math.max(8, total));
    }
  });

  it('goes on where Redis has forgotten it, and begins anew where it has ended', () => {
    const window = used(50);
    send(window);
    answered(window, 80, 50_000, NOW);
    count(window);
    send(window);
    answered(window, 1, 60_000, NOW + 1_000);
    expect([usedOf(window), window.end]).toEqual([51, NOW + 50_000]);
    count(window);
    send(window);
    answered(window, 2, 60_000, NOW + 1_100);
    expect([usedOf(window), window.end]).toEqual([52, NOW + 50_000]);
    count(window);
    send(window);
    answered(window, 1, 60_000, NOW + 49_990);
    expect([usedOf(window), window.end]).toEqual([1, NOW + 109_990]);
  });
});
