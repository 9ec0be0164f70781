import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetMetadata } from 'hyparquet';
import { ByteWriter, type ColumnSource, parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '#contracts';
import { AppError, bodyOfRows } from '#platform';
import type { ReadRecord } from './bulk-formats.js';
import { eventTable } from './event.table.js';
import { ParquetUploads } from './parquet-uploads.js';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'strisk-parquet-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

const never = new AbortController().signal;
async function all(records: AsyncIterable<ReadRecord[]>): Promise<ReadRecord[]> {
  const read: ReadRecord[] = [];
  for await (const some of records) read.push(...some);
  return read;
}
function read(bytes: Uint8Array, { limitMb = 64, signal = never } = {}): Promise<ReadRecord[]> {
  const uploads = new ParquetUploads({ dataDir }, { BULK_LIMIT_MB: limitMb });
  return uploads.read(Readable.from([Buffer.from(bytes)], { objectMode: false }), signal, all);
}
async function refused(bytes: Uint8Array, options?: Parameters<typeof read>[1]): Promise<AppError> {
  const error: unknown = await read(bytes, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppError) return error;
  throw new Error(`no AppError but ${String(error)}`, { cause: error });
}

const TIME = new Date('2020-01-01T00:00:00Z');
/** Columns of events with changes; a column is left out where the change is null. */
function columns(n: number, changes: Record<string, Partial<ColumnSource> | null> = {}): ColumnSource[] {
  const fill = <T>(value: (i: number) => T) => Array.from({ length: n }, (_, i) => value(i));
  const usual: Record<string, ColumnSource> = {
    event_id: { name: 'event_id', data: fill((i) => `e${i}`), type: 'STRING' },
    timestamp: { name: 'timestamp', data: fill(() => TIME), type: 'TIMESTAMP' },
    lat: { name: 'lat', data: fill((i) => 40 + i / 1e6), type: 'DOUBLE' },
    lon: { name: 'lon', data: fill(() => -79.5), type: 'DOUBLE' },
    event_type: { name: 'event_type', data: fill(() => 'fire'), type: 'STRING' },
  };
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) delete usual[name];
    else usual[name] = { data: [], ...usual[name], name, ...change };
  }
  return Object.values(usual);
}
function file(
  n: number,
  changes?: Parameters<typeof columns>[1],
  options: Partial<Parameters<typeof parquetWriteBuffer>[0]> = {},
) {
  const columnData = columns(n, changes).map(({ type, ...column }) =>
    options.schema || type === undefined ? column : { ...column, type },
  );
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

describe('a Parquet file of events', () => {
  it('that was exported is the same events', async () => {
    const events = Array.from({ length: 12_345 }, (_, i): Event => ({
      event_id: `e-${i}`,
      timestamp: new Date(TIME.getTime() + 1_234 * i).toISOString(),
      lat: 43 + i / 1e5,
      lon: -79.5,
      cell: '872b9bc71ffffff',
      event_type: 'fire',
      amount: i % 5 === 0 ? null : i / 8,
      entity_id: i % 7 === 0 ? `s-${i}` : null,
      attrs: i % 2 === 0 ? { cause: `c${i}`, n: i, ok: true } : {},
    }));
    const exported = await (await bodyOfRows('parquet', eventTable, events)).bytes();
    const records = await read(exported);
    expect(records.map(({ line }) => line)).toEqual(events.map((_, i) => i + 1));
    expect(records.map(({ value }) => value)).toEqual(
      events.map(({ cell: _cell, amount, entity_id, ...event }) => ({
        ...event,
        ...(amount === null ? {} : { amount }),
        ...(entity_id === null ? {} : { entity_id }),
      })),
    );
    expect(await readdir(join(dataDir, 'spool'))).toEqual([]);
  });

  it.each([
    ['GZIP' as const, gzipSync],
    ['ZSTD' as const, zstdCompressSync],
    ['BROTLI' as const, brotliCompressSync],
    ['SNAPPY' as const, undefined],
    ['UNCOMPRESSED' as const, undefined],
  ])('may be compressed with %s', async (codec, compress) => {
    const compressors = compress ? { [codec]: (input: Uint8Array) => new Uint8Array(compress(input)) } : {};
    const bytes = file(5_000, {}, { codec, compressors, rowGroupSize: 1_500 });
    const records = await read(bytes);
    expect(records).toHaveLength(5_000);
    expect(records[4_321]).toEqual({
      line: 4_322,
      value: {
        event_id: 'e4321',
        timestamp: TIME.toISOString(),
        lat: 40 + 4_321 / 1e6,
        lon: -79.5,
        event_type: 'fire',
      },
    });
  });

  const valueOf = async (changes: Parameters<typeof columns>[1], options?: object) =>
    (await read(file(1, changes, options)))[0]?.value as Record<string, unknown>;

  it('may have its values in other types, as long as nothing is guessed', async () => {
    expect(await valueOf({ event_id: { data: [2n ** 60n], type: 'INT64' } })).toMatchObject({
      event_id: '1152921504606846976',
    });
    expect(await valueOf({ lat: { data: [43], type: 'INT32' }, amount: { data: [7n], type: 'INT64' } })).toMatchObject({
      lat: 43,
      amount: 7,
    });
    expect(await valueOf({ timestamp: { data: ['2020-01-01T00:00:00+01:00'], type: 'STRING' } })).toMatchObject({
      timestamp: '2020-01-01T00:00:00+01:00',
    });
    const asTime = (logical_type: SchemaElement['logical_type'], converted_type?: SchemaElement['converted_type']) => ({
      schema: [
        { name: 'root', num_children: 5 },
        { name: 'event_id', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
        { name: 'timestamp', type: converted_type === 'DATE' ? 'INT32' : 'INT64', logical_type, converted_type },
        { name: 'lat', type: 'DOUBLE' },
        { name: 'lon', type: 'DOUBLE' },
        { name: 'event_type', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      ],
    });
    const local = asTime({ type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' });
    const micros = { timestamp: { data: [1_577_836_800_000_000n], type: undefined } } as never;
    expect(await valueOf(micros, local)).toMatchObject({ timestamp: '2020-01-01T00:00:00.000' });
    const utc = asTime({ type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' });
    expect(await valueOf(micros, utc)).toMatchObject({ timestamp: '2020-01-01T00:00:00.000Z' });
    const day = asTime({ type: 'DATE' }, 'DATE');
    expect(await valueOf({ timestamp: { data: [18_262], type: undefined } }, day)).toMatchObject({
      timestamp: '2020-01-01',
    });
  });

  it('may have attributes as JSON, as text and as columns of their own', async () => {
    const cause = { 'attrs.cause': { data: ['spark'], type: 'STRING' as const } };
    expect(await valueOf(cause)).toMatchObject({ attrs: { cause: 'spark' } });
    expect(await valueOf({ ...cause, attrs: { data: [{ n: 1, cause: 'x' }], type: 'JSON' } })).toMatchObject({
      attrs: { n: 1, cause: 'spark' },
    });
    expect(await valueOf({ attrs: { data: ['{"n":1}'], type: 'STRING' } })).toMatchObject({ attrs: { n: 1 } });
    // What is no object is the judge's to refuse.
    expect(await valueOf({ attrs: { data: ['no JSON'], type: 'STRING' } })).toMatchObject({ attrs: 'no JSON' });
    const odd = await valueOf({ 'attrs.__proto__': { data: ['evil'], type: 'STRING' } });
    expect(Object.getPrototypeOf(odd['attrs'] ?? {})).toBe(Object.prototype);
  });

  it('has nothing where nothing stands', async () => {
    const some = await valueOf({
      lat: { data: [null], type: 'DOUBLE' },
      amount: { data: [null], type: 'DOUBLE' },
      'attrs.x': { data: [null], type: 'STRING' },
    });
    expect(Object.keys(some)).toEqual(['event_id', 'timestamp', 'lon', 'event_type']);
    expect(await read(file(0))).toEqual([]);
  });
});

describe('the columns of a Parquet file', () => {
  it.each([
    [{ colour: { data: ['red'], type: 'STRING' as const } }, 'there is no column "colour"'],
    [{ event_type: null, lat: null }, 'the columns lat, event_type are missing'],
    [{ 'attrs.': { data: ['x'], type: 'STRING' as const } }, 'there is no column "attrs."'],
  ])('%j are refused', async (changes, reason) => {
    const error = await refused(file(1, changes));
    expect(error.code).toBe('BULK_HEADER_INVALID');
    expect(error.message).toContain(reason);
    expect(error.errors[0]?.path).toBe('columns');
  });
});

describe('what is no Parquet file, or a trap', () => {
  const good = file(500);
  const patched = (change: (bytes: Uint8Array, view: DataView) => void) => {
    const bytes = good.slice();
    change(bytes, new DataView(bytes.buffer));
    return bytes;
  };

  it.each([
    ['nothing', new Uint8Array(0)],
    ['too little', Buffer.from('PAR1')],
    ['JSON', Buffer.from('{"events":[]}'.repeat(10))],
    ['a beginning', good.slice(0, good.length - 100)],
    ['an end', good.slice(300)],
    ['a footer longer than the file', patched((bytes, view) => view.setUint32(bytes.length - 8, 2 ** 31, true))],
    ['a footer of noise', patched((bytes) => bytes.fill(0x1c, bytes.length - 300, bytes.length - 8))],
    ['pages of noise', patched((bytes) => bytes.fill(0xff, 4, 200))],
    ['a damaged middle', patched((bytes) => bytes.fill(0, 40, 90))],
  ])('%s is refused', async (_what, bytes) => {
    const error = await refused(bytes);
    expect([error.code, error.status]).toEqual(['BULK_FILE_INVALID', 400]);
  });

  it('is refused for whatever single byte is wrong, or read: nothing else happens', async () => {
    const small = file(3);
    const outcomes = new Set<string>();
    for (let at = 0; at < small.length; at += 97) {
      const bytes = small.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      outcomes.add(
        await read(bytes).then(
          () => 'read',
          (error: unknown) => (error as { code?: string }).code ?? String(error),
        ),
      );
    }
    expect([...outcomes].filter((one) => !['read', 'BULK_FILE_INVALID', 'BULK_HEADER_INVALID'].includes(one))).toEqual(
      [],
    );
  }, 60_000);

  it('with more rows than a body of its size may have is refused before any is read', async () => {
    const error = await refused(file(20_000), { limitMb: 1 });
    expect(error.message).toContain('it has 20000 rows; send at most 16384 at once');
  });

  it('with too large a row group is refused, and the message says what to do', async () => {
    const n = 1_048_577;
    const same = { data: Array.from<string>({ length: n }).fill('x'), type: 'STRING' as const };
    const numbers = { data: new Float64Array(n), type: 'DOUBLE' as const };
    const times = { data: Array.from<Date>({ length: n }).fill(TIME), type: 'TIMESTAMP' as const };
    const changes = { event_id: same, event_type: same, lat: numbers, lon: numbers, timestamp: times };
    const error = await refused(file(0, changes, { rowGroupSize: n }), { limitMb: 4_096 });
    expect(error.message).toContain('write at most 1048576 into one row group');
  }, 60_000);

  /** A file whose last column has one page, made by hand. */
  function withPage(header: Parameters<typeof serializeTCompactProtocol>[1], content: Uint8Array): Uint8Array {
    const bytes = file(500, {}, { codec: 'UNCOMPRESSED' });
    const metadata = parquetMetadata(bytes.buffer);
    const last = metadata.row_groups[0]?.columns.at(-1)?.meta_data;
    if (!last) throw new Error('no column');
    const start = Number(last.dictionary_page_offset ?? last.data_page_offset);
    const page = new ByteWriter();
    serializeTCompactProtocol(page, header);
    page.appendBytes(content);
    last.total_compressed_size = BigInt(page.offset);
    last.data_page_offset = BigInt(start);
    delete last.dictionary_page_offset;
    const writer = new ByteWriter();
    writer.appendBytes(bytes.slice(0, start));
    writer.appendBytes(page.getBytes());
    writeMetadata(writer, metadata);
    writer.appendUint32(0x31524150);
    return writer.getBytes();
  }
  const RLE_DICTIONARY = 8;
  const dataPage = (num_values: number, size: number) => ({
    field_1: 0,
    field_2: size,
    field_3: size,
    field_5: { field_1: num_values, field_2: RLE_DICTIONARY, field_3: 3, field_4: 3 },
  });

  it('that claims billions of values in a few bytes is refused by its headers', async () => {
    const error = await refused(withPage(dataPage(2 ** 31 - 1, 4), new Uint8Array(4)));
    expect(error.message).toContain('more values than rows');
  });

  it('that claims a page of a gigabyte is refused by its headers', async () => {
    const header = { ...dataPage(500, 4), field_2: 2 ** 30 };
    expect((await refused(withPage(header, new Uint8Array(4)))).message).toContain('64 MB when decompressed');
  });

  it('whose run of one value does not end bursts the heap of its reader and of nobody else', async () => {
    // Definition levels in 4 + n bytes, the run a varint: 2^30 times the level 1, for a page of 500.
    const run = Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x08, 0x01]);
    const content = Uint8Array.from([run.length, 0, 0, 0, ...run, 0]);
    const error = await refused(withPage(dataPage(500, content.length), content));
    expect(error.code).toBe('BULK_FILE_INVALID');
    expect(error.message).toMatch(/too much memory|cannot be read/);
    // The next file is read as if nothing had been.
    expect(await read(good)).toHaveLength(500);
  }, 60_000);
});

describe('reading a Parquet file', () => {
  it('ends when nobody waits for it any more', async () => {
    const left = new AbortController();
    const uploads = new ParquetUploads({ dataDir }, { BULK_LIMIT_MB: 64 });
    const body = Readable.from([Buffer.from(file(50_000))], { objectMode: false });
    const reading = uploads.read(body, left.signal, async (records) => {
      for await (const _some of records) left.abort(new Error('gone'));
    });
    await expect(reading).rejects.toThrow('gone');
  });

  it('ends with the error of a body that breaks or is too large', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('PAR1');
      await Promise.resolve();
      throw new AppError('BODY_TOO_LARGE', 'too much');
    }
    const uploads = new ParquetUploads({ dataDir }, { BULK_LIMIT_MB: 64 });
    const reading = uploads.read(Readable.from(broken(), { objectMode: false }), never, all);
    await expect(reading).rejects.toThrow('too much');
    expect(await readdir(join(dataDir, 'spool'))).toEqual([]);
  });
});
