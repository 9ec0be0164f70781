import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AppError } from '#platform';
import { decompressed, readerOf } from './bulk-body.js';
import { CsvReader, NdjsonReader } from './bulk-formats.js';

const LIMIT = 1024 * 1024;

async function textOf(body: Buffer | Readable, encoding?: string, limit = LIMIT): Promise<string> {
  const source = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body;
  const chunks: Buffer[] = [];
  for await (const chunk of decompressed(source, encoding, limit) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof AppError ? error.code : String(error);
};

describe('the body of a bulk stream', () => {
  const text = '{"a":1}\n'.repeat(1000);

  it.each([
    [undefined, Buffer.from(text)],
    ['', Buffer.from(text)],
    ['identity', Buffer.from(text)],
    ['gzip', gzipSync(text)],
    [' GZIP ', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['zstd', zstdCompressSync(text)],
  ])('comes out as it was before %j', async (encoding, body) => expect(await textOf(body, encoding)).toBe(text));

  it('of two gzip members is both', async () => {
    expect(await textOf(Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]), 'gzip')).toBe('one\ntwo\n');
  });

  it.each([
    ['no gzip', 'gzip', Buffer.from(text)],
    ['a cut gzip', 'gzip', gzipSync(text).subarray(0, 40)],
    ['a damaged gzip', 'gzip', Buffer.from(gzipSync(text)).fill(0xff, 20, 30)],
    ['no zstd', 'zstd', Buffer.from(text)],
    ['a cut zstd', 'zstd', zstdCompressSync(text).subarray(0, 20)],
  ])('that is %s is a broken encoding', async (_what, encoding, body) =>
    expect(await codeOf(textOf(body, encoding))).toBe('ENCODING_BROKEN'),
  );

  it('in another encoding is refused', () => {
    for (const encoding of ['br', 'deflate', 'gzip, gzip'])
      expect(() => decompressed(Readable.from([]), encoding, LIMIT)).toThrow('Compress with gzip or zstd');
  });

  it('is bounded after decompression: a small bomb does not get through', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * LIMIT));
    expect(bomb.length).toBeLessThan(LIMIT);
    expect(await codeOf(textOf(bomb, 'gzip'))).toBe('BODY_TOO_LARGE');
    expect(await codeOf(textOf(Buffer.alloc(LIMIT + 1)))).toBe('BODY_TOO_LARGE');
    expect(await textOf(Buffer.alloc(LIMIT, 'x'))).toHaveLength(LIMIT);
  });

  it.each([undefined, 'gzip'])('ends with the error of a connection that breaks: %s', async (encoding) => {
    const body = new Readable({ read: () => undefined });
    body.push(encoding === 'gzip' ? gzipSync(text).subarray(0, 30) : Buffer.from(text));
    const reading = textOf(body, encoding);
    body.destroy(new Error('aborted'));
    await expect(reading).rejects.toThrow('aborted');
  });
});

describe('the Content-Type of a bulk stream', () => {
  it.each(['application/x-ndjson', 'application/ndjson; charset=utf-8', 'APPLICATION/X-NDJSON'])(
    '%s is NDJSON',
    (type) => expect(readerOf(type)).toBeInstanceOf(NdjsonReader),
  );
  it.each(['text/csv', 'text/csv;header=present'])('%s is CSV', (type) =>
    expect(readerOf(type)).toBeInstanceOf(CsvReader),
  );
  it('application/vnd.apache.parquet is a file', () =>
    expect(readerOf('application/vnd.apache.parquet')).toBe('parquet'));
  it.each([undefined, '', 'application/json', 'text/plain'])('%s is refused', (type) =>
    expect(() => readerOf(type)).toThrow(AppError),
  );
});
