import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable } from '@nestjs/common';
import { AppError, type ConfigOf, httpConfig, STORES, type Stores } from '#platform';
import type { ReadRecord } from './bulk-formats.js';
import type { ParquetMessage, ParquetTask } from './parquet-rows.worker.js';
import { Slots } from './slots.js';

/** Files that are read at once: each may take the memory below. */
const FILES_AT_ONCE = 2;
const HEAP_MB = 768;
/** A row of an event has hardly fewer bytes written out: a file of repeated values must not claim hours of work. */
const LEAST_ROW_BYTES = 64;
/** Reading a row group takes seconds; one that takes longer does nothing else. */
const STEP_MS = 60_000;
// Compiled beside this file, or its source where this file is run from source.
const READER = new URL(`./parquet-rows.worker${extname(import.meta.url)}`, import.meta.url);

/** Parquet files that clients send: their footer comes last, so they are kept on disk while they are read. */
@Injectable()
export class ParquetUploads {
  private readonly slots = new Slots(FILES_AT_ONCE);

  constructor(
    @Inject(STORES) private readonly stores: Pick<Stores, 'dataDir'>,
    @Inject(httpConfig.token) private readonly http: Pick<ConfigOf<typeof httpConfig>, 'BULK_LIMIT_MB'>,
  ) {}

  /**
   * Hands the file's rows to `take`, by their numbers from 1, in bounded memory.
   * @param signal ends the reading
   * @throws AppError BULK_FILE_INVALID, BULK_HEADER_INVALID; what the body, `take` and the signal throw
   */
  read<T>(body: Readable, signal: AbortSignal, take: (records: AsyncIterable<ReadRecord[]>) => Promise<T>): Promise<T> {
    return this.spooled(body, (file, task) => this.slots.run(() => take(records(file, task, signal))));
  }

  private async spooled<T>(body: Readable, work: (file: FileHandle, task: ParquetTask) => Promise<T>): Promise<T> {
    const directory = join(this.stores.dataDir, 'spool');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${randomUUID()}.parquet`);
    const file = await open(path, 'wx+', 0o600);
    try {
      // Gone with its last user, whatever becomes of this process.
      await rm(path);
      const size = await fill(file, body);
      const maxRows = Math.floor((this.http.BULK_LIMIT_MB * 1024 * 1024) / LEAST_ROW_BYTES);
      return await work(file, { size, maxRows });
    } finally {
      await file.close();
    }
  }
}

/** @returns bytes */
async function fill(file: FileHandle, body: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const chunk of body) {
    try {
      await file.appendFile(chunk);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
        throw new AppError('STORAGE_FULL', 'There is no room for the file', { cause: error });
      throw error;
    }
    size += chunk.length;
  }
  return size;
}

async function* records(file: FileHandle, task: ParquetTask, signal: AbortSignal): AsyncGenerator<ReadRecord[]> {
  signal.throwIfAborted();
  const reader = fork(fileURLToPath(READER), [JSON.stringify(task)], {
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    // It is given the file and nothing else of what this process has.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', file.fd],
    env: {},
    serialization: 'advanced',
  });
  const ended = new Promise<void>((done) => reader.once('exit', () => done()).once('error', () => done()));
  try {
    for (;;) {
      const message = await next(reader, signal);
      if ('done' in message) return;
      if ('refused' in message) throw refusal(message);
      yield message.rows.map((value, i) => ({ line: message.firstRow + i, value }));
    }
  } finally {
    reader.kill('SIGKILL');
    await ended;
  }
}

/** The reader's answer to `next`, unless it ends, takes too long or is waited for by nobody. */
async function next(reader: ChildProcess, signal: AbortSignal): Promise<ParquetMessage> {
  const late = AbortSignal.timeout(STEP_MS);
  const settled = new AbortController();
  const waiting = { signal: AbortSignal.any([signal, late, settled.signal]) };
  try {
    const [answer] = await Promise.race([
      once(reader, 'message', waiting) as Promise<[ParquetMessage]>,
      once(reader, 'exit', waiting).then(() => {
        throw invalid('A row group needs too much memory when it is read; write smaller ones');
      }),
      new Promise<never>((_done, failed) => reader.send('next', (error) => error && !late.aborted && failed(error))),
    ]);
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw invalid('A row group takes too long to read; write smaller ones', error);
    throw error;
  } finally {
    settled.abort();
  }
}

function refusal({ refused, columns }: { refused: string; columns: boolean }): AppError {
  if (columns)
    return new AppError(
      'BULK_HEADER_INVALID',
      `${refused}. The columns are event_id, timestamp, lat, lon, event_type, and where known amount, entity_id, attrs, attrs.<name>`,
      { errors: [{ path: 'columns', message: refused }] },
    );
  return invalid(`The file cannot be read as Parquet: ${refused}`);
}

const invalid = (detail: string, cause?: unknown) => new AppError('BULK_FILE_INVALID', detail, { cause });
