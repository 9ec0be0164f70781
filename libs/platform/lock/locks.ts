import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Bus } from '../bus/bus.js';
import { AppError } from '../http/app-error.js';
import type { CacheRedis } from '../redis/cache-redis.js';
import { Lease } from './lease.js';
import { LeaseHints } from './lease-hints.js';
import { LeaseStore } from './lease-store.js';

const CHANNEL = 'lease.released';
/** Those who wait look again after this long at the latest: word of a release may be lost. */
const LOOK_AGAIN_MS = 1_000;
/** And not before this: a lease that has expired may be kept by a write that is not committed yet. */
const PAUSE_MS = 20;

export interface LockOptions {
  /** How long it outlives a holder that died or hangs. It is renewed while the holder lives. */
  ttlMs: number;
  /** How long to wait for another holder; 0: not at all. */
  waitMs: number;
  /** Ends the waiting. */
  signal?: AbortSignal;
}

/** One holder of a name over all processes, for work that is longer than a transaction. */
export class Locks {
  private readonly store: LeaseStore;
  private readonly hints: LeaseHints;
  private readonly bus: Bus;
  private readonly waiting = new Map<string, Set<() => void>>();

  constructor(postgres: DataSource, redis: CacheRedis, bus: Bus) {
    this.store = new LeaseStore(postgres);
    this.hints = new LeaseHints(redis);
    this.bus = bus;
    bus.subscribe(CHANNEL, (name) => this.wake(name));
  }

  /**
   * Does the work while the name is this caller's. Every write of it stands in a transaction that calls `lease.guard`.
   * @throws AppError LOCK_BUSY where another holder outlasts `waitMs`
   * @throws what `signal` was aborted with, and what the work throws
   */
  async withLock<T>(name: string, options: LockOptions, work: (lease: Lease) => Promise<T>): Promise<T> {
    const lease = await this.acquire(name, options);
    try {
      return await work(lease);
    } finally {
      await lease.release();
      await this.bus.publish(CHANNEL, name);
    }
  }

  private async acquire(name: string, options: LockOptions): Promise<Lease> {
    const holder = randomUUID();
    const giveUpAt = performance.now() + options.waitMs;
    for (;;) {
      options.signal?.throwIfAborted();
      // Before it is asked: a release in between must not pass unheard.
      const turn = this.listen(name, options.signal);
      try {
        const found = await this.attempt(name, holder, options.ttlMs);
        if (found instanceof Lease) return found;
        const left = giveUpAt - performance.now();
        if (left <= 0) throw new AppError('LOCK_BUSY', `"${name}" is held by another`);
        await turn.within(Math.min(left, Math.max(found.freeInMs, PAUSE_MS), LOOK_AGAIN_MS));
      } finally {
        turn.over();
      }
    }
  }

  private async attempt(name: string, holder: string, ttlMs: number): Promise<Lease | { freeInMs: number }> {
    const hinted = await this.hints.claim(name, holder, ttlMs);
    if (hinted !== undefined) return { freeInMs: hinted };
    const askedAt = performance.now();
    let taken: Awaited<ReturnType<LeaseStore['take']>>;
    try {
      taken = await this.store.take(name, holder, ttlMs);
    } catch (error) {
      await this.hints.drop(name, holder);
      throw error;
    }
    if ('token' in taken)
      return new Lease({ name, holder, token: taken.token, ttlMs, askedAt }, this.store, this.hints);
    // Redis had lost it; whose it is need not be known for the others to wait.
    await this.hints.set(name, 'another', taken.freeInMs);
    return taken;
  }

  private listen(name: string, signal: AbortSignal | undefined) {
    const { promise, resolve } = Promise.withResolvers<void>();
    let timer: NodeJS.Timeout | undefined;
    const waiters = this.waiting.get(name) ?? new Set();
    this.waiting.set(name, waiters.add(resolve));
    const aborted = () => resolve();
    signal?.addEventListener('abort', aborted, { once: true });
    return {
      within: (ms: number): Promise<void> => {
        timer = setTimeout(resolve, ms);
        return promise;
      },
      over: () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        waiters.delete(resolve);
        if (waiters.size === 0 && this.waiting.get(name) === waiters) this.waiting.delete(name);
      },
    };
  }

  private wake(name: string): void {
    for (const resume of this.waiting.get(name) ?? []) resume();
  }
}
