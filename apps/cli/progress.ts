import { Presets, SingleBar } from 'cli-progress';
import { count, duration, type Terminal } from './terminal.js';

const LINE_EVERY_MS = 5_000;
const BAR_EVERY_MS = 100;

/**
 * How far an import is: a bar on a terminal, else a line every few seconds. Share done and time left go by bytes (or by rows
 * where the size in rows is known); `total` null means that neither is known, as with stdin.
 */
export class ImportProgress {
  private readonly started = performance.now();
  private readonly bar: SingleBar | null;
  private last: number;

  constructor(
    private readonly terminal: Terminal,
    private readonly total: number | null,
  ) {
    this.last = this.started;
    this.bar = terminal.interactive && total !== null ? newBar(terminal) : null;
    this.bar?.start(total ?? 1, 0, { text: '' });
  }

  get seconds(): number {
    return (performance.now() - this.started) / 1000;
  }

  update(done: number, rows: number): void {
    const now = performance.now();
    if (now - this.last < (this.bar === null ? LINE_EVERY_MS : BAR_EVERY_MS)) return;
    this.last = now;
    const text = describe(done, this.total, rows, this.seconds);
    if (this.bar === null) this.terminal.note(text);
    else this.bar.update(Math.min(done, this.total ?? done), { text });
  }

  stop(done: number, rows: number): void {
    if (this.bar === null) return;
    this.bar.update(Math.min(done, this.total ?? done), { text: describe(done, this.total, rows, this.seconds) });
    this.bar.stop();
  }
}

/** `120,000 rows, 31,200 rows/s, 42 %, 5.1 s left`. */
export function describe(done: number, total: number | null, rows: number, seconds: number): string {
  const rate = seconds > 0 ? rows / seconds : 0;
  const parts = [`${count(rows)} rows`, `${count(rate)} rows/s`];
  if (total !== null && total > 0 && done > 0) {
    const share = Math.min(1, done / total);
    parts.push(`${Math.floor(share * 100)} %`, `${duration((seconds * (1 - share)) / share)} left`);
  }
  return parts.join(', ');
}

function newBar(terminal: Terminal): SingleBar {
  return new SingleBar(
    { format: '{bar} {text}', barsize: 28, hideCursor: true, stream: terminal.stderr, fps: 10 },
    Presets.shades_classic,
  );
}
