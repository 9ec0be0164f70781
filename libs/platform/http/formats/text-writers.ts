import { type Column, selected, valueOf } from './columns.js';
import type { TableWriter, WriterOptions } from './table-writer.js';

/** Some milliseconds of work. */
const PORTION = 1_000;

export function ndjsonWriter<Row extends object>({ fields }: WriterOptions<Row>): TableWriter<Row> {
  return {
    portion: PORTION,
    head: () => '',
    rows: (rows) => rows.map((row) => `${JSON.stringify(selected(row, fields))}\n`).join(''),
    tail: () => '',
  };
}

/** RFC 4180, with a header. */
export function csvWriter<Row extends object>({ columns, fields }: WriterOptions<Row>): TableWriter<Row> {
  const values = columns.map(valueOf);
  const line = (parts: string[]) => `${parts.join(',')}\r\n`;
  return {
    portion: PORTION,
    head: () => line(columns.map(({ name }: Column) => name)),
    rows: (rows) =>
      rows
        .map((row) => {
          const shown = selected(row, fields);
          return line(values.map((value) => csvField(value(shown))));
        })
        .join(''),
    tail: () => '',
  };
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet runs a field that begins like a formula; the apostrophe makes it text.
  const safe = typeof value === 'string' && /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 7946: one FeatureCollection. */
export function geojsonWriter<Row extends object>(options: WriterOptions<Row>): TableWriter<Row> {
  const { members, fields, feature } = options;
  if (!feature) throw new Error('These rows have no place to be drawn at');
  let written = 0;
  const one = (row: Row) => {
    const { id, geometry, properties } = feature(row);
    const comma = written++ === 0 ? '' : ',';
    return `${comma}{"type":"Feature","id":${JSON.stringify(id)},"geometry":${geometry},"properties":${JSON.stringify(selected(properties, fields))}}`;
  };
  return {
    portion: PORTION,
    head: () => `${JSON.stringify({ type: 'FeatureCollection', ...members }).slice(0, -1)},"features":[`,
    rows: (rows) => rows.map(one).join(''),
    tail: () => ']}',
  };
}
