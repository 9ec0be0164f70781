import { MAX_LINE_BYTES } from '#contracts';
import { CliFailure } from '../failure.js';
import { takeJson } from './ndjson.js';
import { type Batch, type Table, ReadAhead, SAMPLE_ROWS, columnsOf, emptyBatch, named } from './table.js';

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const COLON = 58;
const COMMA = 44;

/** Members of a document's outermost object that hold its rows: GeoJSON's, a list of the API, a body of `POST /events`. */
export const ROW_MEMBERS: readonly string[] = ['features', 'data', 'events'];
const LONGEST_NAME = 64;

/**
 * Cuts the elements out of the one array of a large JSON document as its text arrives: the outermost array, or the member
 * `features`, `data` or `events` of the outermost object. Only brackets and strings are followed here; each element's text is
 * given to JSON.parse by itself, so memory is that of one element and a broken one does not end the file.
 */
export class ElementScanner {
  /** Nested brackets around the current position, the element's own included. */
  private depth = 0;
  private inString = false;
  private escaped = false;
  private place: 'before' | 'inside' | 'after' = 'before';
  private name = '';
  private member = '';
  private arrayDepth = 0;
  private element = '';
  private inElement = false;
  private overlong = false;
  private ordinal = 0;

  constructor(private readonly maxChars: number = MAX_LINE_BYTES) {}

  /** Whether the array was found and closed. */
  get complete(): boolean {
    return this.place === 'after';
  }

  get found(): boolean {
    return this.place !== 'before';
  }

  /** Calls `take` with the text of each element completed by `text` (null: longer than allowed) and its number from 1. */
  push(text: string, take: (element: string | null, number: number) => void): void {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      if (this.place === 'after') return;
      if (this.inString) {
        i = this.throughString(text, i);
        continue;
      }
      const c = text.charCodeAt(i);
      if (this.place === 'before') {
        this.seek(c);
        start = i + 1;
        continue;
      }
      const atTop = this.depth === this.arrayDepth;
      if (atTop && (c === COMMA || c === CLOSE_BRACKET)) {
        this.finish(text.slice(start, i), take);
        start = i + 1;
        if (c === CLOSE_BRACKET) this.place = 'after';
        continue;
      }
      if (c > 32) this.inElement = true;
      if (c === QUOTE) this.inString = true;
      else if (c === OPEN_BRACE || c === OPEN_BRACKET) this.depth++;
      else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) this.depth--;
    }
    if (this.place === 'inside' && !this.overlong) this.keep(text.slice(start));
  }

  /** Goes on in a string from `from`; returns the index of its closing quote, or of the text's last character. */
  private throughString(text: string, from: number): number {
    if (this.escaped) {
      this.escaped = false;
      return from;
    }
    let quote = text.indexOf('"', from);
    // A quote behind an odd number of backslashes is part of the string.
    while (quote !== -1 && backslashesBefore(text, quote, from) % 2 === 1) quote = text.indexOf('"', quote + 1);
    const end = quote === -1 ? text.length : quote;
    if (this.place === 'before' && this.name.length < LONGEST_NAME) this.name += text.slice(from, end);
    if (quote !== -1) {
      this.inString = false;
      return quote;
    }
    this.escaped = backslashesBefore(text, end, from) % 2 === 1;
    return text.length - 1;
  }

  private seek(c: number): void {
    if (c === QUOTE) {
      this.inString = true;
      this.name = '';
    } else if (c === COLON) {
      if (this.depth === 1) this.member = this.name;
    } else if (c === OPEN_BRACKET && (this.depth === 0 || (this.depth === 1 && ROW_MEMBERS.includes(this.member)))) {
      this.place = 'inside';
      this.arrayDepth = this.depth;
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) this.depth++;
    else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) this.depth--;
  }

  private keep(piece: string): void {
    if (this.element.length + piece.length > this.maxChars) {
      this.overlong = true;
      this.element = '';
    } else this.element += piece;
  }

  private finish(last: string, take: (element: string | null, number: number) => void): void {
    if (!this.overlong) this.keep(last);
    if (this.inElement) take(this.overlong ? null : this.element, ++this.ordinal);
    this.element = '';
    this.overlong = false;
    this.inElement = false;
  }
}

function backslashesBefore(text: string, at: number, from: number): number {
  let n = 0;
  while (at - n - 1 >= from && text.charCodeAt(at - n - 1) === BACKSLASH) n++;
  return n;
}

/** A table of a GeoJSON FeatureCollection or of a JSON array of objects, read in constant memory. */
export async function jsonTable(text: AsyncIterable<string>, name: string): Promise<Table> {
  const ahead = new ReadAhead(elements(text, name));
  const sample = await ahead.sample(SAMPLE_ROWS);
  if (sample.length === 0) throw new CliFailure(`${name} has no features (or objects) that could be read.`);
  return {
    description: 'GeoJSON or JSON, one array of features or objects',
    unit: 'feature',
    columns: columnsOf(sample),
    sample,
    decimalComma: false,
    rowCount: null,
    ...named,
    batches: () => ahead.batches(),
  };
}

async function* elements(text: AsyncIterable<string>, name: string): AsyncGenerator<Batch> {
  const scanner = new ElementScanner();
  let batch = emptyBatch();
  const take = (element: string | null, number: number) => {
    if (element !== null) takeJson(batch, element, number);
    else {
      const detail = `is longer than ${MAX_LINE_BYTES} bytes`;
      batch.bad.push({ line: number, code: 'EVENT_LINE_TOO_LONG', field: null, detail });
    }
  };
  for await (const piece of text) {
    scanner.push(piece, take);
    yield batch;
    batch = emptyBatch();
  }
  if (!scanner.found)
    throw new CliFailure(
      `${name} has no array of rows: a GeoJSON FeatureCollection or a JSON array of objects is read.`,
    );
  if (!scanner.complete)
    throw new CliFailure(`${name} is truncated: it ends inside its array of features.`, 1, [
      'Fetch or write it again.',
    ]);
}
