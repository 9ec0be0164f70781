import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { AppError, ClickHouse } from '#platform';

/** A write that takes longer has the store asked for a sign of life. */
const LOOK_AFTER_MS = 500;
/** While it is away it is asked this often, and less often where it takes nothing though it answers. */
const ASK_EVERY_MS = 1_000;
const ASK_AT_LEAST_EVERY_MS = 15_000;

/**
 * What a write fails with where the store is not there, and will be. A full disk is no such thing: whoever sends has to
 * hear of it while somebody can still make room, and the spool may lie on the same disk.
 */
export function meansAway(error: unknown): boolean {
  return error instanceof AppError && AWAY.has(error.code);
}
const AWAY = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/**
 * Knows whether ClickHouse takes writes. One that is frozen says nothing, so a write that takes long has it asked for a
 * sign of life, and where none comes all writes under way are given up: whoever comes next need not find it out again.
 */
@Injectable()
export class StoreWatch implements OnApplicationShutdown {
  private readonly logger = new Logger(StoreWatch.name);
  private readonly underWay = new Set<AbortController>();
  private readonly whenBack = new Set<() => void>();
  private looking = false;
  private ended = false;
  /** Milliseconds until it is asked again; undefined while it is there. */
  private pause: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** It takes nothing, whatever it answers: so many times in a row it was lost again without a write that succeeded. */
  private losses = 0;

  constructor(private readonly clickhouse: ClickHouse) {}

  get away(): boolean {
    return this.pause !== undefined;
  }

  onBack(listener: () => void): void {
    this.whenBack.add(listener);
  }

  /**
   * Does work that writes to the store; its failure tells about the store.
   * @throws what the work throws, and AppError UNAVAILABLE where the store stops answering
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const end = new AbortController();
    this.underWay.add(end);
    const timer = setTimeout(() => void this.look(), LOOK_AFTER_MS);
    try {
      const result = await orEnded(work(end.signal), end.signal);
      this.losses = 0;
      return result;
    } catch (error) {
      if (meansAway(error)) this.lost(error);
      throw error;
    } finally {
      clearTimeout(timer);
      this.underWay.delete(end);
    }
  }

  onApplicationShutdown(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  /** Asks for signs of life as long as writes are under way. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      while (this.underWay.size > 0 && !this.away && !this.ended) {
        // Twice: this process itself may have been too busy to hear the first.
        if (!(await this.clickhouse.answers()) && !(await this.clickhouse.answers())) {
          const silent = new AppError('UNAVAILABLE', 'The event store does not answer');
          this.lost(silent);
          for (const end of this.underWay) end.abort(silent);
        }
        await new Promise((next) => setTimeout(next, LOOK_AFTER_MS));
      }
    } finally {
      this.looking = false;
    }
  }

  private lost(error: unknown): void {
    if (this.away || this.ended) return;
    this.logger.warn({ err: error }, 'ClickHouse takes no events; they go to the spool');
    this.pause = Math.min(ASK_AT_LEAST_EVERY_MS, ASK_EVERY_MS * 2 ** this.losses++);
    this.askLater(this.pause);
  }

  private askLater(pause: number): void {
    this.timer = setTimeout(() => void this.ask(pause), pause);
  }

  private async ask(pause: number): Promise<void> {
    if (!(await this.clickhouse.answers())) {
      if (!this.ended) this.askLater(pause);
      return;
    }
    this.logger.log('ClickHouse answers again');
    this.pause = undefined;
    for (const listener of this.whenBack) listener();
  }
}

/** The work may hang where no signal reaches it: in line for a lock that another process holds. */
async function orEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = () => ended.reject(signal.reason instanceof Error ? signal.reason : new Error('It was given up'));
  // What it still comes to is heard by nobody.
  work.catch(() => undefined);
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
