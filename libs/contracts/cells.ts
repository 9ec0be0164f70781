import { z } from 'zod';
import { cellId, eventType, pageQuery, point, timestamp } from './common.js';
import { cellRisk } from './risk.js';

export const FEATURE_WINDOWS = ['1h', '24h', '7d', '28d'] as const;
export type FeatureWindow = (typeof FEATURE_WINDOWS)[number];

const windowed = z.object({ '1h': z.number(), '24h': z.number(), '7d': z.number(), '28d': z.number() });
const ringFeatures = z.object({ ring: z.number(), cells: z.number(), counts: windowed, sums: windowed });

/** Windowed features of a cell at a time: the windows end at `at`, which is not part of them. */
export const cellFeatures = z.object({
  cell: cellId,
  at: z.string(),
  event_type: z.string(),
  counts: windowed,
  sums: windowed,
  /** Events in the cell itself are ring 0 and stand above; these are rings 1 and 2. */
  rings: z.array(ringFeatures),
  hour_of_week: z.object({
    /** 0 is Monday 00:00–01:00 in the namespace's time zone. */
    index: z.number(),
    /** Events of the cell's whole history in this hour of the week. */
    count: z.number(),
    /** Its share of the cell's history; 1/168 would be even. */
    share: z.number(),
  }),
});
export type CellFeatures = z.infer<typeof cellFeatures>;

export const cellFeaturesQuery = z.strictObject({ at: timestamp.optional(), event_type: eventType.optional() });
export type CellFeaturesQuery = z.output<typeof cellFeaturesQuery>;

export const snapshotQuery = z.strictObject({
  ...pageQuery,
  time: timestamp.optional(),
  event_type: eventType.optional(),
});
export type SnapshotQuery = z.output<typeof snapshotQuery>;

export const featureSnapshot = z.object({
  at: z.string(),
  event_type: z.string(),
  data: z.array(cellFeatures),
  page: z.object({ limit: z.number(), next_cursor: z.string().nullable(), has_more: z.boolean() }),
});
export type FeatureSnapshot = z.infer<typeof featureSnapshot>;

export const cellQuery = z.strictObject({ event_type: eventType.optional() });
export type CellQuery = z.output<typeof cellQuery>;

export const cellDetail = z.object({
  cell: cellId,
  resolution: z.number(),
  center: point,
  boundary: z.array(z.tuple([z.number(), z.number()])),
  neighbors: z.array(cellId),
  area_km2: z.number(),
  event_types: z.array(z.object({ event_type: z.string(), events: z.number(), last: z.string().nullable() })),
  /** From the current surface for 24 h; null where no surface covers the cell. */
  risk: cellRisk.nullable(),
});
export type CellDetail = z.infer<typeof cellDetail>;
