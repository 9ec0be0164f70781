import type { Readable } from 'node:stream';

/** Bytes of a file, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface Digest {
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
}

export interface StoredFile {
  key: string;
  bytes: number;
  modifiedAt: Date;
}

/**
 * Files by key, in a directory or a bucket that every process sees. A key is a path of names of letters, digits, `.`, `_`
 * and `-`; a prefix is one that ends with `/`.
 *
 * A file appears whole or not at all. What a killed process left of one is no file: it is never read nor listed, and goes
 * with `dropUnfinished`.
 */
export abstract class FileStore {
  /**
   * Keeps what `chunks` yields, of which little is in memory at once, in place of what the key named before. Once this
   * resolves the bytes survive the end of the process.
   * @param signal when it fires nothing is kept
   * @throws AppError STORAGE_FULL, and whatever `chunks` throws
   */
  abstract put(key: string, chunks: AsyncIterable<Uint8Array | string>, signal: AbortSignal): Promise<Digest>;

  /** Gives a file another key, in place of what that named before. @throws where there is no such file */
  abstract move(from: string, to: string): Promise<void>;

  /** The bytes of a file or of a part of it; undefined where there is none. */
  abstract get(key: string, range?: ByteRange): Promise<Readable | undefined>;

  abstract stat(key: string): Promise<StoredFile | undefined>;

  /** All files below a prefix, in no order. */
  abstract list(prefix: string): AsyncIterable<StoredFile>;

  /** The names right below a prefix that have files below them, finished or not. */
  abstract folders(prefix: string): AsyncIterable<string>;

  /** Nothing happens where there is no such file. */
  abstract remove(key: string): Promise<void>;

  /** Drops all below a prefix, also what is unfinished. */
  abstract removeAll(prefix: string): Promise<void>;

  /** Drops what puts below a prefix have not finished; one that still runs fails. @param of the keys it is done for */
  abstract dropUnfinished(prefix: string, of: (key: string) => boolean): Promise<void>;
}

const NAME = String.raw`[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}`;
const KEY = new RegExp(`^${NAME}(/${NAME}){0,9}$`);

/** @returns the key, which cannot leave the folder that it is looked up in. @throws where it is none */
export function requireKey(key: string): string {
  if (!KEY.test(key)) throw new Error('A key of a file must be names of letters, digits, ".", "_" and "-"');
  return key;
}

/** @throws where it is no prefix */
export function requirePrefix(prefix: string): string {
  if (!prefix.endsWith('/')) throw new Error('A prefix of files must end with "/"');
  requireKey(prefix.slice(0, -1));
  return prefix;
}
