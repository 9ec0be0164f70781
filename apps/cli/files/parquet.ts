import { parquetMetadataAsync, parquetScan, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, FileMetaData, ParquetScan, SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { open, stat } from 'node:fs/promises';
import { CliFailure, fileFailure } from '../failure.js';
import { type Batch, type ColumnInfo, type Row, type Table, SAMPLE_ROWS, isObject, positional } from './table.js';

const ROWS_A_BATCH = 8_192;

/** A column that rows show; a geometry column stands for two, longitude and latitude of its point. */
interface Shown extends ColumnInfo {
  stored: string;
  part?: 0 | 1;
}

/**
 * A table of a Parquet file, read a row group at a time and only the columns that are wanted: memory is that of one row group's
 * wanted columns. Nested columns stay values of their top-level column; GeoParquet points show as `NAME.lon` and `NAME.lat`.
 */
export async function parquetTable(path: string): Promise<Table> {
  const file = await openBuffer(path);
  const scan = await readable(path, async () => {
    const metadata = await parquetMetadataAsync(file);
    return parquetScan({ file, metadata, compressors });
  });
  const shown = parquetSchema(scan.metadata).children.flatMap(shownColumns);
  const names = shown.map(({ name }) => name);
  const first = scan.ranges[0];
  const sample: Row[] = [];
  if (first !== undefined) {
    const rowEnd = Math.min(first.rowEnd, first.rowStart + SAMPLE_ROWS);
    // A reader of its own: what it caches of the beginning is no use to the pass that follows.
    const own = await readable(path, () => parquetScan({ file, metadata: scan.metadata, compressors }));
    sample.push(...(await readable(path, () => readRows(own, shown, shown, first.rowStart, rowEnd))));
  }
  if (sample.length === 0) throw new CliFailure(`${path} has no rows.`);
  return {
    description: `Parquet, ${writtenBy(scan.metadata)}${scan.ranges.length} row group${scan.ranges.length === 1 ? '' : 's'}`,
    unit: 'row',
    columns: shown.map(({ name, time }) => (time === undefined ? { name } : { name, time })),
    sample,
    decimalComma: false,
    rowCount: Number(scan.metadata.num_rows),
    ...positional(names),
    batches: (columns) =>
      rowGroups(path, scan, shown, columns === null ? shown : shown.filter(({ name }) => columns.includes(name))),
  };
}

async function* rowGroups(
  path: string,
  scan: ParquetScan,
  shown: readonly Shown[],
  wanted: readonly Shown[],
): AsyncGenerator<Batch> {
  for (const { rowStart, rowEnd } of scan.ranges) {
    // Once for the whole group: the scan keeps it, so that the slices below are cut from memory.
    await readable(path, () =>
      Promise.all(
        [...new Set(wanted.map(({ stored }) => stored))].map((column) => scan.readColumn({ column, rowStart, rowEnd })),
      ),
    );
    for (let start = rowStart; start < rowEnd; start += ROWS_A_BATCH) {
      const end = Math.min(rowEnd, start + ROWS_A_BATCH);
      const rows = await readable(path, () => readRows(scan, shown, wanted, start, end));
      yield { rows, lines: rows.map((_, i) => start + i + 1), bad: [] };
    }
  }
}

/** Rows as arrays over all shown columns; those not wanted stay undefined. */
async function readRows(
  scan: ParquetScan,
  shown: readonly Shown[],
  wanted: readonly Shown[],
  rowStart: number,
  rowEnd: number,
): Promise<Row[]> {
  const rows: unknown[][] = Array.from({ length: rowEnd - rowStart }, () => shown.map(() => undefined));
  for (const column of wanted) {
    const at = shown.indexOf(column);
    const values = await scan.readColumn({ column: column.stored, rowStart, rowEnd });
    for (let i = 0; i < rows.length; i++) (rows[i] as unknown[])[at] = valueOf(values[i], column.part);
  }
  return rows;
}

function valueOf(value: unknown, part: 0 | 1 | undefined): unknown {
  if (part === undefined) return value;
  if (!isObject(value) || value['type'] !== 'Point' || !Array.isArray(value['coordinates'])) return undefined;
  return (value['coordinates'] as readonly unknown[])[part];
}

function shownColumns({ element: { name, type, logical_type, converted_type } }: SchemaTree): Shown[] {
  const stored = name;
  if (logical_type?.type === 'GEOMETRY' || logical_type?.type === 'GEOGRAPHY') {
    return [
      { name: `${name}.lon`, stored, part: 0 },
      { name: `${name}.lat`, stored, part: 1 },
    ];
  }
  if (logical_type?.type === 'TIMESTAMP')
    return [{ name, stored, time: logical_type.isAdjustedToUTC ? 'instant' : 'local' }];
  if (logical_type?.type === 'DATE' || converted_type === 'DATE') return [{ name, stored, time: 'day' }];
  // The old annotation is defined as UTC; INT96 (Hive, old Spark) is by custom.
  if (converted_type === 'TIMESTAMP_MILLIS' || converted_type === 'TIMESTAMP_MICROS' || type === 'INT96')
    return [{ name, stored, time: 'instant' }];
  return [{ name, stored }];
}

function writtenBy({ created_by }: FileMetaData): string {
  const writer = created_by?.split(/ version | \(/)[0];
  return writer === undefined || writer === '' ? '' : `written by ${writer}, `;
}

/** Opened anew for each read: nobody tells when the last one is over. */
async function openBuffer(path: string): Promise<AsyncBuffer> {
  try {
    const { size } = await stat(path);
    return {
      byteLength: size,
      async slice(start, end = size) {
        const handle = await open(path, 'r');
        try {
          const bytes = new Uint8Array(Math.max(0, end - start));
          const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
          return bytesRead === bytes.length ? bytes.buffer : bytes.buffer.slice(0, bytesRead);
        } finally {
          await handle.close();
        }
      },
    };
  } catch (error) {
    throw fileFailure(error, `Cannot read ${path}`);
  }
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(
      `${path} is not a Parquet file that can be read: ${error instanceof Error ? error.message : String(error)}`,
      1,
      [],
      { cause: error },
    );
  }
}
