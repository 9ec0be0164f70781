import { hash, randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError, ClickHouse, type ConfigOf, postgresConfig } from '#platform';
import type { EventRow } from './event-row.js';
import { existingKeys, REPAIR } from './event-store.queries.js';
import { Slots } from './slots.js';

const COLUMNS = [
  'namespace_id',
  'event_type',
  'cell',
  'ts',
  'event_id',
  'lat',
  'lon',
  'amount',
  'entity_id',
  'attrs',
  'ingest_seq',
] as const;
const HOUR_MS = 3_600_000;
const hourOf = (time: number) => (Math.floor(time / HOUR_MS) * HOUR_MS) / 1000;
/** Ids looked up at once: a server takes a parameter of 128 KB, and a hash has up to 16 digits. */
const LOOKUP = 5_000;
/** How long a writer waits for another process that writes into the same namespace. */
const LOCK_TIMEOUT = '60s';
/** A writer that asks ClickHouse and is silent to PostgreSQL for longer is frozen or cut off: others must get on. */
const SILENCE = '180s';

/** Owner of rows that only use up the token of an insert that was given up; no namespace has this id. */
const NOBODY = '';

/** ClickHouse is there and does not take these rows: to send the same again does not help. */
export class RowsRefused extends AppError {
  constructor(cause: AppError) {
    super(cause.code, cause.message, { cause: cause.cause });
  }
}

/** Events of the namespace wait in the spool; what comes after them must not overtake them. */
export class SpoolIsAhead extends Error {}

/** What may be done while a writer is alone in its namespace. */
export interface WriterTurn {
  /** The transaction that holds the lock. */
  readonly manager: EntityManager;
  /**
   * @returns for each row whether it was new
   * @throws RowsRefused
   */
  write(rows: readonly EventRow[]): Promise<boolean[]>;
  /**
   * Takes rows away whose times lie from `from` to `to`, milliseconds since 1970: `work` deletes them from the events, and
   * keys and hours over the span are made anew, by the next writer where this one dies.
   */
  rewrite(from: number, to: number, work: () => Promise<void>): Promise<void>;
}

/** The first 53 bits of the id's MD5, as the view `event_keys_mv` computes them. */
export function keyHash(eventId: string): number {
  return Number(hash('md5', eventId, 'buffer').readBigUInt64BE() >> 11n);
}

/**
 * Writes batches of events to ClickHouse, each event_id of a namespace once.
 *
 * One writer at a time per namespace, over all processes, by a lock in PostgreSQL; under it: which ids are there, then
 * the insert of the others. ClickHouse has no transaction over the table and its views, so the batch is announced in
 * PostgreSQL first; an announcement that is still there tells the next writer that somebody died in the middle, and the
 * aggregates over that span are made anew before anything is added.
 */
@Injectable()
export class EventStore {
  private readonly logger = new Logger(EventStore.name);
  /**
   * A writer holds one connection and needs a second one for a moment. Were all connections writers' firsts, each would
   * wait for what the others hold.
   */
  private readonly writers: Slots;

  constructor(
    @InjectDataSource() private readonly postgres: DataSource,
    private readonly clickhouse: ClickHouse,
    @Inject(postgresConfig.token) config: Pick<ConfigOf<typeof postgresConfig>, 'DATABASE_POOL'>,
  ) {
    this.writers = new Slots(Math.max(1, Math.floor(config.DATABASE_POOL / 4)));
  }

  /**
   * @param signal gives it up
   * @returns for each row whether it was new; false marks a repeated id, also one repeated within `rows`
   * @throws AppError UNAVAILABLE, DEADLINE_EXCEEDED or STORAGE_FULL; sending the same rows again is then right.
   *   RowsRefused; SpoolIsAhead; the signal's reason
   */
  write(namespaceId: string, rows: readonly EventRow[], signal?: AbortSignal): Promise<boolean[]> {
    return this.whenFree(namespaceId, signal, (turn) => turn.write(rows));
  }

  /**
   * Does work alone in the namespace, after whoever is at it.
   * @throws SpoolIsAhead; the signal's reason
   */
  whenFree<T>(
    namespaceId: string,
    signal: AbortSignal | undefined,
    work: (turn: WriterTurn) => Promise<T>,
  ): Promise<T> {
    return this.alone(signal, async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 1))`, [namespaceId]);
      const ahead = await manager.query<unknown[]>(
        `SELECT 1 FROM ingest_spools WHERE namespace_id = $1 AND batches > 0`,
        [namespaceId],
      );
      if (ahead.length > 0) throw new SpoolIsAhead();
      return work(await this.turn(manager, namespaceId, signal));
    });
  }

  /**
   * Does work alone in the namespace, past the spool.
   * @returns undefined where another writer is at it
   */
  inTurn<T>(namespaceId: string, signal: AbortSignal, work: (turn: WriterTurn) => Promise<T>): Promise<T | undefined> {
    return this.alone(signal, async (manager) => {
      const [lock] = await manager.query<{ held: boolean }[]>(
        `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1)) AS held`,
        [namespaceId],
      );
      return lock?.held === true ? work(await this.turn(manager, namespaceId, signal)) : undefined;
    });
  }

  private alone<T>(signal: AbortSignal | undefined, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.writers.run(() => {
      // It may have been given up while it waited in line.
      signal?.throwIfAborted();
      return this.postgres.transaction(async (manager) => {
        await manager.query(
          `SET LOCAL statement_timeout = '${LOCK_TIMEOUT}'; SET LOCAL idle_in_transaction_session_timeout = '${SILENCE}'`,
        );
        return work(manager);
      });
    });
  }

  private async turn(manager: EntityManager, namespaceId: string, signal?: AbortSignal): Promise<WriterTurn> {
    signal?.throwIfAborted();
    await this.repair(manager, namespaceId, signal);
    return {
      manager,
      write: async (rows) => {
        const known = await this.existing(namespaceId, rows, signal);
        const isNew = rows.map(({ eventId }) => {
          if (known.has(eventId)) return false;
          known.add(eventId);
          return true;
        });
        const fresh = rows.filter((_, i) => isNew[i]);
        if (fresh.length > 0) await this.insert(manager, namespaceId, fresh, signal);
        return isNew;
      },
      rewrite: async (from, to, work) => {
        const batchId = await this.announce(namespaceId, from, to);
        await work();
        // A sign of life: the server ends a transaction that is silent for too long, and with it this turn.
        await manager.query(`SELECT 1`);
        await this.remake(manager, namespaceId, { batchId, from, to }, signal);
      },
    };
  }

  private async existing(
    namespaceId: string,
    rows: readonly EventRow[],
    signal: AbortSignal | undefined,
  ): Promise<Set<string>> {
    const hashes = [...new Set(rows.map(({ eventId }) => keyHash(eventId)))];
    const known = new Set<string>();
    for (let at = 0; at < hashes.length; at += LOOKUP) {
      const some = { namespace: namespaceId, hashes: hashes.slice(at, at + LOOKUP) };
      const found = await this.clickhouse.query(existingKeys, some, {
        timeoutMs: 30_000,
        ...(signal ? { signal } : {}),
      });
      for (const { event_id } of found) known.add(event_id);
    }
    return known;
  }

  private async insert(
    manager: EntityManager,
    namespaceId: string,
    rows: readonly EventRow[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const [position] = await manager.query<{ seq: string }[]>(
      `INSERT INTO ingest_positions (namespace_id, seq) VALUES ($1, 1)
       ON CONFLICT (namespace_id) DO UPDATE SET seq = ingest_positions.seq + 1, updated_at = now() RETURNING seq`,
      [namespaceId],
    );
    const seq = Number(position?.seq);
    let from = Infinity;
    let to = -Infinity;
    for (const { time } of rows) {
      from = Math.min(from, time);
      to = Math.max(to, time);
    }
    const batchId = await this.announce(namespaceId, from, to);
    try {
      await this.clickhouse.insert(
        'events',
        [...COLUMNS],
        rows.map((row) => valuesOf(namespaceId, row, seq)),
        batchId,
        {
          queryId: batchId,
          signal,
        },
      );
    } catch (error) {
      throw error instanceof AppError && error.code === 'INTERNAL' ? new RowsRefused(error) : error;
    }
    await manager.query(`DELETE FROM ingest_batches WHERE batch_id = $1`, [batchId]);
  }

  /** On a connection of its own: the announcement must outlive a crash of the transaction. */
  private async announce(namespaceId: string, from: number, to: number): Promise<string> {
    const batchId = randomUUID();
    await this.postgres.query(
      `INSERT INTO ingest_batches (batch_id, namespace_id, from_time, to_time) VALUES ($1, $2, $3, $4)`,
      [batchId, namespaceId, new Date(from), new Date(to)],
    );
    return batchId;
  }

  private async repair(manager: EntityManager, namespaceId: string, signal?: AbortSignal): Promise<void> {
    const broken = await manager.query<{ batch_id: string; from_time: Date; to_time: Date }[]>(
      `SELECT batch_id, from_time, to_time FROM ingest_batches WHERE namespace_id = $1`,
      [namespaceId],
    );
    if (broken.length > 0)
      // They wrote under the positions that follow; nobody would read those before other batches have taken them.
      await manager.query(
        `INSERT INTO ingest_positions (namespace_id, seq) VALUES ($1, $2)
         ON CONFLICT (namespace_id) DO UPDATE SET seq = ingest_positions.seq + excluded.seq, updated_at = now()`,
        [namespaceId, broken.length],
      );
    for (const batch of broken) {
      const from = batch.from_time.getTime();
      const to = batch.to_time.getTime();
      this.logger.warn(
        { namespace: namespaceId, from, to },
        'a batch was left half written; its aggregates are made anew',
      );
      await this.fence(batch.batch_id, from, to, signal);
      await this.remake(manager, namespaceId, { batchId: batch.batch_id, from, to }, signal);
    }
  }

  /** Makes keys and hours over the span of a batch anew from its events, after which the batch is dealt with. */
  private async remake(
    manager: EntityManager,
    namespaceId: string,
    { batchId, from, to }: { batchId: string; from: number; to: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const span = { namespace: namespaceId, from, to, from_hour: hourOf(from), to_hour: hourOf(to) };
    await this.clickhouse.command('events.repair-keys', REPAIR.keys, span, { signal });
    await this.clickhouse.command('events.repair-drop-hours', REPAIR.dropHours, span, { signal });
    await this.clickhouse.command('events.repair-hours', REPAIR.hours, span, { signal });
    await manager.query(`DELETE FROM ingest_batches WHERE batch_id = $1`, [batchId]);
  }

  /**
   * After this, nothing of a batch that was given up comes into the tables any more. A server that was frozen may go on
   * with an insert whose sender left long ago, or begin with one that lay in its sockets: whatever of it is not there
   * yet finds its token used up, in every month and year that it could write to; what has begun is stopped or ends.
   */
  private async fence(batchId: string, from: number, to: number, signal?: AbortSignal): Promise<void> {
    if (!this.clickhouse.remote) return;
    const rows = monthsOf(from, to).map((time) => valuesOf(NOBODY, { ...NOTHING, time, eventId: batchId }, 0));
    await this.clickhouse.insert('events', [...COLUMNS], rows, batchId, { signal });
    await this.clickhouse.endInsert(batchId, signal);
  }
}

const NOTHING: EventRow = {
  eventId: '',
  time: 0,
  lat: 0,
  lon: 0,
  cell: '0',
  eventType: '',
  amount: null,
  entityId: '',
  attrs: '{}',
};

/** A row in the order of COLUMNS. */
function valuesOf(namespaceId: string, row: EventRow, seq: number): unknown[] {
  return [
    namespaceId,
    row.eventType,
    BigInt(`0x${row.cell}`).toString(),
    // Written out: the parser takes a number of seconds of ten digits alone, and that reaches back to 2001.
    new Date(row.time).toISOString(),
    row.eventId,
    row.lat,
    row.lon,
    row.amount,
    row.entityId,
    row.attrs,
    seq,
  ];
}

/** The first moment of every month from that of `from` to that of `to`, in UTC: the partitions between them. */
function monthsOf(from: number, to: number): number[] {
  const start = new Date(from);
  const months: number[] = [];
  for (let n = 0; ; n++) {
    const month = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + n);
    if (month > to) return months;
    months.push(month);
  }
}
