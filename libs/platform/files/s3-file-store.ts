import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ConfigOf } from '../config/define-config.js';
import { AppError } from '../http/app-error.js';
import { Digesting } from './digesting.js';
import { type ByteRange, type Digest, FileStore, requireKey, requirePrefix, type StoredFile } from './file-store.js';
import type { filesConfig } from './files.config.js';

/** A part of an upload in bytes, of which two are in memory at once. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
/** What S3 copies in one request, by which a file gets its key. */
const MAX_BYTES = 5 * 1024 ** 3;

/** Files in a bucket of Amazon S3 or of a server that speaks as it does. */
export class S3FileStore extends FileStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly prefix: string;

  constructor(config: ConfigOf<typeof filesConfig> & { S3_BUCKET: string }) {
    super();
    this.bucket = config.S3_BUCKET;
    this.prefix = config.S3_PREFIX;
    const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
    this.client = new S3Client({
      region: config.S3_REGION,
      forcePathStyle: config.S3_PATH_STYLE,
      // Servers other than Amazon's do not all know the checksums that are newer than the protocol.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey } }),
    });
  }

  close(): void {
    this.client.destroy();
  }

  override async put(key: string, chunks: AsyncIterable<Uint8Array | string>, signal: AbortSignal): Promise<Digest> {
    const digesting = new Digesting(signal);
    const body = Readable.from(bounded(digesting.pass(chunks)), { objectMode: false });
    const upload = new Upload({
      client: this.client,
      params: { ...this.at(key), Body: body },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
    });
    // Also while it waits for the server.
    const stop = () => void upload.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await upload.done();
      return digesting.digest();
    } catch (error) {
      await this.abandon(key, upload.uploadId);
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      body.destroy();
    }
  }

  override async move(from: string, to: string): Promise<void> {
    const { Bucket, Key } = this.at(from);
    await this.client.send(new CopyObjectCommand({ ...this.at(to), CopySource: `${Bucket}/${Key}` }));
    await this.remove(from);
  }

  override async get(key: string, range?: ByteRange): Promise<Readable | undefined> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const found = await unlessMissing(this.client.send(new GetObjectCommand({ ...this.at(key), Range })));
    if (!found) return undefined;
    if (!(found.Body instanceof Readable)) throw new Error('The S3 server answered without a body');
    return found.Body;
  }

  override async stat(key: string): Promise<StoredFile | undefined> {
    const found = await unlessMissing(this.client.send(new HeadObjectCommand(this.at(key))));
    return found && { key, bytes: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
  }

  override async *list(prefix: string): AsyncIterable<StoredFile> {
    for await (const { Contents = [] } of this.pages(prefix))
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents)
        yield { key: this.keyOf(Key), bytes: Size, modifiedAt: LastModified };
  }

  override async *folders(prefix: string): AsyncIterable<string> {
    const seen = new Set<string>();
    const nameOf = (key: string) => key.slice(prefix.length).split('/')[0] ?? '';
    for await (const { CommonPrefixes = [] } of this.pages(prefix, '/'))
      for (const { Prefix = '' } of CommonPrefixes) seen.add(nameOf(this.keyOf(Prefix)));
    for await (const { Key = '' } of this.uploads(prefix)) {
      const key = this.keyOf(Key);
      if (key.slice(prefix.length).includes('/')) seen.add(nameOf(key));
    }
    yield* seen;
  }

  override async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.at(key)));
  }

  override async removeAll(prefix: string): Promise<void> {
    await this.dropUnfinished(prefix, () => true);
    // One by one: not every server takes them together.
    for await (const { key } of this.list(prefix)) await this.remove(key);
  }

  override async dropUnfinished(prefix: string, of: (key: string) => boolean): Promise<void> {
    for await (const { Key = '', UploadId } of this.uploads(prefix))
      if (of(this.keyOf(Key))) await this.abort(this.keyOf(Key), UploadId);
  }

  private async abort(key: string, UploadId: string | undefined): Promise<void> {
    await unlessMissing(this.client.send(new AbortMultipartUploadCommand({ ...this.at(key), UploadId })));
  }

  /** After a failure, which is what is told: where the server is away, what is left goes with `dropUnfinished`. */
  private async abandon(key: string, uploadId: string | undefined): Promise<void> {
    if (uploadId !== undefined) await this.abort(key, uploadId).catch(() => undefined);
  }

  private pages(prefix: string, Delimiter?: string) {
    const Prefix = this.prefix + requirePrefix(prefix);
    return paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix, Delimiter });
  }

  private async *uploads(prefix: string): AsyncIterable<MultipartUpload> {
    const Prefix = this.prefix + requirePrefix(prefix);
    let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix, ...after }));
      yield* page.Uploads ?? [];
      if (page.IsTruncated !== true) return;
      after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  private at(key: string) {
    return { Bucket: this.bucket, Key: this.prefix + requireKey(key) };
  }

  private keyOf(name: string): string {
    return name.slice(this.prefix.length);
  }
}

/** @throws AppError STORAGE_FULL where more comes than a file may hold */
async function* bounded(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new AppError('STORAGE_FULL', 'A file in S3 may hold 5 GiB');
    yield piece;
  }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    // Not a bucket that is missing: that is a mistake of the configuration and must be seen.
    if (error instanceof S3ServiceException && MISSING.has(error.name)) return undefined;
    throw error;
  }
}
const MISSING = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload']);
