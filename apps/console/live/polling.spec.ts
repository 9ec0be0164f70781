import { describe, expect, it } from 'vitest';
import { type PollHost, retryDelay, startPolling } from './polling.js';

describe('retryDelay', () => {
  const none = () => 0;
  it('doubles from two seconds to a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50].map((n) => retryDelay(n, 0, none) / 1000)).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('spreads by up to a quarter, downwards', () => {
    expect(retryDelay(1, 0, () => 1)).toBe(1500);
  });

  it('never comes back sooner than the server asked', () => {
    expect(retryDelay(1, 30_000, none)).toBe(30_000);
  });
});

/** A browser whose time, visibility and network the test moves. */
class FakeHost implements PollHost {
  isHidden = false;
  wake: ((why: 'shown' | 'online') => void) | null = null;
  timers = new Map<number, { callback: () => void; ms: number }>();
  private next = 1;

  hidden = () => this.isHidden;
  onWake = (callback: (why: 'shown' | 'online') => void) => {
    this.wake = callback;
    return () => void (this.wake = null);
  };
  setTimer = (callback: () => void, ms: number) => {
    this.timers.set(this.next, { callback, ms });
    return this.next++;
  };
  clearTimer = (timer: number) => void this.timers.delete(timer);

  /** Lets what was awaited come back, then fires the one timer that is set; returns after how long it was due. */
  async fire(): Promise<number> {
    await settle();
    const [[id, timer]] = [...this.timers] as [[number, { callback: () => void; ms: number }]];
    this.timers.delete(id);
    timer.callback();
    await settle();
    return timer.ms;
  }
}

/** Comes back after all that was waiting for a promise. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve));

function start(delays: (number | null)[]) {
  const host = new FakeHost();
  let runs = 0;
  const polling = startPolling(() => {
    runs++;
    return Promise.resolve(delays.shift() ?? null);
  }, host);
  return { host, polling, runs: () => runs };
}

describe('startPolling', () => {
  it('runs at once, then after as long as the task said', async () => {
    const { host, runs } = start([15_000, 2_000, 15_000]);
    expect(runs()).toBe(1);
    expect(await host.fire()).toBe(15_000);
    expect(await host.fire()).toBe(2_000);
    expect(runs()).toBe(3);
  });

  it('rests while the page is hidden and runs when it is shown again', async () => {
    const { host, runs } = start([15_000, 15_000]);
    host.isHidden = true;
    await host.fire();
    expect(runs()).toBe(1);
    expect(host.timers.size).toBe(0);
    host.isHidden = false;
    host.wake?.('shown');
    expect(runs()).toBe(2);
  });

  it('does not run for a page that was away for a moment only', async () => {
    const { host, runs } = start([15_000]);
    await settle();
    host.wake?.('shown');
    expect(runs()).toBe(1);
  });

  it('runs as soon as the network is back, and waits anew from then', async () => {
    const { host, runs } = start([60_000, 15_000]);
    await settle();
    host.wake?.('online');
    expect(runs()).toBe(2);
    await settle();
    expect([...host.timers.values()].map(({ ms }) => ms)).toEqual([15_000]);
  });

  it('never runs twice at a time', async () => {
    const { polling, runs } = start([15_000]);
    polling.refresh();
    expect(runs()).toBe(1);
    await settle();
    polling.refresh();
    expect(runs()).toBe(2);
  });

  it('leaves nothing behind once stopped', async () => {
    const { host, polling, runs } = start([15_000]);
    await settle();
    polling.stop();
    expect(host.timers.size).toBe(0);
    expect(host.wake).toBeNull();
    polling.refresh();
    expect(runs()).toBe(1);
  });
});
