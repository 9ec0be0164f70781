import { AsyncLocalStorage } from 'node:async_hooks';
import { AppError } from './app-error.js';
import type { FieldTree } from './selection.js';

/** Milliseconds a request has unless its route says otherwise. */
const REQUEST_DEADLINE_MS = 5_000;

/**
 * What belongs to one request and everything it calls: its id, who asks, until when an answer is of use. Stores take what
 * is left of the deadline from here, so that no call down the line outlives the request it is for.
 */
export class RequestContext {
  /** Milliseconds since the epoch; Infinity for a stream that flows as long as it flows. */
  deadline: number;
  tokenId: string | undefined;
  namespaceId: string | undefined;
  /** What `fields=` chose of the answer, or of each item of a list; undefined: everything. */
  fields: FieldTree | undefined;
  /** What is read is kept for others: a replica that lags would bring back what was invalidated a moment ago. */
  isKept = false;
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** What the request began may go on beyond its answer; its deadline is none of it any more. */
  private ended = false;
  /** The caller left, maybe before anybody asked for the signal. */
  private gone = false;

  constructor(
    readonly requestId: string,
    readonly startedAt = Date.now(),
  ) {
    this.deadline = startedAt + REQUEST_DEADLINE_MS;
  }

  /** Fires when the deadline passes or the caller leaves; its reason is the error to answer with. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.gone) this.abortGone();
      else this.watch();
    }
    return this.controller.signal;
  }

  /** Milliseconds left, never below 0. */
  remaining(now = Date.now()): number {
    return Math.max(0, this.deadline - now);
  }

  /** @param ms from the start of the request; null: no deadline */
  allow(ms: number | null): void {
    this.deadline = ms === null ? Infinity : this.startedAt + ms;
    if (this.controller) this.watch();
  }

  /** The caller has gone: whatever runs for it may stop. */
  abandon(): void {
    this.gone = true;
    this.abortGone();
    this.end();
  }

  /** The answer is out. */
  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  private abortGone(): void {
    this.controller?.abort(new AppError('REQUEST_MALFORMED', 'The client has gone'));
  }

  private watch(): void {
    clearTimeout(this.timer);
    if (this.ended || this.deadline === Infinity) return;
    this.timer = setTimeout(
      () => this.controller?.abort(new AppError('DEADLINE_EXCEEDED', 'The request took longer than it may')),
      this.remaining(),
    );
    this.timer.unref();
  }
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The context of the request that is being worked on; undefined outside of one. */
export function requestContext(): RequestContext | undefined {
  return storage.getStore();
}

export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** Work of many requests, or of none: neither the deadline nor the leaving of the one it begins in ends it. */
export function outsideRequests<T>(work: () => T): T {
  return storage.exit(work);
}
