import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { outsideRequests } from '#platform';
import type { EventRow } from '../event-row.js';
import { EventStore, RowsRefused, type WriterTurn } from '../event-store.js';
import { IngestSignal } from '../ingest-signal.js';
import { consequenceOf, REFUSALS_OF_A_HALF } from './drain-round.js';
import { type FullBatch, IngestSpool } from './ingest-spool.js';
import { decodeRows } from './spool-codec.js';
import { rowsDrained, rowsParked, storeAway, tellDepth } from './spool-metrics.js';
import { meansAway, StoreWatch } from './store-watch.js';

const LOOK_EVERY_MS = 1_000;
/** Namespaces that one process drains at a time: what comes in for others finds a way to the store beside them. */
const SIDE_BY_SIDE = 2;

/** A batch that does not hold what it should. */
class Unreadable extends Error {}

/**
 * Brings the spool to ClickHouse. Every process does it, one at a time for each namespace; one that dies leaves nothing
 * to clear up, for batches leave the spool when they have been written and an id that is written again counts once.
 */
@Injectable()
export class SpoolDrain implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SpoolDrain.name);
  private running: Promise<void> | undefined;
  private stopping = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly store: EventStore,
    private readonly spool: IngestSpool,
    private readonly watch: StoreWatch,
    private readonly signal: IngestSignal,
  ) {
    watch.onBack(() => this.wake());
  }

  onApplicationBootstrap(): void {
    this.running = outsideRequests(() => this.run());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const drained = await this.look().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'the spool could not be looked at');
        return false;
      });
      if (!drained) await this.sleep();
    }
  }

  /** One round of every namespace that waits. @returns whether there may be more to do at once */
  private async look(): Promise<boolean> {
    const waiting = await this.spool.depths();
    tellDepth(waiting, Date.now());
    storeAway.set(this.watch.away ? 1 : 0);
    let drained = false;
    const line = waiting.map(({ namespaceId }) => namespaceId);
    const drainer = async () => {
      for (let next = line.shift(); next !== undefined && !this.stopping && !this.watch.away; next = line.shift())
        if (await this.drain(next)) drained = true;
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, drainer));
    return drained;
  }

  /** Writes the next batches of a namespace. @returns whether it got on */
  async drain(namespaceId: string): Promise<boolean> {
    let batches: FullBatch[] = [];
    try {
      const rows = await this.watch.run((signal) =>
        this.store.inTurn(namespaceId, signal, async (turn) => {
          batches = await this.spool.next(turn.manager, namespaceId);
          return batches.length > 0 ? this.write(turn, namespaceId, batches) : [];
        }),
      );
      if (!rows || rows.length === 0) return false;
      this.signal.ingested(namespaceId, new Set(rows.map(({ eventType }) => eventType)));
      return true;
    } catch (error) {
      if (error instanceof RowsRefused || error instanceof Unreadable)
        return this.refused(namespaceId, batches, error).catch((failed: unknown) => this.failed(namespaceId, failed));
      return this.failed(namespaceId, error);
    }
  }

  private async write(turn: WriterTurn, namespaceId: string, batches: readonly FullBatch[]): Promise<EventRow[]> {
    const rows = (await Promise.all(batches.map(readable))).flat();
    await turn.write(rows);
    await this.spool.remove(turn.manager, namespaceId, batches);
    rowsDrained.inc(rows.length);
    return rows;
  }

  private failed(namespaceId: string, error: unknown): false {
    // The watch has said it already.
    if (!meansAway(error)) this.logger.warn({ err: error, namespace: namespaceId }, 'the spool was not drained');
    return false;
  }

  /** @returns whether the namespace gets on at once: a batch that may yet be taken is given time */
  private async refused(namespaceId: string, batches: readonly FullBatch[], error: Error): Promise<boolean> {
    const [batch] = batches;
    if (!batch) return false;
    if (batches.length > 1) {
      // Any one of them: from now on each goes alone.
      await this.spool.refused(namespaceId, batches);
      return true;
    }
    const parked = await this.spool.parkedOf(namespaceId, batch.position);
    const consequence =
      error instanceof Unreadable ? 'park' : consequenceOf({ rows: batch.rows, refusals: batch.refusals + 1 }, parked);
    const about = { err: error, namespace: namespaceId, position: batch.position, part: batch.part, rows: batch.rows };
    switch (consequence) {
      case 'again':
        this.logger.warn(about, 'ClickHouse refused a batch of the spool');
        await this.spool.refused(namespaceId, batches);
        return false;
      case 'cut':
        await this.spool.cut(namespaceId, batch, await decodeRows(batch.payload), REFUSALS_OF_A_HALF);
        return true;
      case 'park':
        this.logger.error(about, 'rows of the spool that ClickHouse refuses were set aside');
        await this.spool.park(namespaceId, batch, messageOf(error));
        rowsParked.inc(batch.rows);
        return true;
    }
  }

  private async sleep(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LOOK_EVERY_MS);
    this.wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

async function readable(batch: FullBatch): Promise<EventRow[]> {
  try {
    return await decodeRows(batch.payload);
  } catch (cause) {
    throw new Unreadable('What the spool holds cannot be read', { cause });
  }
}

/** What the store said; its own words stand in the cause. */
const messageOf = ({ message, cause }: Error) => (cause instanceof Error ? cause.message : message).slice(0, 2_000);
