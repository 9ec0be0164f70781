import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { resultFile, type ResultFile } from '#contracts';
import { type ByteRange, FileStore } from '#platform';

const ROOT = 'results/';
const jobId = z.uuid();

/** Of the context of a handler: whose file it is, and when it is to be dropped. */
interface Maker {
  jobId: string;
  fence: number;
  signal: AbortSignal;
}

/**
 * Where the files are that jobs make: what is too large for a row, and what is no JSON. A handler writes one and returns
 * what it got in its result as `{ "file": … }`; who may see the job downloads it from `GET /jobs/{job_id}/result`.
 *
 * A file is known by its job and the hash of its bytes: `results/<job_id>/<sha256>`. So an attempt that is thought dead
 * and comes late cannot change what a result already names, and two attempts that make the same bytes make one file.
 */
@Injectable()
export class ResultFiles {
  constructor(private readonly files: FileStore) {}

  /**
   * Keeps a file, whole or not at all: once this resolves the bytes survive the end of the process. What earlier attempts
   * at the job have not finished is dropped first.
   * @param of the context of the handler that makes it; when its signal fires the file is dropped
   * @throws AppError STORAGE_FULL, and whatever `chunks` throws
   */
  async write(
    of: Maker,
    { name, mediaType }: { name: string; mediaType: string },
    chunks: AsyncIterable<Uint8Array | string>,
  ): Promise<ResultFile> {
    const folder = folderOf(of.jobId);
    await this.dropEarlier(folder, of.fence);
    // Its name is its hash, which is known when it is written.
    const part = `${folder}part-${of.fence}-${randomUUID()}`;
    const digest = await this.files.put(part, chunks, of.signal);
    try {
      const file = resultFile.parse({ name, media_type: mediaType, ...digest });
      await this.files.move(part, folder + file.sha256);
      return file;
    } catch (error) {
      await this.files.remove(part);
      throw error;
    }
  }

  /** The bytes of a file or of a part of it; undefined where it is not kept (any more). */
  async open(job: string, file: ResultFile, range?: ByteRange): Promise<Readable | undefined> {
    // The name comes from a row; one that no longer is a hash must not become a path.
    return this.files.get(folderOf(job) + resultFile.parse(file).sha256, range);
  }

  /** Drops everything of a job, also what its attempts left unfinished. Nothing happens where there is nothing. */
  async remove(job: string): Promise<void> {
    await this.files.removeAll(folderOf(job));
  }

  /** The jobs that something is kept of. */
  async *jobs(): AsyncIterable<string> {
    for await (const name of this.files.folders(ROOT)) if (jobId.safeParse(name).success) yield name;
  }

  /** A worker that was killed leaves the file it was at; the one that takes its job up clears it away. */
  private async dropEarlier(folder: string, fence: number): Promise<void> {
    const isEarlier = (key: string) => {
      const [, of] = /^part-(\d+)-/.exec(key.slice(folder.length)) ?? [];
      return of !== undefined && Number(of) < fence;
    };
    await this.files.dropUnfinished(folder, isEarlier);
    for await (const { key } of this.files.list(folder)) if (isEarlier(key)) await this.files.remove(key);
  }
}

const folderOf = (job: string) => `${ROOT}${jobId.parse(job)}/`;
