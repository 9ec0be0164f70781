import type { EntityManager } from 'typeorm';
import { AppError } from '../http/app-error.js';
import type { LeaseHints } from './lease-hints.js';
import type { LeaseStore } from './lease-store.js';

/** Of the time a lease lasts, the part after which it is renewed, and after which a failed renewal is tried again. */
const RENEW_AFTER = 1 / 3;
const RETRY_AFTER = 1 / 10;

/** What is known of one lease that was obtained. */
export interface LeaseTerms {
  name: string;
  holder: string;
  token: bigint;
  ttlMs: number;
  /** `performance.now()` before it was asked for: it lasts from then on at least. */
  askedAt: number;
}

/**
 * A lease that is held, renewed in the background until it is released or lost. A process that was frozen wakes up with
 * a lease that is another's by now and does not know it: what it writes must be guarded.
 */
export class Lease {
  readonly name: string;
  /** Rises with every holder of the name. For stores that can refuse a write with a smaller one than they have seen. */
  readonly token: bigint;
  private readonly terms: LeaseTerms;
  private readonly store: LeaseStore;
  private readonly hints: LeaseHints;
  private readonly lost = new AbortController();
  private validUntil: number;
  private renewal: NodeJS.Timeout | undefined;
  private end: NodeJS.Timeout | undefined;
  private over = false;

  constructor(terms: LeaseTerms, store: LeaseStore, hints: LeaseHints) {
    this.name = terms.name;
    this.token = terms.token;
    this.terms = terms;
    this.store = store;
    this.hints = hints;
    this.validUntil = terms.askedAt + terms.ttlMs;
    this.renewAfter(terms.ttlMs * RENEW_AFTER);
    this.watch();
  }

  /** Fires when the lease is lost, with the error as its reason. The work should stop; its writes are refused anyway. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  /**
   * Lets the writer's transaction go on only while the lease is held, and lets nobody take it before that transaction has
   * ended. Keep what follows short: the renewal waits for it, too. Of a process that freezes in the middle the server
   * ends the transaction, and with it what was written.
   * @throws AppError LOCK_LOST where it has expired or is another's
   */
  async guard(manager: EntityManager): Promise<void> {
    const held = await manager.query<unknown[]>(
      `SELECT set_config('idle_in_transaction_session_timeout', $3, true) FROM leases
       WHERE name = $1 AND token = $2 AND expires_at > clock_timestamp() FOR SHARE`,
      [this.name, String(this.token), String(Math.ceil(this.terms.ttlMs))],
    );
    if (held.length === 0) throw this.lose();
  }

  /** Gives it back, unless it is lost. Never fails: one that cannot be given back expires. */
  async release(): Promise<void> {
    this.stop();
    await this.store.release(this.name, this.token).catch(() => undefined);
    await this.hints.drop(this.name, this.terms.holder);
  }

  private renewAfter(ms: number): void {
    this.renewal = setTimeout(() => void this.renew(), ms);
    this.renewal.unref();
  }

  private async renew(): Promise<void> {
    const { ttlMs, holder } = this.terms;
    const askedAt = performance.now();
    const held = await this.store.renew(this.name, this.token, ttlMs).catch(() => undefined);
    if (this.over) return;
    if (held === false) {
      this.lose();
      return;
    }
    // No answer says nothing: it is asked again until the lease has run out by this process's own reckoning.
    this.renewAfter(ttlMs * (held === undefined ? RETRY_AFTER : RENEW_AFTER));
    if (held === undefined) return;
    this.validUntil = askedAt + ttlMs;
    await this.hints.set(this.name, holder, ttlMs);
  }

  /** The end by a clock that nobody sets: it measures how long ago the lease was asked for. */
  private watch(): void {
    const left = this.validUntil - performance.now();
    if (left <= 0) {
      this.lose();
      return;
    }
    this.end = setTimeout(() => this.watch(), left);
    this.end.unref();
  }

  private lose(): AppError {
    this.stop();
    const error = new AppError('LOCK_LOST', `"${this.name}" was not renewed in time, and may be another's by now`);
    this.lost.abort(error);
    return error;
  }

  private stop(): void {
    this.over = true;
    clearTimeout(this.renewal);
    clearTimeout(this.end);
  }
}
