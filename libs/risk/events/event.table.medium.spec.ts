import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { queryAsync } from 'chdb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Event } from '#contracts';
import { bodyOfRows } from '#platform';
import type { ReadRecord } from './bulk-formats.js';
import { eventTable } from './event.table.js';
import { ParquetUploads } from './parquet-uploads.js';

/** Another reader and writer of these formats than ours: ClickHouse. */
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strisk-formats-'));
});
afterAll(() => rm(directory, { recursive: true }));

const events = Array.from({ length: 12_000 }, (_, i): Event => ({
  event_id: `e-${i}`,
  timestamp: new Date(Date.UTC(2020, 0, 1) + 1_234_567 * i).toISOString(),
  lat: 43 + i / 1e5,
  lon: -79.5,
  cell: '872b9bc71ffffff',
  event_type: i % 2 === 0 ? 'fire' : 'flood',
  amount: i % 5 === 0 ? null : i / 8,
  entity_id: i % 7 === 0 ? `s-${i}` : null,
  attrs: { cause: `ä"${i}` },
}));

/** ClickHouse makes an object of Parquet's JSON; in Arrow it is text. */
const decoded = (attrs: unknown): unknown => (typeof attrs === 'string' ? JSON.parse(attrs) : attrs);

it.each([
  ['parquet', 'Parquet'],
  ['arrow', 'ArrowStream'],
] as const)('%s is what another program reads', async (format, name) => {
  const path = join(directory, `events.${format}`);
  await writeFile(path, await (await bodyOfRows(format, eventTable, events)).bytes());
  const sql = `SELECT event_id, toUnixTimestamp64Milli(timestamp) AS time, lat, lon, cell, event_type, amount, entity_id, attrs
    FROM file('${path}', ${name}) ORDER BY time`;
  const result = await queryAsync(sql, { format: 'JSONCompactEachRow' });
  const rows = result
    .text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown[]);
  expect(rows.map(([id, time, ...rest]) => [id, Number(time), ...rest.slice(0, -1), decoded(rest.at(-1))])).toEqual(
    events.map((e) => [
      e.event_id,
      Date.parse(e.timestamp),
      e.lat,
      e.lon,
      e.cell,
      e.event_type,
      e.amount,
      e.entity_id,
      e.attrs,
    ]),
  );
});

it.each(['snappy', 'zstd', 'lz4', 'gzip', 'brotli', 'none'])(
  'Parquet that another program wrote is read, compressed with %s',
  async (codec) => {
    const path = join(directory, `${codec}.parquet`);
    await queryAsync(
      `INSERT INTO FUNCTION file('${path}', Parquet)
       SELECT 'id-' || toString(number) AS event_id, fromUnixTimestamp64Milli(1577836800000 + number, 'UTC') AS timestamp,
         43 + number / 1e6 AS lat, toFloat32(-79.5) AS lon, 'fire' AS event_type,
         if(number % 3 = 0, NULL, toDecimal64(number, 2)) AS amount, map('cause', 'c' || toString(number % 5)) AS attrs
       FROM numbers(30000)
       SETTINGS output_format_parquet_compression_method = '${codec}', output_format_parquet_row_group_size = 7000`,
    );
    const uploads = new ParquetUploads({ dataDir: directory }, { BULK_LIMIT_MB: 64 });
    const read: ReadRecord[] = [];
    const body = Readable.from([await readFile(path)], { objectMode: false });
    await uploads.read(body, new AbortController().signal, async (records) => {
      for await (const some of records) read.push(...some);
    });
    expect(read).toHaveLength(30_000);
    expect(read[0]?.value).toEqual({
      event_id: 'id-0',
      timestamp: '2020-01-01T00:00:00.000Z',
      lat: 43,
      lon: -79.5,
      event_type: 'fire',
      attrs: { cause: 'c0' },
    });
    expect(read[29_999]).toMatchObject({
      line: 30_000,
      value: { event_id: 'id-29999', amount: 29_999, attrs: { cause: 'c4' } },
    });
  },
);
