import { parse } from 'csv-parse/sync';
import { AppError } from '#platform';
import type { SourceRecord } from './records.js';

/** A record read to a value that `toEventRow` judges; `unreadable` says why it could not be read at all. */
export interface ReadRecord {
  line: number;
  value?: unknown;
  unreadable?: string;
  tooLong?: true;
}

/** Reads the records of one format, chunk by chunk. */
export interface RecordReader {
  /** Whether a line break inside double quotes belongs to the record. */
  readonly quoted: boolean;
  read(records: SourceRecord[]): ReadRecord[];
}

export class NdjsonReader implements RecordReader {
  readonly quoted = false;

  read(records: SourceRecord[]): ReadRecord[] {
    return records.map((record) => {
      if ('tooLong' in record) return record;
      try {
        return { line: record.line, value: JSON.parse(record.text) as unknown };
      } catch (error) {
        return {
          line: record.line,
          unreadable: error instanceof SyntaxError ? `no JSON: ${error.message}` : String(error),
        };
      }
    });
  }
}

const REQUIRED = ['event_id', 'timestamp', 'lat', 'lon', 'event_type'];
const COLUMNS = new Set([...REQUIRED, 'amount', 'entity_id']);
const NUMBERS = new Set(['lat', 'lon', 'amount']);
const ATTRS = 'attrs.';
/** No two parts of it can take the same digit, so that a long wrong one is refused in one pass. */
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** CSV with a header of the event's fields; `attrs.<name>` columns become entries of attrs. */
export class CsvReader implements RecordReader {
  readonly quoted = true;
  private header: string[] | undefined;

  /** @throws AppError BULK_HEADER_INVALID when the header names what there is not, or lacks what there must be */
  read(records: SourceRecord[]): ReadRecord[] {
    const rest = this.header ? records : records.slice(1);
    if (!this.header) {
      const first = records[0];
      if (!first) return [];
      this.header = 'tooLong' in first ? refuseHeader('the first line is too long') : readHeader(first.text);
    }
    return rest.map((record) => ('tooLong' in record ? record : this.one(record.line, record.text, this.header ?? [])));
  }

  private one(line: number, text: string, header: string[]): ReadRecord {
    const fields = splitPlain(text) ?? splitQuoted(text);
    if (typeof fields === 'string') return { line, unreadable: fields };
    if (fields.length !== header.length)
      return { line, unreadable: `${fields.length} fields where the header has ${header.length}` };
    const event: Record<string, unknown> = {};
    let attrs: Record<string, string> | undefined;
    for (let i = 0; i < header.length; i++) {
      const field = fields[i] ?? '';
      const name = header[i] ?? '';
      // A blank is an empty field too; as a number it would be 0, and the event on the equator.
      if (field.trim() === '') continue;
      if (name.startsWith(ATTRS)) (attrs ??= {})[name.slice(ATTRS.length)] = field;
      // What is no number goes on as it stands, so that the answer can show it.
      else event[name] = NUMBERS.has(name) && NUMBER.test(field) ? Number(field) : field;
    }
    if (attrs) event.attrs = attrs;
    return { line, value: event };
  }
}

/** A line without quotes needs no parser; most have none. */
function splitPlain(text: string): string[] | undefined {
  return text.includes('"') ? undefined : text.split(',');
}

/** The fields of a record, or why there are none. */
function splitQuoted(text: string): string[] | string {
  try {
    const rows = parse(text, { relax_column_count: true });
    return rows.length === 1 ? (rows[0] ?? []) : 'the quotes do not close';
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  }
}

function readHeader(text: string): string[] {
  const fields = splitPlain(text) ?? splitQuoted(text);
  if (typeof fields === 'string') refuseHeader(fields);
  const names = fields.map((name) => name.trim());
  const unknown = names.filter((name) => !COLUMNS.has(name) && !(name.startsWith(ATTRS) && name !== ATTRS));
  if (unknown.length > 0)
    refuseHeader(
      `there is no column ${unknown
        .slice(0, 5)
        .map((name) => `"${name.slice(0, 64)}"`)
        .join(', ')}`,
    );
  const missing = REQUIRED.filter((name) => !names.includes(name));
  if (missing.length > 0) refuseHeader(`the columns ${missing.join(', ')} are missing`);
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) refuseHeader(`the column "${twice}" stands twice`);
  return names;
}

function refuseHeader(reason: string): never {
  throw new AppError(
    'BULK_HEADER_INVALID',
    `${reason}. The first line names the columns: ${[...COLUMNS].join(', ')}, and attrs.<name> for anything else`,
    { errors: [{ path: 'line 1', message: reason }] },
  );
}
