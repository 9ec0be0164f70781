import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { cellToLatLng } from 'h3-js';
import { DataSource } from 'typeorm';
import type { Level } from '#contracts';

/** The horizon over which a cell's probability opens a risk. */
export const RISK_HORIZON = 24;

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
}

/** Brings the risks in line with a new surface: opens what is over its threshold, follows what is open, lets the rest expire. */
@Injectable()
export class RiskOpener {
  constructor(@InjectDataSource() private readonly postgres: DataSource) {}

  async reconcile(opening: Opening): Promise<{ opened: number; expired: number }> {
    const { namespaceId, eventType } = opening;
    return this.postgres.transaction(async (manager) => {
      // One at a time: two that lock the same risks in different orders would wait for each other.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 3))`, [`${namespaceId}/${eventType}`]);
      const live = await manager.query<{ risk_id: string; cell: string }[]>(
        `SELECT risk_id, cell FROM risks
         WHERE namespace_id = $1 AND event_type = $2 AND status IN ('open', 'acknowledged') FOR UPDATE`,
        [namespaceId, eventType],
      );
      const expired = live.filter(({ cell }) => (opening.pEventOf(cell) ?? 0) < opening.expireBelow);
      await manager.query(
        `UPDATE risks SET status = 'expired', updated_at = $2, version = version + 1 WHERE risk_id = ANY ($1)`,
        [expired.map(({ risk_id }) => risk_id), opening.issuedAt],
      );
      const rows = opening.hot.map((hot) => {
        const [lat, lon] = cellToLatLng(hot.cell);
        return { ...hot, lat, lon, riskId: `rsk_${randomBytes(12).toString('base64url')}` };
      });
      const written = await manager.query<{ is_new: boolean }[]>(
        `INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, event_type, p_event,
                            expected_count, horizon_hours, model_version, updated_at)
         SELECT risk_id, $2, $3, 'open', level, cell, lat, lon, $4, p_event, expected_count, $5, $6, $3
         FROM jsonb_to_recordset($1::jsonb)
           AS hot (risk_id text, level text, cell text, lat double precision, lon double precision,
                   p_event double precision, expected_count double precision)
         ON CONFLICT (namespace_id, event_type, cell) WHERE status IN ('open', 'acknowledged')
         DO UPDATE SET level = excluded.level, p_event = excluded.p_event, expected_count = excluded.expected_count,
                       model_version = excluded.model_version, updated_at = excluded.updated_at,
                       version = risks.version + 1
         RETURNING xmax = 0 AS is_new`,
        [
          JSON.stringify(
            rows.map((row) => ({
              risk_id: row.riskId,
              level: row.level,
              cell: row.cell,
              lat: row.lat,
              lon: row.lon,
              p_event: row.pEvent,
              expected_count: row.expectedCount,
            })),
          ),
          namespaceId,
          opening.issuedAt,
          eventType,
          RISK_HORIZON,
          opening.modelVersion,
        ],
      );
      return { opened: written.filter(({ is_new }) => is_new).length, expired: expired.length };
    });
  }
}
