import { MAX_LINE_BYTES } from '#contracts';
import { CliFailure, usage } from '../failure.js';
import { type Batch, type Table, ReadAhead, SAMPLE_ROWS, emptyBatch, positional } from './table.js';

const QUOTE = 34;
const CR = 13;
const LF = 10;

/** What one scan of a quoted record came to: where the next one starts, or why there is none. */
type Scan = number | 'incomplete' | 'broken';

/**
 * Splits CSV text (RFC 4180; LF or CRLF) into records as it arrives. Holds at most one record, and of one longer than
 * `maxChars` nothing: it is reported by its line and skipped. A stray quote costs the line it stands in, never the rest of the file.
 */
export class CsvScanner {
  private rest = '';
  private line = 1;
  private skipping = false;
  private fields: string[] = [];
  private readonly delimiterCode: number;

  constructor(
    private readonly delimiter: string,
    private readonly maxChars: number = MAX_LINE_BYTES,
  ) {
    this.delimiterCode = delimiter.charCodeAt(0);
  }

  /** Adds the records that `text` completes to `batch`; `end` says that no more text follows. */
  push(text: string, batch: Batch, end = false): void {
    const data = this.rest === '' ? text : this.rest + text;
    this.rest = '';
    let pos = 0;
    if (this.skipping) {
      const newline = data.indexOf('\n');
      if (newline === -1) return;
      this.skipping = false;
      this.line++;
      pos = newline + 1;
    }
    let quote = data.indexOf('"', pos);
    while (pos < data.length) {
      const newline = data.indexOf('\n', pos);
      if (newline === -1 && !end) break;
      const lineEnd = newline === -1 ? data.length : newline;
      if (quote !== -1 && quote < pos) quote = data.indexOf('"', pos);
      if (quote === -1 || quote >= lineEnd) {
        this.plain(data, pos, lineEnd, batch);
        this.line++;
        pos = lineEnd + 1;
        continue;
      }
      const scan = this.quoted(data, pos, end);
      if (typeof scan === 'number') {
        const start = this.line;
        this.line += newlines(data, pos, scan);
        if (scan - pos > this.maxChars) batch.bad.push(tooLong(start));
        else {
          batch.rows.push(this.fields);
          batch.lines.push(start);
        }
        pos = scan;
        continue;
      }
      if (scan === 'incomplete' && !end && data.length - pos <= this.maxChars) break;
      batch.bad.push({
        line: this.line,
        code: 'EVENT_MALFORMED',
        field: null,
        detail: scan === 'broken' ? 'a closing quote is followed by more text' : 'a quote is opened and never closed',
      });
      this.line++;
      pos = lineEnd + 1;
    }
    if (pos >= data.length) return;
    if (data.length - pos > this.maxChars && data.indexOf('\n', pos) === -1) {
      batch.bad.push(tooLong(this.line));
      this.skipping = true;
      return;
    }
    this.rest = data.slice(pos);
  }

  private plain(data: string, from: number, to: number, batch: Batch): void {
    const stop = to > from && data.charCodeAt(to - 1) === CR ? to - 1 : to;
    if (stop - from > this.maxChars) {
      batch.bad.push(tooLong(this.line));
      return;
    }
    const text = data.slice(from, stop);
    if (text === '' || text.trim() === '') return;
    batch.rows.push(text.split(this.delimiter));
    batch.lines.push(this.line);
  }

  /** One record from `from`, its fields into `this.fields`. */
  private quoted(data: string, from: number, end: boolean): Scan {
    const fields: string[] = [];
    this.fields = fields;
    let i = from;
    for (;;) {
      if (data.charCodeAt(i) === QUOTE) {
        let field = '';
        let start = i + 1;
        for (;;) {
          const close = data.indexOf('"', start);
          if (close === -1) return 'incomplete';
          if (close + 1 === data.length && !end) return 'incomplete';
          field += data.slice(start, close);
          if (data.charCodeAt(close + 1) !== QUOTE) {
            i = close + 1;
            break;
          }
          field += '"';
          start = close + 2;
        }
        fields.push(field);
      } else {
        const start = i;
        while (i < data.length) {
          const c = data.charCodeAt(i);
          if (c === this.delimiterCode || c === LF) break;
          i++;
        }
        if (i === data.length && !end) return 'incomplete';
        const stop =
          data.charCodeAt(i - 1) === CR && data.charCodeAt(i) !== this.delimiterCode && i > start ? i - 1 : i;
        fields.push(data.slice(start, stop));
      }
      const c = data.charCodeAt(i);
      if (i >= data.length) return data.length;
      if (c === this.delimiterCode) {
        i++;
        if (i === data.length) {
          if (!end) return 'incomplete';
          fields.push('');
          return i;
        }
      } else if (c === LF) return i + 1;
      else if (c === CR && data.charCodeAt(i + 1) === LF) return i + 2;
      else if (c === CR && i + 1 === data.length) return end ? i + 1 : 'incomplete';
      else return 'broken';
    }
  }
}

function tooLong(line: number): Batch['bad'][number] {
  return { line, code: 'EVENT_LINE_TOO_LONG', field: null, detail: `the line is longer than ${MAX_LINE_BYTES} bytes` };
}

function newlines(data: string, from: number, to: number): number {
  let n = 0;
  for (let i = data.indexOf('\n', from); i !== -1 && i < to; i = data.indexOf('\n', i + 1)) n++;
  return n;
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The delimiter of a CSV text: the one that stands most often in its first line, outside quotes. */
export function delimiterOf(head: string): string {
  const counts = new Map<string, number>();
  let inQuotes = false;
  for (const char of head.slice(0, 65_536)) {
    if (char === '"') inQuotes = !inQuotes;
    else if (!inQuotes && char === '\n') {
      if (counts.size > 0) break;
    } else if (!inQuotes && (DELIMITERS as readonly string[]).includes(char))
      counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  let best: string = ',';
  for (const delimiter of DELIMITERS) if ((counts.get(delimiter) ?? 0) > (counts.get(best) ?? 0)) best = delimiter;
  return best;
}

export function delimiterNamed(name: string): string {
  const delimiter = name === 'tab' || name === '\\t' ? '\t' : name;
  if (delimiter.length !== 1 || delimiter === '"' || delimiter === '\n' || delimiter === '\r') {
    throw usage(`--delimiter "${name}" must be one character, or "tab".`);
  }
  return delimiter;
}

export interface CsvOptions {
  delimiter: string;
  /** Whether the first record names the columns; else they are called 1, 2, 3 … */
  header: boolean;
  name: string;
}

/** A table of CSV text. Records with more or fewer fields than there are columns are rejected by line: their fields may have shifted. */
export async function csvTable(text: AsyncIterable<string>, options: CsvOptions): Promise<Table> {
  const ahead = new ReadAhead(records(text, options.delimiter));
  const [first] = await ahead.sample(1);
  if (first === undefined) throw new CliFailure(`${options.name} has no rows.`);
  const header = first as readonly string[];
  const names = options.header ? headerNames(header) : header.map((_, i) => String(i + 1));
  const body = new ReadAhead(fitted(ahead.batches(), names.length, options.header));
  const sample = await body.sample(SAMPLE_ROWS);
  const shown = options.delimiter === '\t' ? 'tabs' : `"${options.delimiter}"`;
  return {
    description: `CSV, ${shown} between the fields`,
    unit: 'line',
    columns: names.map((name) => ({ name })),
    sample,
    decimalComma: options.delimiter !== ',',
    rowCount: null,
    ...positional(names),
    batches: () => body.batches(),
  };
}

async function* records(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<Batch> {
  const scanner = new CsvScanner(delimiter);
  for await (const piece of text) {
    const batch = emptyBatch();
    scanner.push(piece, batch);
    yield batch;
  }
  const last = emptyBatch();
  scanner.push('', last, true);
  yield last;
}

/** Drops the header and rejects records of another width. */
async function* fitted(batches: AsyncIterable<Batch>, width: number, header: boolean): AsyncGenerator<Batch> {
  let dropHeader = header;
  for await (const { rows, lines, bad } of batches) {
    const batch: Batch = { rows: [], lines: [], bad };
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as readonly string[];
      if (dropHeader) {
        dropHeader = false;
        continue;
      }
      const line = lines[i] as number;
      if (row.length === width || isPadded(row, width)) {
        batch.rows.push(row);
        batch.lines.push(line);
      } else {
        const detail = `has ${row.length} fields where there are ${width} columns`;
        batch.bad.push({ line, code: 'EVENT_MALFORMED', field: null, detail });
      }
    }
    yield batch;
  }
}

/** Delimiters at the end of the line that stand for nothing. */
function isPadded(row: readonly string[], width: number): boolean {
  return row.length > width && row.slice(width).every((field) => field.trim() === '');
}

/** Names that are unique and not empty. */
function headerNames(header: readonly string[]): string[] {
  const seen = new Set<string>();
  return header.map((raw, i) => {
    const base = raw.trim() === '' ? `column ${i + 1}` : raw.trim();
    let name = base;
    for (let n = 2; seen.has(name); n++) name = `${base} (${n})`;
    seen.add(name);
    return name;
  });
}
