import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Patience } from '#client';
import { type IngestAnswer, ingestAnswer } from '#contracts';
import type { Client } from '../client.js';
import { ServerFailure } from '../failure.js';
import { STEADY } from '../retry.js';
import { type Chunk, part } from './chunk.js';
import type { Tally } from './tally.js';

const compress = promisify(gzip);
const IN_FLIGHT = 2;
/** A bulk request's rows are checked and stored before it is answered. */
const TIMEOUT_MS = 180_000;

export interface UploadOptions {
  patience?: Patience;
  onRetry?: (reason: string, waitMs: number) => void;
}

/**
 * Sends chunks to `POST /events/bulk`, at most two at a time. Sending one again after a failure is safe: an event_id counts once.
 * The first failure that lasts stops the upload; {@link send} and {@link drain} raise it.
 */
export class Uploader {
  private readonly inFlight = new Set<Promise<void>>();
  private failure: Error | null = null;

  constructor(
    private readonly client: Client,
    private readonly tally: Tally,
    private readonly options: UploadOptions,
  ) {}

  /** Resolves when there is room for the next chunk, not when this one is stored. */
  async send(chunk: Chunk): Promise<void> {
    this.raise();
    const sending = this.deliver(chunk)
      .catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => this.inFlight.delete(sending));
    this.inFlight.add(sending);
    if (this.inFlight.size >= IN_FLIGHT) await Promise.race(this.inFlight);
    this.raise();
  }

  /** Waits for what is under way, whether or not it succeeds. */
  async settle(): Promise<void> {
    await Promise.all(this.inFlight);
  }

  async drain(): Promise<void> {
    await this.settle();
    this.raise();
  }

  private raise(): void {
    if (this.failure !== null) throw this.failure;
  }

  private async deliver(chunk: Chunk): Promise<void> {
    let answer: IngestAnswer;
    try {
      answer = await this.post(chunk);
    } catch (error) {
      // A proxy in between, or the server, takes less at once: give it less.
      if (!(error instanceof ServerFailure && error.status === 413 && chunk.lines.length > 1)) {
        this.countTaken(error);
        throw error;
      }
      const half = chunk.lines.length >> 1;
      await this.deliver(part(chunk, 0, half));
      await this.deliver(part(chunk, half, chunk.lines.length));
      return;
    }
    this.tally.accepted += answer.accepted;
    this.tally.duplicates += answer.duplicates;
    this.tally.buffered ||= answer.buffered;
    const listed = await this.reject(chunk, answer);
    this.tally.rejectUnlisted(answer.rejected_total - listed);
  }

  /** A problem in the middle of a chunk says how much of it is stored for good. */
  private countTaken(error: unknown): void {
    const parsed = ingestAnswer
      .pick({ accepted: true, duplicates: true })
      .safeParse(error instanceof ServerFailure ? error.body : null);
    if (!parsed.success) return;
    this.tally.accepted += parsed.data.accepted;
    this.tally.duplicates += parsed.data.duplicates;
  }

  private async reject(chunk: Chunk, { rejected }: IngestAnswer): Promise<number> {
    for (const row of rejected) {
      const line = chunk.fileLines[positionOf(row)] ?? 0;
      await this.tally.reject({ line, code: row.code, field: row.field, detail: row.detail });
    }
    return rejected.length;
  }

  private async post(chunk: Chunk): Promise<IngestAnswer> {
    const bytes = await compress(`${chunk.lines.join('\n')}\n`, { level: 1 });
    try {
      return await this.client.json(ingestAnswer, 'POST', '/events/bulk', {
        raw: {
          bytes: bytes,
          headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
        },
        patience: this.options.patience ?? STEADY,
        timeoutMs: TIMEOUT_MS,
        ...(this.options.onRetry === undefined ? {} : { onRetry: this.options.onRetry }),
      });
    } catch (error) {
      // Rows of which none was good are still judged one by one: that is an answer, not the end of the import.
      if (error instanceof ServerFailure && error.code === 'EVENTS_ALL_REJECTED')
        return allRejected(error, chunk.lines.length);
      throw error;
    }
  }
}

/** Index in the chunk: `line` counts from 1 in a bulk answer, `index` from 0 in that of `POST /events`. */
function positionOf({ line, index }: { line?: number | undefined; index?: number | undefined }): number {
  return line === undefined ? (index ?? -1) : line - 1;
}

function allRejected({ body }: ServerFailure, rows: number): IngestAnswer {
  const parsed = ingestAnswer.pick({ rejected: true }).safeParse(body);
  const rejected = parsed.success ? parsed.data.rejected : [];
  return { accepted: 0, duplicates: 0, rejected, rejected_total: rows, buffered: false };
}
