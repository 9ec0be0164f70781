import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startS3, type TestS3, whyNoS3 } from '#testing';
import { Config } from '../config/define-config.js';
import { DiskFileStore } from './disk-file-store.js';
import type { FileStore, StoredFile } from './file-store.js';
import { filesConfig } from './files.config.js';
import { S3FileStore } from './s3-file-store.js';

const BUCKET = 'strisk-test';
const never = new AbortController().signal;
const noS3 = await whyNoS3();

async function* pieces(...of: (string | Uint8Array)[]) {
  for (const piece of of) yield await Promise.resolve(piece);
}
async function all<T>(of: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of of) found.push(one);
  return found;
}
const keys = async (of: AsyncIterable<StoredFile>) => (await all(of)).map(({ key }) => key).toSorted();

let directory: string;
let s3: TestS3 | undefined;
let client: S3Client;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strisk-files-'));
  if (noS3 === undefined) s3 = await startS3(BUCKET);
  client = new S3Client({
    region: 'us-east-1',
    endpoint: s3?.url ?? 'http://127.0.0.1:1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  });
});
afterAll(async () => {
  client?.destroy();
  await s3?.stop();
  await rm(directory, { recursive: true });
});

function onS3(env: Record<string, string> = {}): S3FileStore {
  const config = Config.read([filesConfig], {
    S3_BUCKET: BUCKET,
    S3_ENDPOINT: s3?.url,
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret',
    S3_PREFIX: 'town/strisk/',
    S3_PATH_STYLE: 'on',
    ...env,
  }).get(filesConfig);
  return new S3FileStore({ ...config, S3_BUCKET: config.S3_BUCKET ?? '' });
}

const DISK = { name: 'a disk', open: (): FileStore => new DiskFileStore(directory) };
const S3 = { name: 'S3', open: (): FileStore => onS3() };

describe.each(noS3 === undefined ? [DISK, S3] : [DISK])('files on $name', ({ name, open }) => {
  let files: FileStore;
  beforeAll(() => {
    files = open();
  });
  const read = async (key: string, range?: { start: number; end: number }) => {
    const found = await files.get(key, range);
    return found && (await buffer(found)).toString();
  };
  it('are read whole and in parts, replaced, moved and removed', async () => {
    const text = 'a,b\r\n1,ü\r\n';
    expect(await files.put('a/x.csv', pieces('a,b\r\n', '', Buffer.from('1,ü\r\n')), never)).toEqual({
      bytes: 11,
      sha256: createHash('sha256').update(text).digest('hex'),
    });
    expect(await read('a/x.csv')).toBe(text);
    expect(await read('a/x.csv', { start: 5, end: 6 })).toBe('1,');
    expect(await files.stat('a/x.csv')).toMatchObject({ key: 'a/x.csv', bytes: 11 });
    await files.put('a/x.csv', pieces('new'), never);
    await files.move('a/x.csv', 'b/y.csv');
    expect(await read('a/x.csv')).toBeUndefined();
    expect(await files.stat('a/x.csv')).toBeUndefined();
    expect(await read('b/y.csv')).toBe('new');
    await files.remove('b/y.csv');
    await files.remove('b/y.csv');
    expect(await read('b/y.csv')).toBeUndefined();
    await expect(files.move('b/y.csv', 'b/z.csv')).rejects.toThrow();
  });

  it('may be empty', async () => {
    expect((await files.put('empty/file', pieces(), never)).bytes).toBe(0);
    expect(await read('empty/file')).toBe('');
  });

  it('are listed by folder', async () => {
    for (const key of ['list/a/1', 'list/a/2', 'list/b/3', 'listed/4']) await files.put(key, pieces(key), never);
    expect(await keys(files.list('list/'))).toEqual(['list/a/1', 'list/a/2', 'list/b/3']);
    expect((await all(files.folders('list/'))).toSorted()).toEqual(['a', 'b']);
    await files.removeAll('list/a/');
    await files.removeAll('list/nowhere/');
    expect(await keys(files.list('list/'))).toEqual(['list/b/3']);
    expect(await keys(files.list('listed/'))).toEqual(['listed/4']);
  });

  it('of many parts are whole', async () => {
    const hash = createHash('sha256');
    const pattern = Buffer.alloc(1024 * 1024);
    async function* large() {
      for (let i = 0; i < 20; i++) {
        pattern.fill(i);
        hash.update(pattern);
        yield await Promise.resolve(Buffer.from(pattern));
      }
    }
    const { bytes, sha256 } = await files.put('large/file', large(), never);
    expect(bytes).toBe(20 * 1024 * 1024);
    const found = await buffer((await files.get('large/file'))!);
    expect(createHash('sha256').update(found).digest('hex')).toBe(sha256);
    expect(hash.digest('hex')).toBe(sha256);
  });

  it('appear whole or not at all', async () => {
    const megabytes = Buffer.alloc(9 * 1024 * 1024, 'x');
    async function* broken() {
      yield await Promise.resolve(megabytes);
      expect(await keys(files.list('cut/'))).toEqual([]);
      yield megabytes;
      throw new Error('the store is away');
    }
    await expect(files.put('cut/file', broken(), never)).rejects.toThrow('the store is away');
    const stop = new AbortController();
    async function* stopped() {
      yield await Promise.resolve(megabytes);
      stop.abort(new Error('cancelled'));
      // One that waits for its store for ever is stopped too.
      await new Promise(() => undefined);
    }
    await expect(files.put('cut/file', stopped(), stop.signal)).rejects.toThrow('cancelled');
    expect(await keys(files.list('cut/'))).toEqual([]);
    expect(await all(files.folders('cut/'))).toEqual([]);
    if (name === 'S3') {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
      expect(Uploads).toEqual([]);
    } else expect(await readdir(join(directory, 'cut'))).toEqual([]);
  });

  it('refuse keys that leave their folder', async () => {
    for (const key of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/.b', 'a~b', 'a b', 'a\\b', 'ü'])
      await expect(files.put(key, pieces('x'), never), key).rejects.toThrow('A key of a file');
    await expect(files.removeAll('a')).rejects.toThrow('must end with "/"');
    await expect(files.removeAll('../')).rejects.toThrow('A key of a file');
    await expect(files.removeAll('/')).rejects.toThrow('A key of a file');
  });
});

describe.skipIf(noS3 !== undefined)(`files on S3 alone${noS3 === undefined ? '' : ` (left out: ${noS3})`}`, () => {
  it('drop the uploads that a killed process left, and no others', async () => {
    const files = onS3();
    const begin = (key: string) =>
      client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: `town/strisk/${key}` }));
    for (const key of ['left/a/1', 'left/a/2', 'left/b/1']) await begin(key);
    expect((await all(files.folders('left/'))).toSorted()).toEqual(['a', 'b']);
    await files.dropUnfinished('left/a/', (key) => key === 'left/a/1');
    const left = async () =>
      ((await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? []).map(({ Key }) => Key);
    expect(await left()).toEqual(['town/strisk/left/a/2', 'town/strisk/left/b/1']);
    await files.removeAll('left/');
    expect(await left()).toEqual([]);
  });

  it('say so where the bucket is missing, and do not take that for a file that is', async () => {
    await expect(onS3({ S3_BUCKET: 'no-such-bucket' }).get('a/b')).rejects.toThrow(/bucket/i);
  });
});
