import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AppError, type ConfigOf } from '#platform';
import { riskConfig } from '../../risk.config.js';
import type { EventRow } from '../event-row.js';
import { nextRound, type SpooledBatch } from './drain-round.js';
import { encodeRows } from './spool-codec.js';

/** What a drain takes at once. */
const ROUND = { rows: 40_000, bytes: 16 * 1024 * 1024 };
/** Batches that are looked at for it: small ones come by the thousand. */
const LOOK = 5_000;
/** With so many rows left nothing is added until they are written: only so does a stream without a pause leave the spool. */
const LAST_ROWS = 10_000;
/** What a batch takes beside its payload. */
const ROW_BYTES = 100;
/** Seconds after which somebody who was turned away may try again. */
const RETRY_AFTER = '30';

/** A batch with what it holds. */
export interface FullBatch extends SpooledBatch {
  readonly payload: Buffer;
}

/** What lies in the spool of a namespace. */
export interface SpoolDepth {
  readonly namespaceId: string;
  readonly batches: number;
  readonly rows: number;
  readonly bytes: number;
  /** Of the first in line. */
  readonly oldest: Date;
}

/** Batches of events in PostgreSQL that are to be written to ClickHouse, in the order in which they came. */
@Injectable()
export class IngestSpool {
  private readonly maxBytes: number;

  constructor(
    @InjectDataSource() private readonly postgres: DataSource,
    @Inject(riskConfig.token) config: Pick<ConfigOf<typeof riskConfig>, 'INGEST_SPOOL_MAX_MB'>,
  ) {
    this.maxBytes = config.INGEST_SPOOL_MAX_MB * 1024 * 1024;
  }

  /**
   * Puts rows behind all that lie in the spool; they are durable then.
   * @param onlyBehind not where nothing lies there
   * @returns false where nothing lay there
   * @throws AppError INGEST_SPOOL_FULL
   */
  async add(namespaceId: string, rows: readonly EventRow[], { onlyBehind }: { onlyBehind: boolean }): Promise<boolean> {
    const payload = await encodeRows(rows);
    const bytes = payload.length + ROW_BYTES;
    const values = [namespaceId, rows.length, bytes, payload, onlyBehind ? 1 : 0, this.maxBytes];
    for (;;) {
      // One statement: the lock of the first change is held no longer than the commit takes.
      const added = await this.postgres.query<unknown[]>(
        `WITH room AS (
           UPDATE ingest_spools SET batches = batches + 1, rows = rows + $2::int, bytes = bytes + $3::int
           WHERE namespace_id = $1 AND batches >= $5::int
             AND bytes + $3::int <= $6::bigint / 2
             AND (SELECT sum(bytes) FROM ingest_spools) + $3::int <= $6::bigint
           RETURNING 1)
         INSERT INTO ingest_spool (namespace_id, rows, bytes, payload) SELECT $1, $2::int, $3::int, $4::bytea FROM room RETURNING 1`,
        values,
      );
      if (added.length > 0) return true;
      const [spool] = await this.postgres.query<{ batches: number; bytes: string; all: string }[]>(
        `SELECT batches, bytes, (SELECT sum(bytes) FROM ingest_spools) AS "all" FROM ingest_spools WHERE namespace_id = $1`,
        [namespaceId],
      );
      if (onlyBehind && (spool?.batches ?? 0) === 0) return false;
      if (!spool)
        await this.postgres.query(`INSERT INTO ingest_spools (namespace_id) VALUES ($1) ON CONFLICT DO NOTHING`, [
          namespaceId,
        ]);
      else if (Number(spool.bytes) + bytes > this.maxBytes / 2 || Number(spool.all) + bytes > this.maxBytes)
        throw new AppError(
          'INGEST_SPOOL_FULL',
          'The event store is away, and what is kept for it has reached its bound; none of these rows was taken',
          { headers: { 'Retry-After': RETRY_AFTER } },
        );
    }
  }

  /** Of every namespace that has something in it. */
  async depths(): Promise<SpoolDepth[]> {
    const found = await this.postgres.query<
      { namespace_id: string; batches: number; rows: string; bytes: string; oldest: Date }[]
    >(
      `SELECT namespace_id, batches, rows, bytes, oldest
       FROM ingest_spools CROSS JOIN LATERAL (
         SELECT spooled_at AS oldest FROM ingest_spool WHERE namespace_id = ingest_spools.namespace_id
         ORDER BY position, part LIMIT 1) AS first
       WHERE batches > 0 ORDER BY oldest`,
    );
    return found.map(({ namespace_id, batches, rows, bytes, oldest }) => ({
      namespaceId: namespace_id,
      batches,
      rows: Number(rows),
      bytes: Number(bytes),
      oldest,
    }));
  }

  /** What is to be written next, in order. With the last of it the spool is shut until the transaction ends. */
  async next(manager: EntityManager, namespaceId: string): Promise<FullBatch[]> {
    const [spool] = await manager.query<{ rows: string }[]>(`SELECT rows FROM ingest_spools WHERE namespace_id = $1`, [
      namespaceId,
    ]);
    if (Number(spool?.rows ?? 0) <= LAST_ROWS)
      await manager.query(`SELECT 1 FROM ingest_spools WHERE namespace_id = $1 FOR UPDATE`, [namespaceId]);
    const waiting = await manager.query<SpooledBatch[]>(
      `SELECT position, part, rows, bytes, refusals FROM ingest_spool
       WHERE namespace_id = $1 ORDER BY position, part LIMIT ${LOOK}`,
      [namespaceId],
    );
    const round = nextRound(waiting, ROUND);
    if (round.length === 0) return [];
    return manager.query<FullBatch[]>(
      `SELECT position, part, rows, bytes, refusals, payload FROM ingest_spool JOIN ${KEYS} USING (position, part)
       WHERE namespace_id = $1 ORDER BY position, part`,
      [namespaceId, ...keysOf(round)],
    );
  }

  /** Takes batches out; they are where they belong. */
  async remove(manager: EntityManager, namespaceId: string, batches: readonly SpooledBatch[]): Promise<void> {
    await this.lock(manager, namespaceId);
    await manager.query(
      `WITH gone AS (
         DELETE FROM ingest_spool USING ${KEYS}
         WHERE namespace_id = $1 AND ingest_spool.position = keys.position AND ingest_spool.part = keys.part
         RETURNING rows, bytes),
       sums AS (SELECT count(*) AS batches, coalesce(sum(rows), 0) AS rows, coalesce(sum(bytes), 0) AS bytes FROM gone)
       UPDATE ingest_spools SET batches = ingest_spools.batches - sums.batches, rows = ingest_spools.rows - sums.rows,
              bytes = ingest_spools.bytes - sums.bytes
       FROM sums WHERE namespace_id = $1`,
      [namespaceId, ...keysOf(batches)],
    );
  }

  /** Counts a refusal of each of these batches. */
  async refused(namespaceId: string, batches: readonly SpooledBatch[]): Promise<void> {
    await this.postgres.query(
      `UPDATE ingest_spool SET refusals = refusals + 1 FROM ${KEYS}
       WHERE namespace_id = $1 AND ingest_spool.position = keys.position AND ingest_spool.part = keys.part`,
      [namespaceId, ...keysOf(batches)],
    );
  }

  /** Pieces of the batch that were set aside. */
  async parkedOf(namespaceId: string, position: string): Promise<number> {
    const [found] = await this.postgres.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM ingest_parked WHERE namespace_id = $1 AND position = $2`,
      [namespaceId, position],
    );
    return found?.n ?? 0;
  }

  /** Puts the two halves of a batch in its place, in the same order. */
  async cut(namespaceId: string, batch: SpooledBatch, rows: readonly EventRow[], refusals: number): Promise<void> {
    const middle = Math.ceil(rows.length / 2);
    const halves = await Promise.all(
      [
        { part: batch.part, rows: rows.slice(0, middle) },
        { part: batch.part + middle, rows: rows.slice(middle) },
      ].map(async ({ part, rows: half }) => ({ part, rows: half.length, payload: await encodeRows(half) })),
    );
    await this.replacing(namespaceId, batch, async (manager, spooledAt) => {
      for (const { part, rows: count, payload } of halves) {
        const bytes = payload.length + ROW_BYTES;
        await manager.query(
          `INSERT INTO ingest_spool (namespace_id, position, part, rows, bytes, payload, refusals, spooled_at)
           OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [namespaceId, batch.position, part, count, bytes, payload, refusals, spooledAt],
        );
        await this.count(manager, namespaceId, { batches: 1, rows: count, bytes });
      }
    });
  }

  /** Sets a batch aside, so that what comes after it can be written. */
  async park(namespaceId: string, batch: FullBatch, error: string): Promise<void> {
    await this.replacing(namespaceId, batch, async (manager, spooledAt) => {
      await manager.query(
        `INSERT INTO ingest_parked (namespace_id, position, part, rows, bytes, payload, error, spooled_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [namespaceId, batch.position, batch.part, batch.rows, batch.bytes, batch.payload, error, spooledAt],
      );
    });
  }

  private async replacing(
    namespaceId: string,
    batch: SpooledBatch,
    work: (manager: EntityManager, spooledAt: Date) => Promise<void>,
  ): Promise<void> {
    await this.postgres.transaction(async (manager) => {
      await this.lock(manager, namespaceId);
      const [found] = await manager.query<{ spooled_at: Date }[]>(
        `SELECT spooled_at FROM ingest_spool WHERE namespace_id = $1 AND position = $2 AND part = $3`,
        [namespaceId, batch.position, batch.part],
      );
      // Another process has dealt with it meanwhile.
      if (!found) return;
      await this.remove(manager, namespaceId, [batch]);
      await work(manager, found.spooled_at);
    });
  }

  private async lock(manager: EntityManager, namespaceId: string): Promise<void> {
    await manager.query(`SELECT 1 FROM ingest_spools WHERE namespace_id = $1 FOR UPDATE`, [namespaceId]);
  }

  private async count(
    manager: EntityManager,
    namespaceId: string,
    { batches, rows, bytes }: { batches: number; rows: number; bytes: number },
  ): Promise<void> {
    await manager.query(
      `UPDATE ingest_spools SET batches = batches + $2, rows = rows + $3, bytes = bytes + $4 WHERE namespace_id = $1`,
      [namespaceId, batches, rows, bytes],
    );
  }
}

/** Batches by their keys, as parameters 2 and 3. */
const KEYS = 'unnest($2::bigint[], $3::int[]) AS keys (position, part)';

const keysOf = (batches: readonly SpooledBatch[]): [string[], number[]] => [
  batches.map(({ position }) => position),
  batches.map(({ part }) => part),
];
