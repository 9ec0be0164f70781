import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { NamespaceEntity } from '#access';
import { type IngestAnswer, MAX_LINE_BYTES, MAX_REJECTED_LISTED, type RejectedRow } from '#contracts';
import type { ReadRecord, RecordReader } from './bulk-formats.js';
import { type EventRow, type Rejection, toEventRow } from './event-row.js';
import { GroupCommit } from './group-commit.js';
import { records } from './records.js';
import type { Kept } from './spool/event-keeper.js';
import { SwapDetector } from './swap-detector.js';

/** Rows of a stream that are written at once: enough to make an insert worth its parts, few enough to hold. */
const BULK_BATCH = 40_000;

/** Rows that are read and judged before others get their turn on the event loop: some milliseconds, also of bad ones. */
const TURN = 500;

async function* inParts<T>(chunks: AsyncIterable<T[]>): AsyncGenerator<T[]> {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += TURN) {
      yield chunk.slice(from, from + TURN);
      await setImmediate();
    }
  }
}

/** The records of a text, read a part at a time. */
async function* textRecords(source: AsyncIterable<Buffer>, reader: RecordReader): AsyncGenerator<ReadRecord[]> {
  for await (const part of inParts(records(source, { quoted: reader.quoted }))) yield reader.read(part);
}

/** A running count of what became of the rows of one request. */
class Tally {
  accepted = 0;
  duplicates = 0;
  buffered = false;
  rejectedTotal = 0;
  readonly rejected: RejectedRow[] = [];

  reject(at: { index: number } | { line: number }, rejection: Rejection): void {
    this.rejectedTotal++;
    if (this.rejected.length < MAX_REJECTED_LISTED) this.rejected.push({ ...at, ...rejection });
  }

  count({ isNew, buffered }: Kept): void {
    const accepted = isNew.filter(Boolean).length;
    this.accepted += accepted;
    this.duplicates += isNew.length - accepted;
    this.buffered ||= buffered;
  }

  answer(): IngestAnswer {
    return {
      accepted: this.accepted,
      duplicates: this.duplicates,
      rejected: this.rejected,
      rejected_total: this.rejectedTotal,
      buffered: this.buffered,
    };
  }
}

/** Takes events in: judges each row, keeps the good ones exactly once, and says what became of each. */
@Injectable()
export class IngestService {
  /** What each namespace's events look like from here; it learns anew with every start of the process. */
  private readonly swaps = new Map<string, SwapDetector>();

  constructor(private readonly commits: GroupCommit) {}

  /** The events of one request. `answer` counts what is durable when it returns. */
  async ingest(namespace: NamespaceEntity, events: readonly unknown[], now = Date.now()): Promise<IngestAnswer> {
    const tally = new Tally();
    const rows: EventRow[] = [];
    const judge = this.judgeOf(namespace, () => now);
    events.forEach((event, index) => {
      const judged = judge(event);
      if ('row' in judged) rows.push(judged.row);
      else tally.reject({ index }, judged.rejection);
    });
    tally.count(await this.commits.write(namespace.namespaceId, rows));
    return tally.answer();
  }

  /**
   * The events of a stream of any length, in constant memory: while one batch is written the next is read, and no more.
   * `progress` is called with the counts so far, which stay true if the stream then breaks.
   */
  ingestStream(
    namespace: NamespaceEntity,
    source: AsyncIterable<Buffer>,
    reader: RecordReader,
    progress: (soFar: IngestAnswer) => void,
  ): Promise<IngestAnswer> {
    return this.ingestParts(namespace, textRecords(source, reader), progress);
  }

  /** The events of records that were read already, otherwise as `ingestStream`. */
  ingestRecords(
    namespace: NamespaceEntity,
    source: AsyncIterable<ReadRecord[]>,
    progress: (soFar: IngestAnswer) => void,
  ): Promise<IngestAnswer> {
    return this.ingestParts(namespace, inParts(source), progress);
  }

  private async ingestParts(
    namespace: NamespaceEntity,
    parts: AsyncIterable<ReadRecord[]>,
    progress: (soFar: IngestAnswer) => void,
  ): Promise<IngestAnswer> {
    const tally = new Tally();
    // A stream may go on for hours, and its last event is no older than its first was.
    const judge = this.judgeOf(namespace, Date.now);
    let batch: EventRow[] = [];
    let writing: Promise<void> = Promise.resolve();
    const flush = async () => {
      const rows = batch;
      batch = [];
      await writing;
      writing = this.commits.write(namespace.namespaceId, rows).then((kept) => {
        tally.count(kept);
        progress(tally.answer());
      });
      // The next await meets the failure; until then it must not count as unhandled.
      writing.catch(() => undefined);
    };
    try {
      for await (const part of parts) {
        for (const record of part) {
          const { line } = record;
          if (record.tooLong)
            tally.reject(
              { line },
              { code: 'EVENT_LINE_TOO_LONG', field: null, detail: `longer than ${MAX_LINE_BYTES} bytes` },
            );
          else if (record.unreadable !== undefined)
            tally.reject({ line }, { code: 'EVENT_MALFORMED', field: null, detail: record.unreadable });
          else {
            const judged = judge(record.value);
            if ('row' in judged) batch.push(judged.row);
            else tally.reject({ line }, judged.rejection);
          }
          if (batch.length >= BULK_BATCH) await flush();
        }
      }
      await flush();
    } finally {
      await writing.catch(() => undefined);
      progress(tally.answer());
    }
    await writing;
    return tally.answer();
  }

  private judgeOf(
    namespace: NamespaceEntity,
    clock: () => number,
  ): (value: unknown) => { row: EventRow } | { rejection: Rejection } {
    const { namespaceId, h3Resolution: resolution, amountKind } = namespace;
    const swaps = this.swaps.get(namespaceId) ?? new SwapDetector();
    this.swaps.set(namespaceId, swaps);
    return (value) => {
      const judged = toEventRow(value, { resolution, amountKind, now: clock() });
      if (!('row' in judged)) return judged;
      const swapped = swaps.judge(judged.row.lat, judged.row.lon);
      return swapped ? { rejection: swapped } : judged;
    };
  }
}
