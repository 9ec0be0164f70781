import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import zlib, { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '#contracts';
import { type OpenOptions, formatOf, openFile } from './open.js';
import type { Batch } from './table.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strisk-open-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(name: string, content: string | Uint8Array, options: OpenOptions = {}) {
  const path = join(folder, name);
  await writeFile(path, content);
  return readFrom(path, Readable.from([]), options);
}

async function readFrom(path: string, stdin: Readable, options: OpenOptions = {}) {
  const opened = await openFile(path, options, stdin);
  const whole: Batch = { rows: [], lines: [], bad: [] };
  for await (const { rows, lines, bad } of opened.table.batches(null)) {
    whole.rows.push(...rows);
    whole.lines.push(...lines);
    whole.bad.push(...bad);
  }
  return { ...opened, ...whole, names: opened.table.columns.map(({ name }) => name) };
}

const CSV = 'id,ts\n1,2020-01-01T00:00:00Z\n2,2020-01-02T00:00:00Z\n';

describe('openFile, text', () => {
  it('reads a CSV, plain, packed and with a byte order mark', async () => {
    for (const [name, content] of [
      ['a.csv', CSV],
      ['b.csv.gz', gzipSync(CSV)],
      ['no-extension', gzipSync(CSV)],
      ['bom.csv', `\ufeff${CSV}`],
      ['two-members.csv.gz', Buffer.concat([gzipSync(CSV.slice(0, 20)), gzipSync(CSV.slice(20))])],
      ['utf16.csv', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(CSV, 'utf16le')])],
    ] as const) {
      const { names, rows, lines, format } = await read(name, content);
      expect({ name, names, rows: rows.length, lines, format }).toEqual({
        name,
        names: ['id', 'ts'],
        rows: 2,
        lines: [2, 3],
        format: 'csv',
      });
    }
  });

  it.skipIf(!('zstdCompressSync' in zlib))('reads Zstandard where Node can', async () => {
    expect((await read('a.csv.zst', zlib.zstdCompressSync(CSV))).rows).toHaveLength(2);
  });

  it('reads stdin', async () => {
    const { rows, source } = await readFrom(
      '-',
      Readable.from([Buffer.from(CSV.slice(0, 10)), Buffer.from(CSV.slice(10))]),
    );
    expect(rows).toHaveLength(2);
    expect(source).toMatchObject({ name: 'stdin', size: null });
  });

  it('finds semicolons and tabs, and takes a delimiter that is named', async () => {
    expect((await read('semi.csv', 'id;lat\n1;43,65\n')).rows).toEqual([['1', '43,65']]);
    expect((await read('tabs.txt', 'id\tlat\n1\t2\n')).rows).toEqual([['1', '2']]);
    expect((await read('t.tsv', 'id\tplace\n1\ta,b,c\n')).rows).toEqual([['1', 'a,b,c']]);
    expect((await read('odd.csv', 'id^lat\n1^2\n', { delimiter: '^' })).rows).toEqual([['1', '2']]);
  });

  it('reads Windows-1252 and says so, and leaves UTF-8 alone where the head cuts a character', async () => {
    const latin = await read('latin.csv', Buffer.from('id,ort\n1,Z\u00fcrich\n', 'latin1'));
    expect(latin.rows).toEqual([['1', 'Zürich']]);
    expect(latin.notes.join()).toContain('Windows-1252');
    const long = `id,ort\n1,x${'ü'.repeat(40_000)}\n`;
    const utf8 = await read('utf8.csv', long);
    expect(utf8.notes).toEqual([]);
    expect((utf8.rows[0] as string[])[1]).toBe(`x${'ü'.repeat(40_000)}`);
  });

  it('counts raw bytes for the progress', async () => {
    const { source } = await read('count.csv.gz', gzipSync(CSV));
    expect(source.bytesRead()).toBe(source.size);
  });

  it('rejects a line of 100 MB by its number without holding it', async () => {
    async function* content() {
      yield Buffer.from('id,ts\n1,a\n2,');
      const piece = Buffer.alloc(1_000_000, 'x');
      for (let i = 0; i < 100; i++) yield await Promise.resolve(piece);
      yield Buffer.from('\n3,c\n');
    }
    const opened = await openFile('-', {}, Readable.from(content(), { objectMode: false }));
    const before = process.memoryUsage().heapUsed;
    const bad: unknown[] = [];
    const lines: number[] = [];
    let most = 0;
    for await (const batch of opened.table.batches(null)) {
      bad.push(...batch.bad);
      lines.push(...batch.lines);
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect(lines).toEqual([2, 4]);
    expect(bad).toEqual([
      { line: 3, code: 'EVENT_LINE_TOO_LONG', field: null, detail: `the line is longer than ${MAX_LINE_BYTES} bytes` },
    ]);
    expect(most).toBeLessThan(60_000_000);
  });
});

describe('openFile, what cannot be read', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['empty.csv', '', /is empty/],
    ['header.csv', '\n\n', /no rows/],
    ['x.zip', Buffer.from('PK\u0003\u0004rest'), /ZIP archive or a spreadsheet/],
    ['x.csv.bz2', Buffer.from('BZh91AY'), /bzip2/],
    ['page.csv.txt', '<!DOCTYPE html><html>', /HTML/],
    ['binary.csv', Buffer.from([1, 2, 0, 0, 9, 9]), /not a text file/],
    ['garbage.ndjson', 'a\nb\nc\n', /no line with a JSON object/],
    ['fake.parquet', 'id,ts\n', /not a Parquet file/],
    ['cut.parquet', 'PAR1 and then nothing', /not a Parquet file that can be read/],
  ])('%s', async (name, content, message) => {
    await expect(read(name, content)).rejects.toThrow(message);
  });

  it('a file that is not there, and a folder', async () => {
    await expect(readFrom(join(folder, 'none.csv'), Readable.from([]))).rejects.toThrow(/no such file/);
    await expect(readFrom(folder, Readable.from([]))).rejects.toThrow(/is a folder/);
  });

  it('truncated and broken gzip, told apart', async () => {
    const text = `id,ts\n${Array.from({ length: 50_000 }, (_, i) => `${i},${i * 7919}`).join('\n')}`;
    const packed = gzipSync(text);
    await expect(read('cut.csv.gz', packed.subarray(0, packed.length >> 1))).rejects.toThrow(/truncated gzip/);
    const broken = Buffer.from(packed);
    broken.fill(0xff, packed.length >> 1, (packed.length >> 1) + 64);
    await expect(read('broken.csv.gz', broken)).rejects.toThrow(/broken gzip/);
  });
});

describe('openFile, Parquet', () => {
  const n = 25_000;
  const instants = Array.from({ length: n }, (_, i) => new Date(Date.UTC(2020, 0, 1) + i * 1000));
  const columns = [
    { name: 'event_id', data: Array.from({ length: n }, (_, i) => `e${i}`), type: 'STRING' as const },
    { name: 'at', data: instants, type: 'TIMESTAMP' as const },
    { name: 'lat', data: Array.from({ length: n }, (_, i) => 40 + i / n), type: 'DOUBLE' as const },
    { name: 'n', data: Array.from({ length: n }, (_, i) => BigInt(i)), type: 'INT64' as const },
  ];

  it('reads row groups in order, with row numbers, and only the columns that are wanted', async () => {
    const path = join(folder, 'a.parquet');
    await writeFile(path, Buffer.from(parquetWriteBuffer({ columnData: columns, rowGroupSize: 10_000 })));
    const { table, format } = await openFile(path, {}, Readable.from([]));
    expect(format).toBe('parquet');
    expect(table).toMatchObject({ rowCount: n, unit: 'row' });
    expect(table.columns.map(({ name }) => name)).toEqual(['event_id', 'at', 'lat', 'n']);
    const id = table.getter('event_id');
    const at = table.getter('at');
    const unread = table.getter('n');
    expect(at(table.sample[3] as never)).toEqual(instants[3]);
    let next = 0;
    for await (const { rows, lines } of table.batches(['event_id', 'at'])) {
      rows.forEach((row, i) => {
        if (id(row) !== `e${next}` || lines[i] !== next + 1)
          throw new Error(`row ${next} came as ${String(id(row))}, line ${lines[i]}`);
        expect(unread(row)).toBeUndefined();
        next++;
      });
    }
    expect(next).toBe(n);
  });

  it('is told by its content, and refused from stdin', async () => {
    const bytes = Buffer.from(parquetWriteBuffer({ columnData: columns }));
    expect((await read('parquet-without-extension', bytes)).format).toBe('parquet');
    await expect(openFile('-', {}, Readable.from([bytes]))).rejects.toThrow(/Parquet cannot be read from stdin/);
  });
});

describe('formatOf', () => {
  it.each([
    ['a.CSV', 'anything', 'csv'],
    ['a.tsv.gz', 'anything', 'tsv'],
    ['a.jsonl.zst', 'anything', 'ndjson'],
    ['a.geojson', 'anything', 'geojson'],
    ['-', 'a,b\n1,2\n', 'csv'],
    ['-', '{"a":1}\n{"a":2}\n', 'ndjson'],
    ['-', '{"type":"FeatureCollection","features":[]}', 'geojson'],
    ['a.json', '{"data":[{"a":1}],"page":{}}', 'geojson'],
    ['a.json', '{\n  "type": "FeatureCollection",', 'geojson'],
    ['a.json', ' [ {"a":1} ]', 'geojson'],
    ['-', '{"type":"Feature","geometry":null,"properties":{}}\n', 'ndjson'],
  ])('%s %s', (file, head, format) => expect(formatOf(file, head, file)).toBe(format));
});
