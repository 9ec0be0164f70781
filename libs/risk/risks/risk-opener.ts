import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { cellToLatLng } from 'h3-js';
import type { EntityManager } from 'typeorm';
import type { Level } from '#contracts';
import { Cache, type Lease, Postgres } from '#platform';
import { risksTag } from '../answers.js';
import type { TargetFindings } from '../places/watched-targets.js';

/** The horizon over which a cell's probability opens a risk. */
export const RISK_HORIZON = 24;

/** What makes a second live risk of one cell or target impossible: the indexes of the migration, as they are written there. */
const ONE_LIVE = {
  cells: `(namespace_id, event_type, cell) WHERE status IN ('open', 'acknowledged') AND target_id IS NULL`,
  targets: `(namespace_id, event_type, target_id) WHERE status IN ('open', 'acknowledged') AND target_id IS NOT NULL`,
} as const;

/** A cell at or over the threshold of HIGH. */
export interface HotCell {
  cell: string;
  level: Level;
  pEvent: number;
  expectedCount: number;
}

export interface Opening {
  namespaceId: string;
  eventType: string;
  modelVersion: string;
  issuedAt: Date;
  /** Cells at HIGH or above. */
  hot: HotCell[];
  /** Probability under which a live risk expires: below HIGH by a margin, so that a cell at the edge does not flutter. */
  expireBelow: number;
  pEventOf: (cell: string) => number | undefined;
  /** Of the targets of the namespace; left out: it has none. */
  targets?: TargetFindings;
}

/** Brings the risks of cells and targets in line with a new surface: opens what is over its threshold, follows what is open, lets the rest expire. */
@Injectable()
export class RiskOpener {
  constructor(
    private readonly postgres: Postgres,
    private readonly cache: Cache,
  ) {}

  /** @param lease under which the surface was made: without it a later one's risks might be overwritten */
  async reconcile(opening: Opening, lease?: Lease): Promise<{ opened: number; expired: number }> {
    const { namespaceId, eventType } = opening;
    return this.postgres.transaction(async (manager) => {
      // One at a time: two that lock the same risks in different orders would wait for each other.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 3))`, [`${namespaceId}/${eventType}`]);
      await lease?.guard(manager);
      // Before their risks: who deletes a target holds it first, too, and lets its risks expire then.
      const standing = await this.holdTargets(manager, opening);
      const live = await manager.query<{ risk_id: string; cell: string; target_id: string | null }[]>(
        `SELECT risk_id, cell, target_id FROM risks
         WHERE namespace_id = $1 AND event_type = $2 AND status IN ('open', 'acknowledged') FOR UPDATE`,
        [namespaceId, eventType],
      );
      const expired = live.filter(({ cell, target_id }) =>
        target_id === null
          ? (opening.pEventOf(cell) ?? 0) < opening.expireBelow
          : !opening.targets?.staying.has(target_id),
      );
      await manager.query(
        `UPDATE risks SET status = 'expired', updated_at = $2, version = version + 1 WHERE risk_id = ANY ($1)`,
        [expired.map(({ risk_id }) => risk_id), opening.issuedAt],
      );
      const ofCells = await this.write(manager, opening, 'cells', opening.hot);
      const ofTargets = await this.write(
        manager,
        opening,
        'targets',
        (opening.targets?.hot ?? []).filter(({ targetId }) => standing.has(targetId)),
      );
      await this.postgres.afterCommit(() => this.cache.invalidate(risksTag(namespaceId)));
      return { opened: ofCells + ofTargets, expired: expired.length };
    });
  }

  /** Targets that are over their threshold and still there; none of them is deleted, or moved to another group, before this is over. */
  private async holdTargets(manager: EntityManager, { namespaceId, targets }: Opening): Promise<Set<string>> {
    if (!targets || targets.hot.length === 0) return new Set();
    const rows = await manager.query<{ target_id: string }[]>(
      `SELECT target_id FROM targets WHERE namespace_id = $1 AND target_id = ANY ($2)
       ORDER BY target_id FOR SHARE`,
      [namespaceId, targets.hot.map(({ targetId }) => targetId)],
    );
    return new Set(rows.map(({ target_id }) => target_id));
  }

  /** @returns how many were opened; the others of `hot` had a live risk, which now says what the surface says */
  private async write(
    manager: EntityManager,
    opening: Opening,
    of: keyof typeof ONE_LIVE,
    hot: readonly (HotCell & { targetId?: string })[],
  ): Promise<number> {
    if (hot.length === 0) return 0;
    const written = await manager.query<{ is_new: boolean }[]>(
      `INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, target_id, event_type, p_event,
                          expected_count, horizon_hours, model_version, updated_at)
       SELECT risk_id, $2, $3, 'open', level, cell, lat, lon, target_id, $4, p_event, expected_count, $5, $6, $3
       FROM jsonb_to_recordset($1::jsonb)
         AS hot (risk_id text, level text, cell text, lat double precision, lon double precision, target_id text,
                 p_event double precision, expected_count double precision)
       ON CONFLICT ${ONE_LIVE[of]}
       DO UPDATE SET level = excluded.level, cell = excluded.cell, lat = excluded.lat, lon = excluded.lon,
                     p_event = excluded.p_event, expected_count = excluded.expected_count,
                     model_version = excluded.model_version, updated_at = excluded.updated_at,
                     version = risks.version + 1
       RETURNING xmax = 0 AS is_new`,
      [
        JSON.stringify(
          hot.map((one) => {
            const [lat, lon] = cellToLatLng(one.cell);
            return {
              risk_id: `rsk_${randomBytes(12).toString('base64url')}`,
              level: one.level,
              cell: one.cell,
              lat,
              lon,
              target_id: one.targetId ?? null,
              p_event: one.pEvent,
              expected_count: one.expectedCount,
            };
          }),
        ),
        opening.namespaceId,
        opening.issuedAt,
        opening.eventType,
        RISK_HORIZON,
        opening.modelVersion,
      ],
    );
    return written.filter(({ is_new }) => is_new).length;
  }
}
