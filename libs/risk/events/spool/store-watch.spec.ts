import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError, type ClickHouse } from '#platform';
import { StoreWatch } from './store-watch.js';

beforeAll(() => Logger.overrideLogger(false));
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store that gives signs of life, or none for as long as one waits for it. */
function harness() {
  const store = { alive: true, asked: 0 };
  const clickhouse: Pick<ClickHouse, 'answers'> = {
    answers: async () => {
      store.asked++;
      if (!store.alive) await new Promise((over) => setTimeout(over, 750));
      return store.alive;
    },
  };
  const watch = new StoreWatch(clickhouse as ClickHouse);
  const back = vi.fn();
  watch.onBack(back);
  return { store, watch, back };
}

const forever = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
const unavailable = () => Promise.reject(new AppError('UNAVAILABLE', 'away'));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

describe('a store', () => {
  it('is not asked while writes are quick', async () => {
    const { store, watch } = harness();
    expect(await watch.run(() => Promise.resolve(7))).toBe(7);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([store.asked, watch.away]).toEqual([0, false]);
  });

  it('that is slow but answers is waited for', async () => {
    const { store, watch } = harness();
    const slow = watch.run(() => new Promise((done) => setTimeout(() => done('written'), 60_000)));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await slow).toBe('written');
    expect(watch.away).toBe(false);
    const { asked } = store;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(store.asked).toBe(asked);
  });

  it('that is silent is given up within seconds, by every write under way, also one that hears no signal', async () => {
    const { store, watch, back } = harness();
    store.alive = false;
    const writes = [watch.run(forever), watch.run(forever), watch.run(() => new Promise<never>(() => undefined))];
    const codes = Promise.all(writes.map(codeOf));
    await vi.advanceTimersByTimeAsync(2_100);
    expect(await codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE']);
    expect(watch.away).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([watch.away, back.mock.calls.length]).toEqual([true, 0]);
    store.alive = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect([watch.away, back.mock.calls.length]).toEqual([false, 1]);
  });

  it('that missed one sign of life is not given up', async () => {
    const { store, watch } = harness();
    store.alive = false;
    const write = watch.run(forever);
    write.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    store.alive = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(watch.away).toBe(false);
    watch.onApplicationShutdown();
  });

  it.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const)(
    'is away at once where a write fails with %s',
    async (code) => {
      const { watch, back } = harness();
      expect(await codeOf(watch.run(() => Promise.reject(new AppError(code, 'so'))))).toBe(code);
      expect(watch.away).toBe(true);
      await vi.advanceTimersByTimeAsync(1_000);
      expect([watch.away, back.mock.calls.length]).toEqual([false, 1]);
    },
  );

  it.each([new AppError('INTERNAL', 'wrong'), new Error('PostgreSQL is away')])(
    'is not away where a write fails with %s',
    async (error) => {
      const { watch } = harness();
      await expect(watch.run(() => Promise.reject(error))).rejects.toBe(error);
      expect(watch.away).toBe(false);
    },
  );

  it('that answers and takes nothing is tried less and less often, and at once again after a success', async () => {
    const { watch } = harness();
    const pauses: number[] = [];
    const lose = async () => {
      await codeOf(watch.run(unavailable));
      const since = Date.now();
      while (watch.away) await vi.advanceTimersByTimeAsync(100);
      pauses.push(Date.now() - since);
    };
    for (let i = 0; i < 6; i++) await lose();
    await watch.run(() => Promise.resolve());
    await lose();
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 1_000]);
  });

  it('is not asked for after the end', async () => {
    const { store, watch } = harness();
    store.alive = false;
    await codeOf(watch.run(unavailable));
    watch.onApplicationShutdown();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store.asked).toBe(0);
  });
});
