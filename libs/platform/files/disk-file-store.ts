import { randomUUID } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../http/app-error.js';
import { Digesting } from './digesting.js';
import { type ByteRange, type Digest, FileStore, requireKey, requirePrefix, type StoredFile } from './file-store.js';

/** What is not finished: the name of the file, a sign that no key may hold, and a name of its own. */
const UNFINISHED = '~';

/** Files in a directory, which may hold other things too: a prefix is one of its folders. */
export class DiskFileStore extends FileStore {
  constructor(private readonly directory: string) {
    super();
  }

  override async put(key: string, chunks: AsyncIterable<Uint8Array | string>, signal: AbortSignal): Promise<Digest> {
    const path = this.pathOf(key);
    const part = `${path}${UNFINISHED}${randomUUID()}`;
    const digesting = new Digesting(signal);
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeWhole(part, digesting.pass(chunks));
      await rename(part, path);
      await syncFolder(dirname(path));
      return digesting.digest();
    } catch (error) {
      await rm(part, { force: true });
      if (codeOf(error) === 'ENOSPC')
        throw new AppError('STORAGE_FULL', 'There is no room for the file', { cause: error });
      throw error;
    }
  }

  override async move(from: string, to: string): Promise<void> {
    const path = this.pathOf(to);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rename(this.pathOf(from), path);
    await syncFolder(dirname(path));
  }

  override async get(key: string, range?: ByteRange): Promise<Readable | undefined> {
    const handle = await unlessMissing<FileHandle>(open(this.pathOf(key), 'r'));
    // Opened here, so that a file that is removed meanwhile is still read to its end.
    return handle && createReadStream('', { fd: handle, ...range });
  }

  override async stat(key: string): Promise<StoredFile | undefined> {
    const found = await unlessMissing(stat(this.pathOf(key)));
    return found?.isFile() ? { key, bytes: found.size, modifiedAt: found.mtime } : undefined;
  }

  override async *list(prefix: string): AsyncIterable<StoredFile> {
    for await (const key of this.below(requirePrefix(prefix))) {
      const found = key.includes(UNFINISHED) ? undefined : await this.stat(key);
      if (found) yield found;
    }
  }

  override async *folders(prefix: string): AsyncIterable<string> {
    for await (const entry of this.entries(requirePrefix(prefix))) if (entry.isDirectory()) yield entry.name;
  }

  override async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  override async removeAll(prefix: string): Promise<void> {
    await rm(join(this.directory, requirePrefix(prefix)), { recursive: true, force: true });
  }

  override async dropUnfinished(prefix: string, of: (key: string) => boolean): Promise<void> {
    for await (const name of this.below(requirePrefix(prefix))) {
      const [key = '', part] = name.split(UNFINISHED);
      if (part !== undefined && of(key)) await rm(join(this.directory, name), { force: true });
    }
  }

  private async *below(prefix: string): AsyncIterable<string> {
    for await (const entry of this.entries(prefix)) {
      if (entry.isDirectory()) yield* this.below(`${prefix}${entry.name}/`);
      else yield `${prefix}${entry.name}`;
    }
  }

  private async *entries(prefix: string): AsyncIterable<Dirent> {
    const folder = await unlessMissing(opendir(join(this.directory, prefix)));
    if (folder) yield* folder;
  }

  private pathOf(key: string): string {
    return join(this.directory, requireKey(key));
  }
}

async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  // Not `write`, which may take a part of it and says so only by a number.
  for await (const piece of pieces) await file.writeFile(piece);
  await file.sync();
}

/** A new name is safe from a power cut once its folder is written. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
