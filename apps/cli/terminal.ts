import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** What a command meets of the outside world; tests give their own. */
export interface Surroundings {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Results go to stdout, everything said along the way to stderr, so that output can be piped. */
export class Terminal {
  constructor(
    private readonly surroundings: Surroundings,
    /** `--json`: stdout carries one JSON document and nothing else. */
    readonly machine: boolean,
  ) {}

  /** A line of the result for people; silent with `--json`. */
  print(line = ''): void {
    if (!this.machine) this.surroundings.stdout.write(`${line}\n`);
  }

  /** The result for programs; silent without `--json`. */
  result(value: unknown): void {
    if (this.machine) this.surroundings.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** Something worth knowing on the way. */
  note(line: string): void {
    // On a terminal a progress bar may stand in the line.
    this.surroundings.stderr.write(`${this.interactive ? '\r\u001b[2K' : ''}${line}\n`);
  }

  get stderr(): Writable & { isTTY?: boolean } {
    return this.surroundings.stderr;
  }

  get interactive(): boolean {
    return this.surroundings.stderr.isTTY === true;
  }

  /** Writes a piece of a stream to stdout and waits while the reader is slow. */
  async write(piece: string | Uint8Array): Promise<void> {
    if (!this.surroundings.stdout.write(piece)) await once(this.surroundings.stdout, 'drain');
  }
}

export interface Column<T> {
  title: string;
  value: (row: T) => string;
  right?: boolean;
}

/** Lines of a plain table, columns two blanks apart, the first line the titles. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): string[] {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.value(row))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells.map((line) =>
    line
      .map((cell, i) => (columns[i]?.right === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `15,628`: the same on every machine, whatever its locale. */
export function count(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 row`, `2 rows`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** `3.2 s`, `4 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const pairs: [number, string, number, string][] = [
    [86_400, 'd', 3_600, 'h'],
    [3_600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ];
  for (const [big, bigName, small, smallName] of pairs) {
    if (s < big) continue;
    const rest = Math.floor((s % big) / small);
    return rest === 0 ? `${Math.floor(s / big)} ${bigName}` : `${Math.floor(s / big)} ${bigName} ${rest} ${smallName}`;
  }
  return `${s} s`;
}

/** A number with `digits` decimals, or `–` where there is none. */
export function decimal(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}
