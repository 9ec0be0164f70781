import { extname } from 'node:path';
import type { Readable } from 'node:stream';
import { CliFailure, usage } from '../failure.js';
import { csvTable, delimiterNamed, delimiterOf } from './csv.js';
import { ROW_MEMBERS, jsonTable } from './json.js';
import { ndjsonTable } from './ndjson.js';
import { parquetTable } from './parquet.js';
import { type Source, openSource } from './source.js';
import { type Table, isObject } from './table.js';
import { type Encoding, decoded, encodingNamed, encodingOf } from './text.js';

const FORMATS = ['csv', 'tsv', 'ndjson', 'geojson', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

const HEAD_BYTES = 64 * 1024;

export interface OpenOptions {
  format?: Format;
  delimiter?: string;
  encoding?: string;
  /** `false`: a CSV without a header line. */
  header?: boolean;
}

export interface OpenedFile {
  source: Source;
  table: Table;
  format: Format;
  /** Things about the file that the user should know before it is read. */
  notes: string[];
}

/** Opens a file of events (`-` is stdin) and reads its beginning. Raises CliFailure where it is nothing that can be read. */
export async function openFile(file: string, options: OpenOptions, stdin: Readable): Promise<OpenedFile> {
  const source = await openSource(file, stdin);
  const head = await source.head(HEAD_BYTES);
  if (head.length === 0) throw new CliFailure(`${source.name} is empty.`);
  const magic = head.subarray(0, 4).toString('latin1') === 'PAR1';
  if (options.format === 'parquet' || magic) {
    if (!magic) throw new CliFailure(`${source.name} is not a Parquet file.`);
    return { source, table: await openParquet(source), format: 'parquet', notes: [] };
  }
  const encoding = options.encoding === undefined ? encodingOf(head, source.name) : encodingNamed(options.encoding);
  const text = await headText(head, encoding);
  const format = options.format ?? formatOf(file, text, source.name);
  const pieces = decoded(source.bytes(), encoding);
  const notes = encodingNotes(encoding, options.encoding);
  switch (format) {
    case 'ndjson':
      return { source, table: await ndjsonTable(pieces, source.name), format, notes };
    case 'geojson':
      return { source, table: await jsonTable(pieces, source.name), format, notes };
    case 'csv':
    case 'tsv': {
      const fallback = format === 'tsv' ? '\t' : delimiterOf(text);
      const delimiter = options.delimiter === undefined ? fallback : delimiterNamed(options.delimiter);
      const table = await csvTable(pieces, { delimiter, header: options.header ?? true, name: source.name });
      return { source, table, format, notes };
    }
    case 'parquet':
      throw new CliFailure(`${source.name} is not a Parquet file.`);
  }
}

async function openParquet(source: Source): Promise<Table> {
  if (source.path === null)
    throw new CliFailure('Parquet cannot be read from stdin: its directory stands at the end. Give a file.');
  if (source.compression !== null) {
    throw new CliFailure(
      `${source.name} is a Parquet file packed once more: unpack it first (Parquet compresses by itself).`,
    );
  }
  return parquetTable(source.path);
}

async function headText(head: Buffer, encoding: Encoding): Promise<string> {
  let text = '';
  for await (const piece of decoded(once(head), encoding)) text += piece;
  return text;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}

function encodingNotes(encoding: Encoding, asked: string | undefined): string[] {
  return encoding === 'windows-1252' && asked === undefined
    ? ['The file is not UTF-8; it is read as Windows-1252 (--encoding to change).']
    : [];
}

const EXTENSIONS: Partial<Record<string, Format>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.geojsonl': 'ndjson',
  '.geojsons': 'ndjson',
  '.geojson': 'geojson',
  '.parquet': 'parquet',
};

/** The format by the name (below .gz or .zst), else by how the text begins. */
export function formatOf(file: string, head: string, name: string): Format {
  const bare = file.toLowerCase().replace(/\.(gz|zst|zstd)$/, '');
  const known = EXTENSIONS[extname(bare)];
  if (known !== undefined) return known;
  const start = head.trimStart();
  if (start.startsWith('[')) return 'geojson';
  if (start.startsWith('{') || start.startsWith('\u001e')) {
    const [line = ''] = (start.startsWith('{') ? start : start.slice(1)).split('\n', 1);
    return isRow(line) ? 'ndjson' : 'geojson';
  }
  if (start.startsWith('<'))
    throw new CliFailure(`${name} is an HTML or XML document.`, 1, ['CSV, TSV, NDJSON, GeoJSON and Parquet are read.']);
  return 'csv';
}

/** A line that is an object of its own, and not a whole document with its rows in one member. */
function isRow(line: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return false;
  }
  return isObject(value) && !ROW_MEMBERS.some((member) => Array.isArray(value[member]));
}

export function formatNamed(name: string): Format {
  const format = FORMATS.find((known) => known === name.toLowerCase());
  if (format === undefined) throw usage(`--format "${name}" is not known; there are ${FORMATS.join(', ')}.`);
  return format;
}
