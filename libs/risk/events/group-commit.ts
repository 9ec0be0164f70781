import { Injectable } from '@nestjs/common';
import { outsideRequests, requestContext } from '#platform';
import type { EventRow } from './event-row.js';
import { EventKeeper, type Kept } from './spool/event-keeper.js';

interface Waiting {
  rows: readonly EventRow[];
  /** Until when an answer is of use, milliseconds since 1970. */
  until: number;
  done: (kept: Kept) => void;
  failed: (error: unknown) => void;
}

/** Rows of several small requests that go into one insert. A bulk batch fills one by itself. */
const MAX_GROUP = 20_000;
/** What a request needs of its time to answer once its rows are kept elsewhere. */
const RESERVE_MS = 1_000;

/**
 * While one batch of a namespace is written, what comes in for it waits and goes together in the next: many small
 * requests cost ClickHouse a few inserts, and a lone one waits for nobody.
 */
@Injectable()
export class GroupCommit {
  private readonly lines = new Map<string, Waiting[]>();

  constructor(private readonly keeper: EventKeeper) {}

  /** @returns what became of the rows; they are durable then */
  write(namespaceId: string, rows: readonly EventRow[]): Promise<Kept> {
    if (rows.length === 0) return Promise.resolve({ isNew: [], buffered: false });
    const until = (requestContext()?.deadline ?? Infinity) - RESERVE_MS;
    return new Promise((done, failed) => {
      const waiting = { rows, until, done, failed };
      const line = this.lines.get(namespaceId);
      if (line) line.push(waiting);
      else {
        this.lines.set(namespaceId, [waiting]);
        // For all that wait in the line: the one that happens to begin it must not end it for the others.
        void outsideRequests(() => this.drain(namespaceId));
      }
    });
  }

  private async drain(namespaceId: string): Promise<void> {
    const line = this.lines.get(namespaceId) ?? [];
    while (line.length > 0) {
      const group = takeGroup(line);
      try {
        const rows = group.length === 1 ? (group[0]?.rows ?? []) : group.flatMap((one) => one.rows);
        const { isNew, buffered } = await this.keeper.keep(namespaceId, rows, Math.min(...group.map(untilOf)));
        let from = 0;
        for (const one of group) one.done({ isNew: isNew.slice(from, (from += one.rows.length)), buffered });
      } catch (error) {
        for (const one of group) one.failed(error);
      }
    }
    this.lines.delete(namespaceId);
  }
}

const untilOf = ({ until }: Waiting) => until;

function takeGroup(line: Waiting[]): Waiting[] {
  let rows = line[0]?.rows.length ?? 0;
  let n = 1;
  while (n < line.length && rows + (line[n]?.rows.length ?? 0) <= MAX_GROUP) rows += line[n++]?.rows.length ?? 0;
  return line.splice(0, n);
}
