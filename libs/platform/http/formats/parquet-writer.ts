import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { type Column, selected, valueOf } from './columns.js';
import type { TableWriter, WriterOptions } from './table-writer.js';

/** Rows of a row group. */
const PORTION = 5_000;

/** Hands out what was written so far; where in the file that stands is counted on. */
class Outlet extends ByteWriter {
  take(): Buffer {
    const bytes = Buffer.from(this.getBytes());
    this.index = 0;
    return bytes;
  }
}

/** Parquet with a row group a portion, compressed with Snappy. */
export function parquetWriter<Row extends object>(options: WriterOptions<Row>): TableWriter<Row> {
  const { columns, fields, members } = options;
  const outlet = new Outlet();
  const writer = new ParquetWriter({
    writer: outlet,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)],
    kvMetadata: Object.entries(members).map(([key, value]) => ({ key, value: String(value) })),
    createdBy: 'st-risk-platform',
  });
  const values = columns.map(valueOf);
  return {
    portion: PORTION,
    head: () => outlet.take(),
    rows: (rows) => {
      const shown = rows.map((row) => selected(row, fields));
      const columnData = columns.map((column, i) => ({
        name: column.name,
        data: shown.map((row) => parquetValue(column, values[i]?.(row))),
        // Kept until the end of the file, and read by those alone who look for single rows.
        offsetIndex: false,
      }));
      // Without a flush of its own nothing in it waits.
      void writer.write({ columnData, rowGroupSize: rows.length });
      return outlet.take();
    },
    tail: () => {
      void writer.finish();
      return outlet.take();
    },
  };
}

function elementOf({ name, type, nullable }: Column): SchemaElement {
  const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED';
  switch (type) {
    case 'number':
      return { name, repetition_type, type: 'DOUBLE' };
    case 'integer':
      return { name, repetition_type, type: 'INT32', converted_type: 'UINT_32' };
    case 'time':
      return {
        name,
        repetition_type,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
      };
    case 'text':
      return { name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'json':
      return { name, repetition_type, type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } };
  }
}

function parquetValue({ type }: Column, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  return type === 'time' ? new Date(value as string) : value;
}
