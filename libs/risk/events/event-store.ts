import { hash, randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ClickHouse, type ConfigOf, postgresConfig } from '#platform';
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
   * @returns for each row whether it was new; false marks a repeated id, also one repeated within `rows`
   * @throws AppError UNAVAILABLE, DEADLINE_EXCEEDED or STORAGE_FULL; sending the same rows again is then right
   */
  write(namespaceId: string, rows: readonly EventRow[]): Promise<boolean[]> {
    return this.writers.run(() => this.writeAlone(namespaceId, rows));
  }

  private writeAlone(namespaceId: string, rows: readonly EventRow[]): Promise<boolean[]> {
    return this.postgres.transaction(async (manager) => {
      await manager.query(`SET LOCAL statement_timeout = '${LOCK_TIMEOUT}'`);
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 1))`, [namespaceId]);
      await this.repair(manager, namespaceId);

      const known = await this.existing(namespaceId, rows);
      const isNew = rows.map(({ eventId }) => {
        if (known.has(eventId)) return false;
        known.add(eventId);
        return true;
      });
      const fresh = rows.filter((_, i) => isNew[i]);
      if (fresh.length > 0) await this.insert(manager, namespaceId, fresh);
      return isNew;
    });
  }

  private async existing(namespaceId: string, rows: readonly EventRow[]): Promise<Set<string>> {
    const hashes = [...new Set(rows.map(({ eventId }) => keyHash(eventId)))];
    const known = new Set<string>();
    for (let at = 0; at < hashes.length; at += LOOKUP) {
      const some = { namespace: namespaceId, hashes: hashes.slice(at, at + LOOKUP) };
      const found = await this.clickhouse.query(existingKeys, some, { timeoutMs: 30_000 });
      for (const { event_id } of found) known.add(event_id);
    }
    return known;
  }

  private async insert(manager: EntityManager, namespaceId: string, rows: readonly EventRow[]): Promise<void> {
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
    const batchId = randomUUID();
    // On a connection of its own: the announcement must outlive a crash of this transaction.
    await this.postgres.query(
      `INSERT INTO ingest_batches (batch_id, namespace_id, from_time, to_time) VALUES ($1, $2, $3, $4)`,
      [batchId, namespaceId, new Date(from), new Date(to)],
    );
    await this.clickhouse.insert(
      'events',
      [...COLUMNS],
      rows.map((row) => [
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
      ]),
      batchId,
    );
    await manager.query(`DELETE FROM ingest_batches WHERE batch_id = $1`, [batchId]);
  }

  private async repair(manager: EntityManager, namespaceId: string): Promise<void> {
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
      const span = { namespace: namespaceId, from, to, from_hour: hourOf(from), to_hour: hourOf(to) };
      this.logger.warn(
        { namespace: namespaceId, from, to },
        'a batch was left half written; its aggregates are made anew',
      );
      await this.clickhouse.command('events.repair-keys', REPAIR.keys, span);
      await this.clickhouse.command('events.repair-drop-hours', REPAIR.dropHours, span);
      await this.clickhouse.command('events.repair-hours', REPAIR.hours, span);
      await manager.query(`DELETE FROM ingest_batches WHERE batch_id = $1`, [batch.batch_id]);
    }
  }
}
