import { Injectable } from '@nestjs/common';
import { AppError } from '#platform';
import type { EventRow } from '../event-row.js';
import { EventStore, SpoolIsAhead } from '../event-store.js';
import { IngestSignal } from '../ingest-signal.js';
import { IngestSpool } from './ingest-spool.js';
import { rowsSpooled } from './spool-metrics.js';
import { meansAway, StoreWatch } from './store-watch.js';

/** What became of rows; they are durable. */
export interface Kept {
  /** For each row. Of buffered ones it says what is known of an id: false where it is repeated among these rows. */
  readonly isNew: boolean[];
  /** They lie in the spool, and are written to the store when it takes them. */
  readonly buffered: boolean;
}

/**
 * Keeps events durably: in ClickHouse, or while that is away in the spool. As long as something of a namespace lies in
 * the spool, what comes goes behind it, so that nobody's events overtake each other.
 */
@Injectable()
export class EventKeeper {
  /** Namespaces of which something lay in the spool when this process last looked. */
  private readonly behind = new Set<string>();

  constructor(
    private readonly store: EventStore,
    private readonly spool: IngestSpool,
    private readonly watch: StoreWatch,
    private readonly signal: IngestSignal,
  ) {}

  /**
   * @param until milliseconds since 1970: whoever waits for it then has no use for an answer that comes later
   * @throws AppError INGEST_SPOOL_FULL; what the stores fail with
   */
  async keep(namespaceId: string, rows: readonly EventRow[], until: number): Promise<Kept> {
    while (!this.watch.away) {
      if (this.behind.has(namespaceId)) {
        const kept = await this.buffer(namespaceId, rows, { onlyBehind: true });
        if (kept) return kept;
      }
      try {
        return { isNew: await this.writeBy(namespaceId, rows, until), buffered: false };
      } catch (error) {
        if (error instanceof SpoolIsAhead) this.behind.add(namespaceId);
        else if (error instanceof Late) break;
        else if (meansAway(error)) return this.insteadOf(error, namespaceId, rows);
        else throw error;
      }
    }
    return this.always(namespaceId, rows);
  }

  /** Writes to the store. What takes longer goes on, and whatever it comes to does no harm: an id counts once. */
  private async writeBy(namespaceId: string, rows: readonly EventRow[], until: number): Promise<boolean[]> {
    const writing = this.write(namespaceId, rows);
    if (until === Infinity) return writing;
    writing.catch(() => undefined);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Late()), Math.max(0, until - Date.now()));
    try {
      return await Promise.race([writing, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async write(namespaceId: string, rows: readonly EventRow[]): Promise<boolean[]> {
    const isNew = await this.watch.run((signal) => this.store.write(namespaceId, rows, signal));
    const types = new Set(rows.filter((_, i) => isNew[i]).map(({ eventType }) => eventType));
    if (types.size > 0) this.signal.ingested(namespaceId, types);
    return isNew;
  }

  /** @throws the store's error where PostgreSQL does not take the rows either */
  private async insteadOf(error: unknown, namespaceId: string, rows: readonly EventRow[]): Promise<Kept> {
    try {
      return await this.always(namespaceId, rows);
    } catch (failed) {
      throw failed instanceof AppError ? failed : error;
    }
  }

  private async always(namespaceId: string, rows: readonly EventRow[]): Promise<Kept> {
    const kept = await this.buffer(namespaceId, rows, { onlyBehind: false });
    if (!kept) throw new Error('The spool took rows without keeping them');
    return kept;
  }

  private async buffer(
    namespaceId: string,
    rows: readonly EventRow[],
    where: { onlyBehind: boolean },
  ): Promise<Kept | undefined> {
    const ids = new Set<string>();
    const isNew = rows.map(({ eventId }) => !ids.has(eventId) && ids.add(eventId).size > 0);
    const once = rows.filter((_, i) => isNew[i]);
    const taken = await this.spool.add(namespaceId, once, where);
    if (taken) {
      this.behind.add(namespaceId);
      rowsSpooled.inc(once.length);
    } else this.behind.delete(namespaceId);
    return taken ? { isNew, buffered: true } : undefined;
  }
}

/** The store is there, and slower than its caller can wait. */
class Late extends Error {}
