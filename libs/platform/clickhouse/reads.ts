import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { Bulkhead } from '../bulkhead/bulkhead.js';
import { AppError } from '../http/app-error.js';
import { requestContext } from '../http/request-context.js';
import { paramStatement } from './embedded-params.js';
import type { Lanes } from './lanes.js';

/** How much longer than the server may work the client waits: one that is frozen never says that its time is up. */
const GRACE_MS = 1_000;
/** Queries of one namespace that may wait, for each one that may run. */
const WAITING_PER_LANE = 25;
const PATIENCE_MS = 4_000;
/** Less is no time at all: the engine takes fractions of a second, but 0 for "as long as it likes". */
const LEAST_MS = 20;

export interface ReadOptions {
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

/** What a read hands to the client: its text and parameters as this client takes them, and until when. */
export interface ReadCall {
  client: ClickHouseClient;
  sql: string;
  params: Record<string, unknown> | undefined;
  abort: { abort_signal?: AbortSignal };
  /** Seconds. */
  maxExecutionTime: number;
}

/**
 * Runs reads: within the deadline of the request they are for, and with a bounded part of the lanes for each namespace.
 * One whose time is over, or whose caller has left, is stopped where it runs.
 */
export class Reads {
  private readonly bulkhead: Bulkhead;

  /**
   * @param remote over a wire: the server stops a query whose connection is closed. The embedded engine does not, so it
   * is told to by a query of its own, on `control`.
   */
  constructor(
    private readonly lanes: Lanes,
    width: number,
    private readonly remote: boolean,
    private readonly control: Lanes,
  ) {
    const share = Math.max(1, Math.ceil(width / 2));
    this.bulkhead = new Bulkhead({
      name: 'The event store',
      width,
      share,
      line: share * WAITING_PER_LANE,
      patienceMs: PATIENCE_MS,
    });
  }

  get counts(): { in_use: number; waiting: number } {
    const { in_use, waiting } = this.lanes.counts;
    return { in_use, waiting: waiting + this.bulkhead.waiting };
  }

  /** @throws AppError OVERLOADED, UNAVAILABLE where the server is frozen; the reason of the signal that ended it */
  async run<T>(
    sql: string,
    params: Record<string, unknown>,
    options: ReadOptions,
    call: (call: ReadCall) => Promise<T>,
  ): Promise<T> {
    const context = requestContext();
    const signals = [options.signal, context?.signal].filter((signal) => signal !== undefined);
    const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    const leave = await this.bulkhead.enter(context && (context.namespaceId ?? ''), signal);
    // After the wait, which may have taken the most of it.
    const timeoutMs = Math.max(LEAST_MS, Math.min(options.timeoutMs, context?.remaining() ?? Infinity));
    const ready = { maxExecutionTime: timeoutMs / 1000 };
    const running = (
      this.remote
        ? this.lanes.run(
            (client) => withinTime(timeoutMs, signal, (abort) => call({ ...ready, client, sql, params, abort })),
            signal,
          )
        : this.embedded(sql, params, signal, (client, text) =>
            call({ ...ready, client, sql: text, params: undefined, abort: {} }),
          )
    ).finally(leave);
    return signal ? orGivenUp(running, signal) : running;
  }

  /** The lane is kept until the engine has ended: what is given up runs on, and would hold up who came next. */
  private async embedded<T>(
    sql: string,
    params: Record<string, unknown>,
    signal: AbortSignal | undefined,
    call: (client: ClickHouseClient, text: string) => Promise<T>,
  ): Promise<T> {
    const mark = signal ? randomUUID() : '';
    const text = paramStatement(params, mark) + sql;
    if (!signal) return this.lanes.run((client) => call(client, text));
    return this.lanes.run(async (client) => {
      const stop = () => void this.kill(mark);
      signal.addEventListener('abort', stop, { once: true });
      try {
        return await call(client, text);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    }, signal);
  }

  /** Not SYNC, which hung; a query that cannot be stopped so ends at its own time. */
  private async kill(mark: string): Promise<void> {
    const query = `KILL QUERY WHERE Settings['log_comment'] = '${mark}' ASYNC`;
    await this.control.run((client) => client.command({ query })).catch(() => undefined);
  }
}

/** Gives the call up when the server has had its time and more: a frozen one would hold its lane for minutes. */
export async function withinTime<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  call: (abort: { abort_signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const over = AbortSignal.timeout(timeoutMs + GRACE_MS);
  try {
    return await call({ abort_signal: signal ? AbortSignal.any([signal, over]) : over });
  } catch (error) {
    if (!over.aborted || signal?.aborted) throw error;
    throw new AppError('UNAVAILABLE', 'The event store does not answer', { cause: error });
  }
}

/** @throws the signal's reason where it fires first */
async function orGivenUp<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const givenUp = Promise.withResolvers<never>();
  const leave = () => givenUp.reject(signal.reason instanceof Error ? signal.reason : new Error('It was given up'));
  // What it still comes to is heard by nobody.
  work.catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([work, givenUp.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    givenUp.promise.catch(() => undefined);
  }
}
