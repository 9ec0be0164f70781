import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { JobType } from '#contracts';
import { Postgres } from '#platform';
import { JOBS, kindOf } from '../catalog/catalog.js';
import { type Due, pack, type Parcel } from './parcels.js';
import { dueAfter, type Lane, type Shares, shareOut } from './share-out.js';

/** Held while jobs are given out: two at once would each give a namespace all that it may have. */
const LOCK = 7_203_116;
/** Jobs that are given out in one transaction. */
const MOST = 512;

export interface Round {
  parcels: Parcel[];
  /** There may be more to give out at once. */
  more: boolean;
  /** Milliseconds until something is due that is not now; undefined where nothing is. */
  nextMs: number | undefined;
}

/** Gives out the jobs whose turn it is. It says what to publish and leaves the publishing to others. */
@Injectable()
export class Outbox {
  constructor(private readonly postgres: Postgres) {}

  async giveOut(): Promise<Round> {
    const look = await this.look();
    if (!look.waiting && (look.delayMs === undefined || look.delayMs > 0))
      return { parcels: [], more: false, nextMs: look.delayMs };
    return this.postgres.transaction(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock($1)`, [LOCK]);
      const woken = look.delayMs !== undefined && look.delayMs <= 0 ? await wakeDelayed(manager) : 0;
      const now = Date.now();
      const { shares, next } = shareOut(await lanes(manager), kindIfKnown, MOST, now);
      const due = await front(manager, shares);
      const parcels = pack(due);
      if (parcels.length > 0) await markOut(manager, parcels);
      await chargeRates(manager, shares, due, now);
      const nextMs = next === undefined ? undefined : Math.max(1, next - now);
      return { parcels, more: due.length === MOST || woken === MOST, nextMs: earlier(nextMs, look.delayMs) };
    });
  }

  /** Back into the line, where the message that carried them still holds them. */
  async giveBack(delivery: string, jobIds: readonly string[]): Promise<void> {
    await this.postgres.manager.query(
      `UPDATE job_outbox SET delivery = NULL, published_at = NULL WHERE job_id = ANY ($1) AND delivery = $2`,
      [jobIds, delivery],
    );
  }

  private async look(): Promise<{ waiting: boolean; delayMs: number | undefined }> {
    const [row] = await this.postgres.manager.query<{ waiting: boolean; delay_ms: number | null }[]>(
      `SELECT EXISTS (SELECT 1 FROM job_outbox WHERE delivery IS NULL) AS waiting,
              extract(epoch FROM (SELECT min(run_after) FROM jobs WHERE state = 'delayed') - now())::float8 * 1000 AS delay_ms`,
    );
    return { waiting: row?.waiting === true, delayMs: row?.delay_ms ?? undefined };
  }
}

const kindIfKnown = (type: string) => (Object.hasOwn(JOBS, type) ? kindOf(type as JobType) : undefined);

const earlier = (a: number | undefined, b: number | undefined) =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

/** A job that still waits for others gets into the line by them. */
async function wakeDelayed(manager: EntityManager): Promise<number> {
  const [row] = await manager.query<{ woken: number }[]>(
    `WITH woken AS (
       UPDATE jobs SET state = 'waiting' WHERE job_id IN (
         SELECT job_id FROM jobs WHERE state = 'delayed' AND run_after <= now()
         ORDER BY run_after LIMIT ${MOST} FOR UPDATE SKIP LOCKED)
       RETURNING job_id, namespace_id, type, priority, blocked_by),
     lined AS (
       INSERT INTO job_outbox (job_id, namespace_id, type, priority)
       SELECT job_id, namespace_id, type, priority FROM woken WHERE blocked_by = 0 ON CONFLICT DO NOTHING)
     SELECT count(*)::int AS woken FROM woken`,
  );
  return row?.woken ?? 0;
}

/** One step of the index for each lane, however long the lanes are. */
async function lanes(manager: EntityManager): Promise<Lane[]> {
  const rows = await manager.query<{ namespace_id: string; type: string; jobs_out: number; due: Date | null }[]>(
    `WITH RECURSIVE lanes AS (
       (SELECT namespace_id, type FROM job_outbox WHERE delivery IS NULL ORDER BY namespace_id, type LIMIT 1)
       UNION ALL
       SELECT following.* FROM lanes CROSS JOIN LATERAL (
         SELECT namespace_id, type FROM job_outbox
         WHERE delivery IS NULL AND (namespace_id, type) > (lanes.namespace_id, lanes.type)
         ORDER BY namespace_id, type LIMIT 1) following)
     SELECT namespace_id, type, rates.due,
            (SELECT count(*)::int FROM job_outbox o
             WHERE delivery IS NOT NULL AND o.namespace_id = lanes.namespace_id AND o.type = lanes.type) AS jobs_out
     FROM lanes LEFT JOIN job_rates rates USING (namespace_id, type)`,
  );
  return rows.map((row) => ({
    namespaceId: row.namespace_id,
    type: row.type,
    out: row.jobs_out,
    due: row.due?.getTime() ?? null,
  }));
}

async function front(manager: EntityManager, shares: Shares['shares']): Promise<Due[]> {
  if (shares.length === 0) return [];
  return manager.query<Due[]>(
    `SELECT line.* FROM unnest($1::text[], $2::text[], $3::int[]) AS lane (namespace_id, type, jobs)
     CROSS JOIN LATERAL (
       SELECT job_id, namespace_id, type, priority, seq FROM job_outbox o
       WHERE delivery IS NULL AND o.namespace_id = lane.namespace_id AND o.type = lane.type
       ORDER BY namespace_id, type, priority, seq LIMIT lane.jobs) line`,
    [shares.map(({ lane }) => lane.namespaceId), shares.map(({ lane }) => lane.type), shares.map(({ jobs }) => jobs)],
  );
}

async function markOut(manager: EntityManager, parcels: readonly Parcel[]): Promise<void> {
  await manager.query(
    `UPDATE job_outbox o SET delivery = parcel.delivery, published_at = clock_timestamp()
     FROM unnest($1::uuid[], $2::uuid[]) AS parcel (job_id, delivery) WHERE o.job_id = parcel.job_id`,
    [parcels.flatMap(({ jobs }) => jobs), parcels.flatMap(({ delivery, jobs }) => jobs.map(() => delivery))],
  );
}

async function chargeRates(
  manager: EntityManager,
  shares: Shares['shares'],
  due: readonly Due[],
  now: number,
): Promise<void> {
  for (const { lane } of shares) {
    const rate = kindIfKnown(lane.type)?.rateLimit;
    if (!rate) continue;
    const starts = due.filter(({ namespace_id, type }) => namespace_id === lane.namespaceId && type === lane.type);
    await manager.query(
      `INSERT INTO job_rates (namespace_id, type, due) VALUES ($1, $2, $3)
       ON CONFLICT (namespace_id, type) DO UPDATE SET due = excluded.due`,
      [lane.namespaceId, lane.type, new Date(dueAfter(rate, lane.due, starts.length, now))],
    );
  }
}
