import { destination, type DestinationStream } from 'pino';

/** Characters of a block: each costs a thread's turn. */
const BLOCK = 65_536;
/** Milliseconds; the longest that a line waits where few come. */
const LONGEST_WAIT_MS = 100;

interface Sink {
  write(block: string): unknown;
  flushSync(): void;
}

/**
 * Gathers lines and hands them on by the block. pino's own stream would, but measures all that waits with every line
 * (sonic-boom 4.2); at this size of block that costs more than the line itself.
 */
export class LineBlocks implements DestinationStream {
  private readonly sink: Sink;
  private waiting = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(sink: Sink) {
    this.sink = sink;
    // Before the sink's own end, which writes what it has.
    process.prependListener('exit', () => this.flush());
  }

  write(line: string): void {
    this.waiting += line;
    if (this.waiting.length >= BLOCK) this.flush();
    // It keeps the process: one that has nothing else to do still has this to say.
    else this.timer ??= setTimeout(() => this.flush(), LONGEST_WAIT_MS);
  }

  /** Hands on what waits; the sink writes it in its own time. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting === '') return;
    const block = this.waiting;
    this.waiting = '';
    this.sink.write(block);
  }

  /** What was said so far is written when it returns: pino asks for it before a process ends with a fatal error. */
  flushSync(): void {
    this.flush();
    this.sink.flushSync();
  }
}

/** Lines to stdout, by the block. */
export const toStdout = (): LineBlocks => new LineBlocks(destination({ sync: false }));
