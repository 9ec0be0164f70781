import { StringDecoder } from 'node:string_decoder';
import { MAX_LINE_BYTES } from '#contracts';

/** A line of a stream (in CSV a record, which may hold several), by the number of its first line, from 1. */
export type SourceRecord = { line: number; text: string } | { line: number; tooLong: true };

/**
 * Cuts a stream into records without ever holding more than one record's bound of it. A line over the bound is reported
 * and skipped to its end. With `quoted`, line breaks inside double quotes belong to the record; a quote that is never
 * closed is given up at the bound and reading goes on at the line after the one it stood in.
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
  private pending = '';
  private line = 1;
  private skipping = false;

  constructor(
    private readonly quoted: boolean,
    private readonly maxLength: number,
  ) {}

  push(text: string): SourceRecord[] {
    const out: SourceRecord[] = [];
    let data = this.pending + text;
    this.pending = '';
    let from = 0;
    let searchFrom = 0;
    for (;;) {
      const newline = data.indexOf('\n', searchFrom);
      if (newline === -1) break;
      const open = this.quoted && !this.skipping && hasOpenQuote(data, from, newline);
      if (open && newline - from <= this.maxLength) {
        searchFrom = newline + 1;
        continue;
      }
      if (open) {
        // Never closed: the first line alone is at fault, what follows it is read as it stands.
        const end = data.indexOf('\n', from);
        out.push({ line: this.line++, tooLong: true });
        from = searchFrom = end + 1;
        continue;
      }
      this.take(data, from, newline, out);
      from = searchFrom = newline + 1;
    }
    data = data.slice(from);
    if (this.skipping) data = '';
    else if (data.length > this.maxLength && !(this.quoted && data.includes('\n'))) {
      out.push({ line: this.line, tooLong: true });
      this.skipping = true;
      data = '';
    }
    this.pending = data;
    return out;
  }

  end(text: string): SourceRecord[] {
    const out = this.push(text);
    if (this.pending.length === 0) return out;
    const rest = this.pending;
    this.pending = '';
    if (this.quoted && hasOpenQuote(rest, 0, rest.length) && rest.includes('\n')) {
      // The file ends inside quotes: line by line, so that one stray quote costs one line.
      for (const text of rest.split('\n')) this.emit(text, out);
      return out;
    }
    this.emit(rest, out);
    return out;
  }

  private take(data: string, from: number, to: number, out: SourceRecord[]): void {
    if (this.skipping) {
      this.skipping = false;
      this.line++;
      return;
    }
    if (to - from > this.maxLength) out.push({ line: this.line++, tooLong: true });
    else this.emit(data.slice(from, to), out);
  }

  private emit(raw: string, out: SourceRecord[]): void {
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (text.trim().length > 0) out.push({ line: this.line, text });
    this.line += 1 + (this.quoted ? countNewlines(text) : 0);
  }
}

function hasOpenQuote(data: string, from: number, to: number): boolean {
  let open = false;
  for (let at = data.indexOf('"', from); at !== -1 && at < to; at = data.indexOf('"', at + 1)) open = !open;
  return open;
}

function countNewlines(text: string): number {
  let n = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) n++;
  return n;
}
