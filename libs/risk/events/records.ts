import { StringDecoder } from 'node:string_decoder';
import { MAX_LINE_BYTES } from '#contracts';

/** A line of a stream (in CSV a record, which may hold several), by the number of its first line, from 1. */
export type SourceRecord = { line: number; text: string } | { line: number; tooLong: true };

/**
 * Cuts a stream into records without ever holding more than one record's bound of it. A line over the bound is reported
 * and skipped to its end. With `quoted`, line breaks inside double quotes belong to the record; a quote that is never
 * closed is given up at the bound: its line is a record as it stands, which no parser will read, and reading goes on at
 * the line after.
 */
export async function* records(
  source: AsyncIterable<Buffer>,
  { quoted, maxBytes = MAX_LINE_BYTES }: { quoted: boolean; maxBytes?: number },
): AsyncGenerator<SourceRecord[]> {
  const decoder = new StringDecoder('utf8');
  const cutter = new Cutter(quoted, maxBytes);
  let first = true;
  for await (const chunk of source) {
    let text = decoder.write(chunk);
    if (first && text.length > 0) {
      first = false;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    const cut = cutter.push(text);
    if (cut.length > 0) yield cut;
  }
  const rest = cutter.end(decoder.end());
  if (rest.length > 0) yield rest;
}

class Cutter {
  /** The record that has begun and is not whole; it starts a line. */
  private pending = '';
  private line = 1;
  private skipping = false;
  /** How far `pending` has been read, and whether a quote is open there: no part of it is read twice. */
  private read = 0;
  private open = false;

  constructor(
    private readonly quoted: boolean,
    private readonly maxLength: number,
  ) {}

  push(text: string): SourceRecord[] {
    const out: SourceRecord[] = [];
    const data = this.pending + text;
    let from = 0;
    for (;;) {
      const newline = data.indexOf('\n', this.read);
      const end = newline === -1 ? data.length : newline;
      if (this.quoted && !this.skipping && hasOddQuotes(data, this.read, end)) this.open = !this.open;
      this.read = end;
      const tooLong = end - from > this.maxLength;
      if (this.open && tooLong && data.lastIndexOf('\n', end - 1) > from) {
        // Never closed: the first line alone is at fault, what follows it is read as it stands.
        const first = data.indexOf('\n', from);
        this.emit(data.slice(from, first), out);
        from = this.restart(first + 1);
        continue;
      }
      if (newline === -1) break;
      if (this.open && !tooLong) this.read = newline + 1;
      else {
        this.take(data, from, newline, out);
        from = this.restart(newline + 1);
      }
    }
    if (!this.skipping && data.length - from > this.maxLength) {
      out.push({ line: this.line, tooLong: true });
      this.skipping = true;
      this.open = false;
    }
    this.pending = this.skipping ? '' : data.slice(from);
    this.read = this.skipping ? 0 : this.read - from;
    return out;
  }

  end(text: string): SourceRecord[] {
    const out = this.push(text);
    const rest = this.pending;
    this.pending = '';
    if (rest.length === 0) return out;
    if (this.open) {
      // The file ends inside quotes: line by line, so that one stray quote costs one line.
      for (const line of rest.split('\n')) this.emit(line, out);
    } else this.emit(rest, out);
    return out;
  }

  private restart(at: number): number {
    this.read = at;
    this.open = false;
    return at;
  }

  private take(data: string, from: number, to: number, out: SourceRecord[]): void {
    if (this.skipping) {
      this.skipping = false;
      this.line++;
    } else if (to - from > this.maxLength) out.push({ line: this.line++, tooLong: true });
    else this.emit(data.slice(from, to), out);
  }

  private emit(raw: string, out: SourceRecord[]): void {
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (text.trim().length > 0) out.push({ line: this.line, text });
    this.line += 1 + (this.quoted ? countNewlines(text) : 0);
  }
}

function hasOddQuotes(data: string, from: number, to: number): boolean {
  // Cut out first: a search in the whole would go on to its end for every line that has no quote.
  const part = data.slice(from, to);
  let odd = false;
  for (let at = part.indexOf('"'); at !== -1; at = part.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

function countNewlines(text: string): number {
  let n = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) n++;
  return n;
}
