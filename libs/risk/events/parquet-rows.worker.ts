/**
 * A process that reads the rows of one Parquet file. What strangers send can make a reader fill the memory or run for
 * hours from a few bytes: its heap may burst, which in a thread would end all others too, and whoever waits for it may
 * end it.
 *
 * It stands alone: run from source, it resolves no imports of ours.
 */
import { readSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetScan,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetHeader } from 'hyparquet/src/column.js';

/** What the process is started with, as the JSON of its argument. */
export interface ParquetTask {
  /** Bytes of the file, which is open as descriptor 4. */
  size: number;
  /** Rows the file may claim in all. */
  maxRows: number;
}

/** What it answers each `next` with. */
export type ParquetMessage =
  | { rows: unknown[]; firstRow: number }
  | { done: true }
  /** `columns`: the file is one, and its columns are not those of events. */
  | { refused: string; columns: boolean };

const MB = 1024 * 1024;
const MAX_FOOTER = 16 * MB;
const MAX_COLUMNS = 500;
const MAX_GROUP_ROWS = 1_048_576;
/** Of the wanted columns of a row group, compressed and not. */
const MAX_GROUP_BYTES = 256 * MB;
const MAX_PAGE_BYTES = 64 * MB;
/** Values of a nested column for each of its rows: an event has at most 32 attributes. */
const MAX_VALUES_A_ROW = 64;
const ROWS_A_MESSAGE = 2_000;

const FIELDS = new Set(['event_id', 'timestamp', 'lat', 'lon', 'event_type', 'amount', 'entity_id']);
const REQUIRED = ['event_id', 'timestamp', 'lat', 'lon', 'event_type'];
const NAMES = new Set(['event_id', 'event_type', 'entity_id']);
const ATTRS = 'attrs';
/** What an export has beside the fields; it is computed anew. */
const IGNORED = new Set(['cell']);

class Refusal extends Error {
  readonly columns: boolean;

  constructor(message: string, columns = false) {
    super(message);
    this.columns = columns;
  }
}

/** A column of the file and how its values become a field. */
interface Wanted {
  name: string;
  valueOf: (value: unknown) => unknown;
  nested: boolean;
}

const FILE = 4;
const { size, maxRows } = JSON.parse(process.argv[2] ?? '') as ParquetTask;

function bytesOf(start: number, end: number): Uint8Array<ArrayBuffer> {
  if (!(start >= 0 && end >= start && end <= size)) throw new Refusal('it points outside of itself');
  if (end - start > MAX_GROUP_BYTES)
    throw new Refusal(`a column of a row group has more than ${MAX_GROUP_BYTES / MB} MB`);
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length;) {
    const read = readSync(FILE, bytes, at, bytes.length - at, start + at);
    if (read === 0) throw new Refusal('it ends too early');
    at += read;
  }
  return bytes;
}

function readMetadata(): FileMetaData {
  if (size < 12) throw new Refusal('it is too short');
  const end = new DataView(bytesOf(size - 8, size).buffer);
  if (end.getUint32(4, true) !== 0x31524150) throw new Refusal('it does not end with PAR1');
  const length = end.getUint32(0, true);
  if (length > size - 12) throw new Refusal('its footer is longer than it is');
  if (length > MAX_FOOTER) throw new Refusal(`its footer has more than ${MAX_FOOTER / MB} MB`);
  return parquetMetadata(bytesOf(size - 8 - length, size).buffer, { geoparquet: false });
}

function wantedColumns(metadata: FileMetaData): Wanted[] {
  const { children } = parquetSchema(metadata);
  if (children.length > MAX_COLUMNS) throw new Refusal(`it has more than ${MAX_COLUMNS} columns`, true);
  const names = children.map(({ element }) => element.name);
  const known = (name: string) =>
    FIELDS.has(name) || IGNORED.has(name) || name === ATTRS || (name.startsWith(`${ATTRS}.`) && name !== `${ATTRS}.`);
  const unknown = names.filter((name) => !known(name)).slice(0, 5);
  if (unknown.length > 0)
    throw new Refusal(`there is no column ${unknown.map((name) => `"${name.slice(0, 64)}"`).join(', ')}`, true);
  const missing = REQUIRED.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Refusal(`the columns ${missing.join(', ')} are missing`, true);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Refusal(`the column "${twice}" stands twice`, true);
  return children
    .filter(({ element }) => !IGNORED.has(element.name))
    .map((column) => ({
      name: column.element.name,
      valueOf: converter(column),
      nested: column.children.length > 0,
    }));
}

/** Makes of a column's values what JSON would have in their place. */
function converter({ element }: SchemaTree): (value: unknown) => unknown {
  const { name, logical_type } = element;
  if (name === 'timestamp') {
    if (element.converted_type === 'DATE' || logical_type?.type === 'DATE') return (value) => isoOf(value).slice(0, 10);
    // A time without a zone is ambiguous, and is refused as such where the row is judged.
    if (logical_type?.type === 'TIMESTAMP' && !logical_type.isAdjustedToUTC)
      return (value) => isoOf(value).replace('Z', '');
    return (value) => (value instanceof Date ? isoOf(value) : plain(value));
  }
  if (NAMES.has(name))
    return (value) => (typeof value === 'number' || typeof value === 'bigint' ? String(value) : plain(value));
  if (name !== ATTRS) return plain;
  return (value) => (typeof value === 'string' ? parsed(value) : plain(value));
}

const isoOf = (value: unknown): string =>
  value instanceof Date ? (Number.isNaN(value.getTime()) ? 'no time' : value.toISOString()) : String(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function plain(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return isoOf(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, plain(inner)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

/** Everything a row group says of itself that decides how much memory reading it takes. */
function checkGroup(group: RowGroup, wanted: readonly Wanted[], number: number): void {
  const rows = Number(group.num_rows);
  const where = `row group ${number + 1}`;
  if (!(rows >= 0)) throw new Refusal(`${where} has no number of rows`);
  if (rows > MAX_GROUP_ROWS)
    throw new Refusal(`${where} has ${rows} rows; write at most ${MAX_GROUP_ROWS} into one row group`);
  let compressed = 0;
  let uncompressed = 0;
  for (const { file_path, meta_data } of group.columns) {
    if (file_path !== undefined) throw new Refusal(`${where} stands in another file`);
    const column = wanted.find(({ name }) => name === meta_data?.path_in_schema[0]);
    if (!column || !meta_data) continue;
    const start = Number(meta_data.dictionary_page_offset ?? meta_data.data_page_offset);
    const length = Number(meta_data.total_compressed_size);
    compressed += length;
    if (compressed > MAX_GROUP_BYTES)
      throw new Refusal(`${where} has more than ${MAX_GROUP_BYTES / MB} MB; write smaller row groups`);
    uncompressed += checkPages(bytesOf(start, start + length), column.nested ? rows * MAX_VALUES_A_ROW : rows, where);
    if (uncompressed > MAX_GROUP_BYTES)
      throw new Refusal(
        `${where} has more than ${MAX_GROUP_BYTES / MB} MB when decompressed; write smaller row groups`,
      );
  }
}

/** Sizes of the pages by their own headers, which are what a reader allocates by. @returns bytes, decompressed */
function checkPages(bytes: Uint8Array<ArrayBuffer>, maxValues: number, where: string): number {
  const reader = { view: new DataView(bytes.buffer), offset: 0 };
  let values = 0;
  let uncompressed = 0;
  while (reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: length, uncompressed_page_size: full } = header;
    if (!(length >= 0 && length <= bytes.length - reader.offset)) throw new Refusal(`a page of ${where} is cut`);
    if (!(full >= 0 && full <= MAX_PAGE_BYTES))
      throw new Refusal(`a page of ${where} has more than ${MAX_PAGE_BYTES / MB} MB when decompressed`);
    const count = (header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header)?.num_values;
    if (count === undefined || !(count >= 0)) throw new Refusal(`a page of ${where} has no number of values`);
    values += count;
    // A dictionary comes on top, and has no more values than there are to point at it.
    if (values > 2 * maxValues) throw new Refusal(`${where} has more values than rows`);
    uncompressed += full;
    reader.offset += length;
  }
  return uncompressed;
}

/** Decompressors that never give more than a page may hold: its header was checked, its content can say otherwise. */
const bounded: Compressors = {
  ...Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (!(length <= MAX_PAGE_BYTES)) throw new Refusal('a page is larger than its header says');
        return decompress(input, length);
      },
    ]),
  ),
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
};

async function* read(): AsyncGenerator<ParquetMessage> {
  const metadata = readMetadata();
  const wanted = wantedColumns(metadata);
  const total = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  if (!(total <= maxRows)) throw new Refusal(`it has ${total} rows; send at most ${maxRows} at once`);
  const file: AsyncBuffer = { byteLength: size, slice: (start, end = size) => bytesOf(start, end).buffer };
  const columns = wanted.map(({ name }) => name);
  // Pages are read one after the other, as they were checked, and not where an index says that they are.
  const scan = await parquetScan({ file, metadata, columns, compressors: bounded, useOffsetIndex: false });
  let groupStart = 0;
  for (const [number, group] of metadata.row_groups.entries()) {
    checkGroup(group, wanted, number);
    const rows = Number(group.num_rows);
    const range = { rowStart: groupStart, rowEnd: groupStart + rows };
    const values = await Promise.all(columns.map((column) => scan.readColumn({ column, ...range })));
    if (values.some((column) => column.length !== rows))
      throw new Refusal(`a column of row group ${number + 1} is short`);
    for (let from = 0; from < rows; from += ROWS_A_MESSAGE) {
      const slice = Array.from({ length: Math.min(ROWS_A_MESSAGE, rows - from) }, (_, i) =>
        eventOf(wanted, values, from + i),
      );
      yield { rows: slice, firstRow: groupStart + from + 1 };
    }
    groupStart += rows;
  }
}

function eventOf(wanted: readonly Wanted[], values: readonly ArrayLike<unknown>[], row: number): unknown {
  const event: Record<string, unknown> = {};
  let attrs: Record<string, unknown> | undefined;
  wanted.forEach(({ name, valueOf }, i) => {
    const value = values[i]?.[row];
    const shown = value === null || value === undefined ? undefined : valueOf(value);
    if (shown === undefined) return;
    if (name.startsWith(`${ATTRS}.`)) (attrs ??= {})[name.slice(ATTRS.length + 1)] = shown;
    else event[name] = shown;
  });
  if (attrs) event[ATTRS] = typeof event[ATTRS] === 'object' ? { ...event[ATTRS], ...attrs } : attrs;
  return event;
}

const messages = read();
process.on('message', () => {
  messages.next().then(
    ({ value, done }) => process.send?.(done ? { done: true } : value),
    (error: unknown) => {
      const refused = error instanceof Error ? error.message : String(error);
      process.send?.({ refused, columns: error instanceof Refusal && error.columns });
    },
  );
});
