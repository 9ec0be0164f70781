import { tableFromIPC } from 'apache-arrow';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { AppError } from '../app-error.js';
import type { AnswerFormat } from '../answers.js';
import { bodyOfRows, type RowsOptions, streamRows } from './answer-rows.js';
import type { Table } from './columns.js';

interface Row {
  id: string;
  at: string;
  amount: number | null;
  count: number;
  place: { lat: number; lon: number };
  attrs: Record<string, unknown>;
  rings: { cells: number }[];
}

const table: Table<Row> = {
  name: 'things',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'at', type: 'time' },
    { name: 'amount', type: 'number', nullable: true },
    { name: 'count', type: 'integer' },
    { name: 'lat', path: 'place.lat', type: 'number' },
    { name: 'attrs', type: 'json' },
    { name: 'ring1', path: 'rings.0.cells', type: 'integer' },
  ],
  feature: ({ id, place, ...properties }) => ({
    id,
    geometry: `{"type":"Point","coordinates":[${place.lon},${place.lat}]}`,
    properties,
  }),
};

const row = (i: number, changes: Partial<Row> = {}): Row => ({
  id: `row-${i}`,
  at: new Date(Date.UTC(2020, 0, 1) + i * 1_234_567).toISOString(),
  amount: i % 3 === 0 ? null : i / 7,
  count: i === 1 ? 4_294_967_295 : i,
  place: { lat: i % 90, lon: 1 - (i % 180) },
  attrs: { i, text: 'ä"\n' },
  rings: [{ cells: 6 }],
  ...changes,
});
const rows = Array.from({ length: 23_456 }, (_, i) => row(i));

async function* inPages(all: Row[] = rows, size = 7_000): AsyncGenerator<Row[]> {
  for (let from = 0; from < all.length; from += size) {
    await Promise.resolve();
    yield all.slice(from, from + size);
  }
}
async function streamed(format: AnswerFormat, all = rows, options?: RowsOptions): Promise<Buffer> {
  return (await streamRows(format, table, inPages(all), options)).bytes();
}
const flat = (one: Row) => ({
  id: one.id,
  at: Date.parse(one.at),
  amount: one.amount,
  count: one.count,
  lat: one.place.lat,
  attrs: one.attrs,
  ring1: 6,
});

const arrowRows = (bytes: Buffer) =>
  tableFromIPC(bytes)
    .toArray()
    .map((one) => {
      const object = (one as { toJSON(): Record<string, unknown> }).toJSON();
      return typeof object['attrs'] === 'string'
        ? { ...object, attrs: JSON.parse(object['attrs']) as unknown }
        : object;
    });
const arrayBuffer = (bytes: Buffer) => new Uint8Array(bytes).buffer;
const parquetRows = async (bytes: Buffer) =>
  (await parquetReadObjects({ file: arrayBuffer(bytes) })).map((one) =>
    one['at'] instanceof Date ? { ...one, at: one['at'].getTime() } : one,
  );

describe('rows as a stream', () => {
  it('of NDJSON are one a line', async () => {
    const lines = (await streamed('ndjson')).toString().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
  });

  it('of CSV are their columns, with a header', async () => {
    const read = parse<Record<string, string>>(await streamed('csv'), { columns: true });
    expect(read).toHaveLength(rows.length);
    expect(read[4]).toEqual({
      id: 'row-4',
      at: rows[4]?.at,
      amount: String(4 / 7),
      count: '4',
      lat: '4',
      attrs: JSON.stringify(rows[4]?.attrs),
      ring1: '6',
    });
    expect(read[3]?.['amount']).toBe('');
  });

  it('of CSV quote what needs it and run in no spreadsheet', async () => {
    const cell = async (id: string) =>
      parse<Record<string, string>>(await streamed('csv', [row(0, { id })]), { columns: true })[0]?.['id'];
    for (const id of ['a,"b"\n', '-5', '-1.5', 'a=b', ' =x']) expect(await cell(id)).toBe(id);
    for (const id of ['=cmd()', '+1', '@sum', '-x', '\tx', '\r=x']) expect(await cell(id)).toBe(`'${id}`);
  });

  it('of GeoJSON are one collection with its members, and one of nothing', async () => {
    const collection = JSON.parse(
      (await streamed('geojson', rows.slice(0, 3), { members: { v: 'fire-1' } })).toString(),
    ) as {
      features: unknown[];
    };
    expect(collection).toMatchObject({ type: 'FeatureCollection', v: 'fire-1' });
    expect(collection.features).toHaveLength(3);
    const { place: _place, id, ...properties } = row(2);
    expect(collection.features[2]).toEqual({
      type: 'Feature',
      id,
      geometry: { type: 'Point', coordinates: [-1, 2] },
      properties,
    });
    expect(JSON.parse((await streamed('geojson', [])).toString())).toEqual({ type: 'FeatureCollection', features: [] });
  });

  it('of Parquet are read back as they were, a row group a portion', async () => {
    const bytes = await streamed('parquet', rows, { members: { model: 'fire-1' } });
    expect(await parquetRows(bytes)).toEqual(rows.map(flat));
    const metadata = parquetMetadata(arrayBuffer(bytes));
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([
      5_000, 2_000, 5_000, 2_000, 5_000, 2_000, 2_456,
    ]);
    expect(metadata.key_value_metadata).toEqual([{ key: 'model', value: 'fire-1' }]);
    expect(await parquetRows(await streamed('parquet', []))).toEqual([]);
  });

  it('of Arrow are read back as they were, in batches', async () => {
    const bytes = await streamed('arrow', rows, { members: { model: 'fire-1' } });
    expect(arrowRows(bytes)).toEqual(rows.map(flat));
    expect(tableFromIPC(bytes).batches.length).toBe(10);
    expect(tableFromIPC(bytes).schema.metadata).toEqual(new Map([['model', 'fire-1']]));
    const empty = tableFromIPC(await streamed('arrow', []));
    expect([empty.numRows, empty.schema.fields.length]).toEqual([0, 7]);
  });

  it.each(['ndjson', 'csv', 'geojson', 'parquet', 'arrow'] as const)(
    'of %s are the same bytes as one body',
    async (format) => {
      const some = rows.slice(0, 2_500);
      const { body, mediaType } = await bodyOfRows(format, table, some);
      const stream = await streamRows(format, table, inPages(some));
      expect(stream.mediaType).toBe(mediaType);
      expect(await stream.bytes()).toEqual(body);
    },
  );

  it('hold what fields= chose and no more', async () => {
    const fields = { id: true, place: { lat: true }, attrs: { i: true }, rings: { cells: true } } as const;
    const some = rows.slice(0, 2);
    const text = async (format: AnswerFormat) => (await streamed(format, some, { fields })).toString();
    expect((await text('csv')).split('\r\n').slice(0, 2)).toEqual(['id,lat,attrs,ring1', 'row-0,0,"{""i"":0}",6']);
    expect(JSON.parse((await text('ndjson')).split('\n')[1] ?? '')).toEqual({
      id: 'row-1',
      place: { lat: 1 },
      attrs: { i: 1 },
      rings: [{ cells: 6 }],
    });
    expect(JSON.parse(await text('geojson'))).toMatchObject({
      features: [{ properties: { attrs: { i: 0 } } }, { properties: { attrs: { i: 1 } } }],
    });
    const shown = [0, 1].map((i) => ({ id: `row-${i}`, lat: i, attrs: { i }, ring1: 6 }));
    expect(await parquetRows(await streamed('parquet', some, { fields }))).toEqual(shown);
    expect(arrowRows(await streamed('arrow', some, { fields }))).toEqual(shown);
    await expect(streamed('csv', some, { fields: { nothing: true } })).rejects.toThrow(AppError);
  });
});

describe('a stream of rows', () => {
  const forEver = () => {
    const seen = { pages: 0, ended: false };
    async function* pages(): AsyncGenerator<Row[]> {
      try {
        for (;;) {
          await Promise.resolve();
          seen.pages++;
          yield rows.slice(0, 1_000);
        }
      } finally {
        seen.ended = true;
      }
    }
    return { seen, pages: pages() };
  };

  it('that cannot begin is an error and no stream', async () => {
    // eslint-disable-next-line require-yield
    async function* broken(): AsyncGenerator<Row[]> {
      await Promise.resolve();
      throw new Error('store down');
    }
    await expect(streamRows('csv', table, broken())).rejects.toThrow('store down');
  });

  it('that breaks is destroyed with the cause', async () => {
    async function* broken(): AsyncGenerator<Row[]> {
      yield* inPages(rows.slice(0, 3));
      throw new Error('store down');
    }
    const stream = await streamRows('ndjson', table, broken());
    await expect(stream.bytes()).rejects.toThrow('store down');
  });

  it('makes no more than its reader takes, and ends its source when the reader leaves', async () => {
    const { seen, pages } = forEver();
    const { body } = await streamRows('ndjson', table, pages);
    if (typeof body === 'string' || Buffer.isBuffer(body)) throw new Error('no stream');
    const reader = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    await reader.next();
    await reader.next();
    const before = seen.pages;
    // Whatever it would still do by itself, it does in these turns.
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(seen.pages - before).toBeLessThanOrEqual(1);
    expect(seen.ended).toBe(false);
    await reader.return?.();
    await expect.poll(() => seen.ended).toBe(true);
  });
});
