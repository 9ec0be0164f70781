import { z } from 'zod';
import {
  answerFormat,
  bbox,
  cellId,
  eventType,
  level,
  pageQuery,
  paged,
  plainText,
  point,
  timestamp,
  utcTime,
} from './common.js';
import { groupId, targetId } from './places.js';

export const riskStatus = z.enum(['open', 'acknowledged', 'resolved', 'expired']).meta({ id: 'RiskStatus' });
export type RiskStatus = z.infer<typeof riskStatus>;

/** A cell, or a target, over its threshold: opened by a surface, handled by people, closed by them or by the risk falling away. */
export const risk = z
  .object({
    risk_id: z.string(),
    timestamp: utcTime,
    status: riskStatus,
    level,
    cell: z
      .object({ id: cellId, center: point })
      .meta({ description: 'Of the risk of a target: the cell that holds most of it.' }),
    target_id: z.string().nullable(),
    event_type: z.string(),
    p_event: z.number(),
    expected_count: z.number(),
    horizon_hours: z.int(),
    model_version: z.string(),
    acknowledged_by: z.string().nullable(),
    comment: z.string().nullable(),
    updated_at: utcTime,
    version: z.int(),
  })
  .meta({
    id: 'Risk',
    examples: [
      {
        risk_id: 'rsk_8Jt0yQm2nVx4',
        timestamp: '2026-01-31T08:00:00.000Z',
        status: 'open',
        level: 'HIGH',
        cell: { id: '872b9bc71ffffff', center: { lat: 43.653, lon: -79.383 } },
        target_id: null,
        event_type: 'fire',
        p_event: 0.18,
        expected_count: 0.2,
        horizon_hours: 24,
        model_version: 'fire-3',
        acknowledged_by: null,
        comment: null,
        updated_at: '2026-01-31T08:00:00.000Z',
        version: 1,
      },
    ],
  });
export type Risk = z.infer<typeof risk>;

export const risksQuery = z.strictObject({
  ...pageQuery,
  status: riskStatus.optional(),
  level: level.optional(),
  event_type: eventType.optional(),
  cell: cellId.optional(),
  target_id: targetId.optional(),
  group_id: groupId.optional().meta({ description: 'Risks of the targets that are in this group now.' }),
  bbox: bbox.optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
  format: answerFormat('json', 'ndjson', 'csv', 'parquet', 'arrow'),
});
export type RisksQuery = z.output<typeof risksQuery>;
export const riskPage = paged(risk);

export const riskPatch = z
  .strictObject({
    status: z.enum(['acknowledged', 'resolved', 'open']).optional(),
    comment: plainText.max(2_000).nullable().optional(),
  })
  .refine((patch) => patch.status !== undefined || patch.comment !== undefined, {
    message: 'give a status or a comment',
  })
  .meta({ id: 'RiskPatch', minProperties: 1, examples: [{ status: 'acknowledged', comment: 'Crew on the way' }] });
export type RiskPatch = z.infer<typeof riskPatch>;

/** Days of `GET /risks/stats`. */
export const RISK_STATS_DAYS = 30;
/** Risks one answer of `GET /risks/stats` counts at most, the newest. */
export const MAX_RISKS_COUNTED = 200_000;

export const riskStatsQuery = z.strictObject({
  event_type: eventType.optional(),
  target_id: targetId.optional(),
  group_id: groupId.optional().meta({ description: 'Risks of the targets that are in this group now.' }),
});
export type RiskStatsQuery = z.output<typeof riskStatsQuery>;

const countsOf = (description: string) => z.record(z.string(), z.int()).meta({ description });

export const riskStats = z
  .object({
    from: utcTime.meta({ description: 'Counted are the risks opened since, which is the beginning of a day in UTC.' }),
    to: utcTime,
    total: z.int(),
    complete: z.boolean().meta({
      description: `false: there were more than ${MAX_RISKS_COUNTED}, and only the newest are counted.`,
    }),
    by_status: countsOf('Every status, also with 0.'),
    by_level: countsOf('Every level, also with 0.'),
    by_event_type: countsOf('Every type that has any.'),
    opened_per_day: z
      .array(z.object({ day: z.string(), opened: z.int() }))
      .meta({ description: `The last ${RISK_STATS_DAYS} days in UTC, the oldest first, also with 0.` }),
    mean_time_to_acknowledge_seconds: z
      .number()
      .nullable()
      .meta({ description: 'From opening to the first acknowledgement or resolution; null where there was none.' }),
  })
  .meta({
    id: 'RiskStats',
    examples: [
      {
        from: '2026-01-02T00:00:00.000Z',
        to: '2026-01-31T08:00:00.000Z',
        total: 3,
        complete: true,
        by_status: { open: 1, acknowledged: 1, resolved: 0, expired: 1 },
        by_level: { LOW: 0, MODERATE: 0, HIGH: 2, CRITICAL: 1 },
        by_event_type: { fire: 3 },
        opened_per_day: [{ day: '2026-01-31', opened: 3 }],
        mean_time_to_acknowledge_seconds: 840,
      },
    ],
  });
export type RiskStats = z.infer<typeof riskStats>;
