import type { Readable } from 'node:stream';
import type { ResultFile } from '#contracts';

/** Bytes of a file, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where the files are that jobs make: what is too large for a row, and what is no JSON. A handler writes one and returns
 * what it got in its result as `{ "file": … }`; who may see the job downloads it from `GET /jobs/{job_id}/result`.
 *
 * A file is known by its job and the hash of its bytes. So an attempt that is thought dead and comes late cannot change
 * what a result already names, and two attempts that make the same bytes make one file.
 */
export abstract class ResultFiles {
  /**
   * Keeps a file, whole or not at all: once this resolves the bytes survive the end of the process.
   * @param of the context of the handler that makes it; when its signal fires the file is dropped
   * @throws AppError STORAGE_FULL, and whatever `chunks` throws
   */
  abstract write(
    of: { jobId: string; signal: AbortSignal },
    file: { name: string; mediaType: string },
    chunks: AsyncIterable<Uint8Array | string>,
  ): Promise<ResultFile>;

  /** The bytes of a file or of a part of it; undefined where it is not kept (any more). */
  abstract open(jobId: string, file: ResultFile, range?: ByteRange): Promise<Readable | undefined>;

  /** Drops everything of a job, also what its attempts left unfinished. Nothing happens where there is nothing. */
  abstract remove(jobId: string): Promise<void>;

  /** The jobs that something is kept of. */
  abstract jobs(): AsyncIterable<string>;
}
