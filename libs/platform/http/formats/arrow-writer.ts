import {
  type DataType,
  Field,
  Float64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  type TypeMap,
  Uint32,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { type Column, selected, valueOf } from './columns.js';
import type { TableWriter, WriterOptions } from './table-writer.js';

/** Rows of a record batch. */
const PORTION = 2_500;

/** Hands out the bytes as they are written: the library's own queue would take in all batches, read or not. */
class Outlet extends RecordBatchStreamWriter {
  private parts: Uint8Array[] = [];

  take(): Buffer {
    const bytes = Buffer.concat(this.parts);
    this.parts = [];
    return bytes;
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (chunk.byteLength > 0) {
      this.parts.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      this._position += chunk.byteLength;
    }
    return this;
  }
}

/** Arrow's streaming format: a schema, a record batch a portion, the mark of the end. */
export function arrowWriter<Row extends object>(options: WriterOptions<Row>): TableWriter<Row> {
  const { columns, fields, members } = options;
  const types = columns.map(typeOf);
  const struct = new Struct<TypeMap>(
    columns.map(({ name, nullable }, i) => new Field(name, types[i] as DataType, nullable ?? false)),
  );
  const metadata = new Map(Object.entries(members).map(([name, value]) => [name, String(value)]));
  const schema = new Schema<TypeMap>(struct.children, metadata);
  const values = columns.map(valueOf);
  const outlet = new Outlet();
  return {
    portion: PORTION,
    head: () => {
      outlet.reset(undefined, schema);
      return outlet.take();
    },
    rows: (rows) => {
      const shown = rows.map((row) => selected(row, fields));
      const children = columns.map((column, i) => {
        const cells = shown.map((row) => arrowValue(column, values[i]?.(row)));
        return vectorFromArray(cells, types[i] as DataType).data[0]!;
      });
      outlet.write(new RecordBatch(schema, makeData({ type: struct, length: rows.length, nullCount: 0, children })));
      return outlet.take();
    },
    tail: () => {
      outlet.finish();
      return outlet.take();
    },
  };
}

function typeOf({ type }: Column): DataType {
  switch (type) {
    case 'number':
      return new Float64();
    case 'integer':
      return new Uint32();
    case 'time':
      return new TimestampMillisecond('UTC');
    case 'text':
    case 'json':
      return new Utf8();
  }
}

function arrowValue({ type }: Column, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (type === 'time') return Date.parse(value as string);
  return type === 'json' ? JSON.stringify(value) : value;
}
