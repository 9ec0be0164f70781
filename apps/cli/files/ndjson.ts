import { MAX_LINE_BYTES } from '#contracts';
import { CliFailure } from '../failure.js';
import { featureRow } from './feature.js';
import { type Batch, type Table, ReadAhead, SAMPLE_ROWS, columnsOf, emptyBatch, isObject, named } from './table.js';

/** Splits text into lines as it arrives; of a line longer than `maxChars` nothing is kept but its number. */
export class LineScanner {
  private rest = '';
  private line = 1;
  private skipping = false;

  constructor(private readonly maxChars: number = MAX_LINE_BYTES) {}

  /** Calls `take` for each complete line; a null text stands for one that is too long. */
  push(text: string, take: (line: string | null, number: number) => void, end = false): void {
    const data = this.rest === '' ? text : this.rest + text;
    this.rest = '';
    let pos = 0;
    for (let newline = data.indexOf('\n'); newline !== -1; newline = data.indexOf('\n', pos)) {
      if (this.skipping) this.skipping = false;
      else take(newline - pos > this.maxChars ? null : data.slice(pos, newline), this.line);
      this.line++;
      pos = newline + 1;
    }
    if (this.skipping || pos >= data.length) return;
    if (data.length - pos > this.maxChars) {
      take(null, this.line);
      this.skipping = true;
    } else if (end) take(data.slice(pos), this.line);
    else this.rest = data.slice(pos);
  }
}

/** A table of newline-delimited JSON: one object a line, or one GeoJSON Feature a line (RFC 8142 with its separators, too). */
export async function ndjsonTable(text: AsyncIterable<string>, name: string): Promise<Table> {
  const ahead = new ReadAhead(objects(text));
  const sample = await ahead.sample(SAMPLE_ROWS);
  if (sample.length === 0) throw new CliFailure(`${name} has no line with a JSON object.`);
  return {
    description: 'NDJSON, one object a line',
    unit: 'line',
    columns: columnsOf(sample),
    sample,
    decimalComma: false,
    rowCount: null,
    ...named,
    batches: () => ahead.batches(),
  };
}

async function* objects(text: AsyncIterable<string>): AsyncGenerator<Batch> {
  const scanner = new LineScanner();
  let batch = emptyBatch();
  const take = (line: string | null, number: number) => takeLine(batch, line, number);
  for await (const piece of text) {
    scanner.push(piece, take);
    yield batch;
    batch = emptyBatch();
  }
  scanner.push('', take, true);
  yield batch;
}

function takeLine(batch: Batch, line: string | null, number: number): void {
  if (line === null) {
    const detail = `the line is longer than ${MAX_LINE_BYTES} bytes`;
    batch.bad.push({ line: number, code: 'EVENT_LINE_TOO_LONG', field: null, detail });
    return;
  }
  const text = line.charCodeAt(0) === 0x1e ? line.slice(1) : line;
  if (text.trim() !== '') takeJson(batch, text, number);
}

/** Adds one JSON text to the batch: as a row, or as a bad row with what is wrong. */
export function takeJson(batch: Batch, text: string, number: number): void {
  const bad = (detail: string, field: string | null = null, malformed = true) =>
    batch.bad.push({ line: number, code: malformed ? 'EVENT_MALFORMED' : 'EVENT_FIELD_INVALID', field, detail });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    bad(`is not JSON: ${text.length > 40 ? `${text.slice(0, 40)}…` : text.trim()}`);
    return;
  }
  if (!isObject(value)) {
    bad('is JSON, but not an object');
    return;
  }
  const row = value['type'] === 'Feature' && 'geometry' in value ? featureRow(value) : value;
  if (typeof row === 'string') {
    bad(row, 'geometry', false);
    return;
  }
  batch.rows.push(row);
  batch.lines.push(number);
}
