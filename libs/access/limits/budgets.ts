import type { OnApplicationShutdown } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { LRUCache } from 'lru-cache';
import type { CacheRedis } from '#platform';
import { answered, count, keep, newWindow, send, unanswered, usedOf, type Window, WINDOW_MS } from './window.js';

/** Between two exchanges with Redis, so that no request waits for one. */
const EXCHANGE_MS = 100;
/** Whoever uses up more than this share of the budget between two exchanges brings the next one on at once. */
const SOON_SHARE = 0.1;
const MAX_TRACKERS_PER_CALL = 500;
/** Addresses are anybody's to make up, so they have a memory of their own: a flood of them displaces no token. */
const MAX_TOKENS = 50_000;
const MAX_ADDRESSES = 100_000;

/** Adds to each caller's counter and says how many it holds and how long yet. The counter lives for one window. */
const EXCHANGE = `
local answers = {}
for i, key in ipairs(KEYS) do
  local total = redis.call('INCRBY', key, ARGV[i + 1])
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[1])
    redis.call('PEXPIRE', key, left)
  end
  answers[2 * i - 1] = total
  answers[2 * i] = left
end
return answers`;

/** Whose budget it is. */
export type Tracker = `token:${string}` | `address:${string}`;

/** What became of a request that asked for its share. */
export interface Taken {
  allowed: boolean;
  limit: number;
  /** Requests left in the window, by all that is known here. */
  remaining: number;
  /** Whole seconds until the budget is full again, at least 1. */
  resetSeconds: number;
}

/**
 * Counts requests in memory and tells Redis of them in batches, so that processes share one budget and no request waits
 * for it. Each process learns of the others' requests with the next exchange: together they let through at most what the
 * others have let through since the last one more than the limit. Without Redis each process counts for itself; what was
 * refused is not counted, so a flood costs Redis nothing.
 */
export class Budgets implements ThrottlerStorage, OnApplicationShutdown {
  private readonly tokens = new LRUCache<Tracker, Window>({ max: MAX_TOKENS });
  private readonly addresses = new LRUCache<Tracker, Window>({ max: MAX_ADDRESSES });
  private readonly untold = new Set<Tracker>();
  private readonly soon: number;
  private timer: NodeJS.Timeout | undefined;
  private exchanging: Promise<void> | undefined;
  private closed = false;

  /** @param limit requests a caller may make in a window */
  constructor(
    private readonly limit: number,
    private readonly redis: CacheRedis,
  ) {
    this.soon = Math.max(1, Math.ceil(limit * SOON_SHARE));
  }

  /** Takes one request from a caller's budget, at once. A request that is refused takes nothing. */
  take(tracker: Tracker, now = Date.now(), limit = this.limit): Taken {
    const window = this.windowOf(tracker, now);
    const resetSeconds = Math.max(1, Math.ceil((window.end - now) / 1000));
    const used = usedOf(window);
    if (used >= limit) return { allowed: false, limit, remaining: 0, resetSeconds };
    count(window);
    if (this.redis.client) this.tell(tracker, window);
    return { allowed: true, limit, remaining: limit - used - 1, resetSeconds };
  }

  /** The same for the framework's guard. */
  increment(key: string, _ttl: number, limit: number): ReturnType<ThrottlerStorage['increment']> {
    const { allowed, remaining, resetSeconds } = this.take(key as Tracker, Date.now(), limit);
    return Promise.resolve({
      totalHits: allowed ? limit - remaining : limit + 1,
      timeToExpire: resetSeconds,
      isBlocked: !allowed,
      timeToBlockExpire: allowed ? 0 : resetSeconds,
    });
  }

  /** Callers that are remembered. */
  get remembered(): number {
    return this.tokens.size + this.addresses.size;
  }

  /** Tells Redis what was let through here and learns what was elsewhere. It is never an error that Redis is away. */
  async exchange(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    // One at a time: answers that overtake each other would be taken for windows that began anew.
    this.exchanging ??= this.exchangeAll().finally(() => {
      this.exchanging = undefined;
      if (this.untold.size > 0) this.schedule(EXCHANGE_MS);
    });
    await this.exchanging;
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private windowOf(tracker: Tracker, now: number): Window {
    const windows = this.windowsOf(tracker);
    const known = windows.get(tracker);
    if (known && now < known.end) return known;
    const window = newWindow(now);
    windows.set(tracker, window);
    return window;
  }

  private windowsOf(tracker: Tracker): LRUCache<Tracker, Window> {
    return tracker.startsWith('token:') ? this.tokens : this.addresses;
  }

  private tell(tracker: Tracker, window: Window): void {
    this.untold.add(tracker);
    if (window.pending === this.soon && !this.exchanging) this.schedule(0);
    else if (this.timer === undefined && !this.exchanging) this.schedule(EXCHANGE_MS);
  }

  private schedule(ms: number): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.exchange(), ms);
    this.timer.unref();
  }

  private async exchangeAll(): Promise<void> {
    const trackers = [...this.untold];
    for (let from = 0; from < trackers.length; from += MAX_TRACKERS_PER_CALL) {
      if (!this.redis.connected) return;
      await this.exchangeSome(trackers.slice(from, from + MAX_TRACKERS_PER_CALL));
    }
  }

  private async exchangeSome(trackers: readonly Tracker[]): Promise<void> {
    const sent: { key: string; window: Window; hits: number }[] = [];
    for (const tracker of trackers) {
      this.untold.delete(tracker);
      const window = this.windowsOf(tracker).peek(tracker);
      if (window) sent.push({ key: `budget:${tracker}`, window, hits: send(window) });
    }
    let asked = false;
    const answers = await this.redis.run('exchange of budgets', (client) => {
      asked = true;
      const keys = sent.map(({ key }) => key);
      const hits = sent.map((one) => one.hits);
      return client.eval(EXCHANGE, keys.length, ...keys, WINDOW_MS, ...hits) as Promise<number[]>;
    });
    const now = Date.now();
    for (const [i, { window }] of sent.entries()) {
      if (answers) answered(window, answers[2 * i] ?? 0, answers[2 * i + 1] ?? WINDOW_MS, now);
      else if (asked) unanswered(window);
      else keep(window);
    }
    if (!asked) for (const tracker of trackers) this.untold.add(tracker);
  }
}
