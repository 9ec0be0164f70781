import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, opendir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { resultFile, type ResultFile } from '#contracts';
import { AppError } from '#platform';
import { type ByteRange, ResultFiles } from './result-files.js';

const jobId = z.uuid();

/** Files in a directory that every process sees: `<directory>/<job_id>/<sha256>`. */
export class DiskResultFiles extends ResultFiles {
  constructor(private readonly directory: string) {
    super();
  }

  override async write(
    of: { jobId: string; signal: AbortSignal },
    { name, mediaType }: { name: string; mediaType: string },
    chunks: AsyncIterable<Uint8Array | string>,
  ): Promise<ResultFile> {
    const folder = this.folderOf(of.jobId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const part = join(folder, `${randomUUID()}.part`);
    try {
      const { bytes, sha256 } = await writeWhole(part, chunks, of.signal);
      const file = resultFile.parse({ name, media_type: mediaType, bytes, sha256 });
      await rename(part, join(folder, sha256));
      await syncFolder(folder);
      return file;
    } catch (error) {
      await rm(part, { force: true });
      if (codeOf(error) === 'ENOSPC')
        throw new AppError('STORAGE_FULL', 'There is no room for the file of the result', { cause: error });
      throw error;
    }
  }

  override async open(job: string, file: ResultFile, range?: ByteRange): Promise<Readable | undefined> {
    // The name comes from a row; one that no longer is a hash must not become a path.
    const { sha256 } = resultFile.parse(file);
    let handle: FileHandle;
    try {
      handle = await open(join(this.folderOf(job), sha256), 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    // Opened here, so that a file that is removed meanwhile is still read to its end.
    return createReadStream('', { fd: handle, ...range });
  }

  override async remove(job: string): Promise<void> {
    await rm(this.folderOf(job), { recursive: true, force: true });
  }

  override async *jobs(): AsyncIterable<string> {
    let folders;
    try {
      folders = await opendir(this.directory);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    for await (const { name } of folders) if (jobId.safeParse(name).success) yield name;
  }

  private folderOf(job: string): string {
    return join(this.directory, jobId.parse(job));
  }
}

async function writeWhole(path: string, chunks: AsyncIterable<Uint8Array | string>, signal: AbortSignal) {
  const hash = createHash('sha256');
  let bytes = 0;
  await using file = await open(path, 'wx', 0o600);
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    hash.update(piece);
    bytes += piece.length;
    // Not `write`, which may take a part of it and says so only by a number.
    await file.writeFile(piece);
  }
  signal.throwIfAborted();
  await file.sync();
  return { bytes, sha256: hash.digest('hex') };
}

/** A new name is safe from a power cut once its folder is written. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
