import { z } from 'zod';
import { bbox, cellId, eventType, level, pageQuery, paged, plainText, point, timestamp } from './common.js';

export const riskStatus = z.enum(['open', 'acknowledged', 'resolved', 'expired']);
export type RiskStatus = z.infer<typeof riskStatus>;

/** A cell over its threshold: opened by a surface, handled by people, closed by them or by the risk falling away. */
export const risk = z.object({
  risk_id: z.string(),
  timestamp: z.string(),
  status: riskStatus,
  level,
  cell: z.object({ id: cellId, center: point }),
  target_id: z.string().nullable(),
  event_type: z.string(),
  p_event: z.number(),
  expected_count: z.number(),
  horizon_hours: z.number(),
  model_version: z.string(),
  acknowledged_by: z.string().nullable(),
  comment: z.string().nullable(),
  updated_at: z.string(),
  version: z.number(),
});
export type Risk = z.infer<typeof risk>;

export const risksQuery = z.strictObject({
  ...pageQuery,
  status: riskStatus.optional(),
  level: level.optional(),
  event_type: eventType.optional(),
  cell: cellId.optional(),
  bbox: bbox.optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
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
  });
export type RiskPatch = z.infer<typeof riskPatch>;
