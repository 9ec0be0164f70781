import { setImmediate } from 'node:timers/promises';
import { AppError } from '../app-error.js';
import type { AnswerFormat } from '../answers.js';
import { requestContext } from '../request-context.js';
import type { FieldTree } from '../selection.js';
import { selectColumns, type Table } from './columns.js';
import { type Chunk, Formatted } from './formatted.js';
import { MEDIA_TYPES } from './media-types.js';
import type { TableMembers, TableWriter, WriterOptions } from './table-writer.js';
import { csvWriter, geojsonWriter, ndjsonWriter } from './text-writers.js';

export interface RowsOptions {
  members?: TableMembers;
  /** What `fields=` chose of a row; of the request where left out. */
  fields?: FieldTree | undefined;
}

/**
 * Rows as a stream, however many there are: a page of them is in memory, and the next is fetched when the client has
 * taken what was made of it.
 * @throws what fetching the first page throws
 */
export async function streamRows<Row extends object>(
  format: AnswerFormat,
  table: Table<Row>,
  pages: AsyncIterable<readonly Row[]>,
  options: RowsOptions = {},
): Promise<Formatted> {
  const writer = await writerOf(format, table, options);
  return Formatted.streaming(MEDIA_TYPES[format], portions(writer, pages), `${table.name}.${EXTENSIONS[format]}`);
}

/** Rows that are in memory already as one body, which can be tagged and kept. */
export async function bodyOfRows<Row extends object>(
  format: AnswerFormat,
  table: Table<Row>,
  rows: readonly Row[],
  options: RowsOptions = {},
): Promise<Formatted> {
  const writer = await writerOf(format, table, options);
  const chunks: Chunk[] = [writer.head()];
  for (let from = 0; from < rows.length; from += writer.portion) {
    if (from > 0) await setImmediate();
    chunks.push(writer.rows(rows.slice(from, from + writer.portion)));
  }
  chunks.push(writer.tail());
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  return new Formatted(MEDIA_TYPES[format], Buffer.concat(bytes));
}

const EXTENSIONS: Readonly<Record<AnswerFormat, string>> = {
  ndjson: 'ndjson',
  csv: 'csv',
  geojson: 'geojson',
  parquet: 'parquet',
  arrow: 'arrows',
};

async function* portions<Row extends object>(
  writer: TableWriter<Row>,
  pages: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Chunk> {
  // What is written before the first page is sent with it, so that a failure to fetch that can still be told.
  let head: Chunk | undefined = writer.head();
  for await (const page of pages)
    for (let from = 0; from < page.length; from += writer.portion) {
      if (head !== undefined) yield head;
      head = undefined;
      yield writer.rows(page.slice(from, from + writer.portion));
      await setImmediate();
    }
  if (head !== undefined) yield head;
  yield writer.tail();
}

async function writerOf<Row extends object>(
  format: AnswerFormat,
  table: Table<Row>,
  { members = {}, fields = requestContext()?.fields }: RowsOptions,
): Promise<TableWriter<Row>> {
  const columns = selectColumns(table.columns, fields);
  if (columns.length === 0)
    throw new AppError('REQUEST_INVALID', 'fields names what the answer has not', {
      errors: [{ path: 'fields', message: `names none of ${table.columns.map(({ name }) => name).join(', ')}` }],
    });
  const options: WriterOptions<Row> = { columns, fields, members, feature: table.feature };
  switch (format) {
    case 'ndjson':
      return ndjsonWriter(options);
    case 'csv':
      return csvWriter(options);
    case 'geojson':
      return geojsonWriter(options);
    case 'arrow':
      // Loaded where they are asked for: together they take longer than the rest of a start.
      return (await import('./arrow-writer.js')).arrowWriter(options);
    case 'parquet':
      return (await import('./parquet-writer.js')).parquetWriter(options);
  }
}
