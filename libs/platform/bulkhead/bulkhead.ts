import { AppError } from '../http/app-error.js';

export interface BulkheadOptions {
  /** Said of what is behind it in errors: `The database`. */
  name: string;
  /** Pieces of work that run at once. */
  width: number;
  /** Of these, how many one owner may have. */
  share: number;
  /** Pieces of work of one owner that may wait; further ones are turned away. */
  line: number;
  /** Milliseconds a piece of work waits at most. */
  patienceMs: number;
}

interface Waiter {
  admit: () => void;
}

interface Line {
  owner: string | undefined;
  running: number;
  waiting: Waiter[];
}

/**
 * Lets a bounded number of pieces of work run at once, and of those only a part for one owner: whoever asks for
 * everything gets their share, and the others do not notice. Owners that wait are served in turn. Work of no owner is
 * the platform's own; it waits like others and may take all there is.
 */
export class Bulkhead {
  private running = 0;
  private inLine = 0;
  private readonly lines = new Map<string | undefined, Line>();

  constructor(private readonly options: BulkheadOptions) {}

  /** Pieces of work in line. */
  get waiting(): number {
    return this.inLine;
  }

  /**
   * Waits for its turn.
   * @returns what ends the work; call it once
   * @throws AppError OVERLOADED where the owner's line is full or the wait was too long; the signal's reason where it fires
   */
  async enter(owner: string | undefined, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const line = this.lineOf(owner);
    if (line.waiting.length === 0 && this.hasRoom(line)) return this.admit(line);
    if (owner !== undefined && line.waiting.length >= this.options.line)
      throw overloaded(`${this.options.name} has too much to do for this namespace at the moment`);
    return this.wait(line, signal);
  }

  private wait(line: Line, signal: AbortSignal | undefined): Promise<() => void> {
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', given);
      this.inLine--;
    };
    const waiter: Waiter = {
      admit: () => {
        stop();
        resolve(this.admit(line));
      },
    };
    const leave = (reason: unknown) => {
      stop();
      line.waiting.splice(line.waiting.indexOf(waiter), 1);
      this.dropIfIdle(line);
      reject(reason instanceof Error ? reason : new Error(String(reason)));
    };
    const given = () => leave(signal?.reason);
    const timer = setTimeout(
      () => leave(overloaded(`${this.options.name} had no room for this in time`)),
      this.options.patienceMs,
    );
    timer.unref();
    signal?.addEventListener('abort', given, { once: true });
    line.waiting.push(waiter);
    this.inLine++;
    return promise;
  }

  private lineOf(owner: string | undefined): Line {
    let line = this.lines.get(owner);
    if (!line) this.lines.set(owner, (line = { owner, running: 0, waiting: [] }));
    return line;
  }

  private hasRoom({ owner, running }: Line): boolean {
    const { width, share } = this.options;
    return this.running < width && (owner === undefined || running < share);
  }

  private admit(line: Line): () => void {
    // It may have been dropped while nobody of it was there.
    this.lines.set(line.owner, line);
    line.running++;
    this.running++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      line.running--;
      this.running--;
      this.dropIfIdle(line);
      this.next();
    };
  }

  /** Serves the owner that was not served for the longest time. */
  private next(): void {
    for (const line of this.lines.values()) {
      if (line.waiting.length === 0 || !this.hasRoom(line)) continue;
      this.lines.delete(line.owner);
      line.waiting.shift()?.admit();
      return;
    }
  }

  private dropIfIdle(line: Line): void {
    if (line.running === 0 && line.waiting.length === 0) this.lines.delete(line.owner);
  }
}

function overloaded(detail: string): AppError {
  return new AppError('OVERLOADED', detail, { headers: { 'Retry-After': '1' } });
}
