import { z } from 'zod';
import { answerFormat, cellId, eventType, page, pageQuery, point, timestamp, utcTime } from './common.js';
import { cellRisk } from './risk.js';

export const FEATURE_WINDOWS = ['1h', '24h', '7d', '28d'] as const;
export type FeatureWindow = (typeof FEATURE_WINDOWS)[number];

const windowed = z
  .object({ '1h': z.number(), '24h': z.number(), '7d': z.number(), '28d': z.number() })
  .meta({ id: 'Windowed', description: 'One figure for each window that ends at `at`.' });
const ringFeatures = z
  .object({
    ring: z.int().meta({ description: 'Steps from the cell.' }),
    cells: z.int().meta({ description: 'Cells of the ring.' }),
    counts: windowed,
    sums: windowed,
  })
  .meta({ id: 'RingFeatures' });

/** Windowed features of a cell at a time: the windows end at `at`, which is not part of them. */
export const cellFeatures = z
  .object({
    cell: cellId,
    at: utcTime.meta({ format: 'date-time', description: 'When the windows end; it is not part of them.' }),
    event_type: z.string(),
    counts: windowed,
    sums: windowed,
    /** Events in the cell itself are ring 0 and stand above; these are rings 1 and 2. */
    rings: z.array(ringFeatures),
    hour_of_week: z.object({
      index: z.int().meta({ description: "0 is Monday 00:00–01:00 in the namespace's time zone." }),
      count: z.int().meta({ description: "Events of the cell's whole history in this hour of the week." }),
      share: z.number().meta({ description: "Its share of the cell's history; 1/168 would be even." }),
    }),
  })
  .meta({ id: 'CellFeatures' });
export type CellFeatures = z.infer<typeof cellFeatures>;

export const cellFeaturesQuery = z.strictObject({
  at: timestamp.optional().meta({ description: 'Now where it is left out.' }),
  event_type: eventType.optional(),
});
export type CellFeaturesQuery = z.output<typeof cellFeaturesQuery>;

export const snapshotQuery = z.strictObject({
  ...pageQuery,
  time: timestamp.optional().meta({ description: 'Now where it is left out.' }),
  event_type: eventType.optional(),
  format: answerFormat('json', 'ndjson', 'csv', 'parquet', 'arrow'),
});
export type SnapshotQuery = z.output<typeof snapshotQuery>;

export const featureSnapshot = z.object({
  at: utcTime,
  event_type: z.string(),
  data: z.array(cellFeatures),
  page,
});
export type FeatureSnapshot = z.infer<typeof featureSnapshot>;

export const cellQuery = z.strictObject({ event_type: eventType.optional() });
export type CellQuery = z.output<typeof cellQuery>;

export const cellDetail = z
  .object({
    cell: cellId,
    resolution: z.int(),
    center: point,
    boundary: z
      .array(z.tuple([z.number(), z.number()]))
      .meta({ description: 'Corners as [lon, lat], in order; the ring is not closed.' }),
    neighbors: z.array(cellId),
    area_km2: z.number(),
    event_types: z.array(z.object({ event_type: z.string(), events: z.int(), last: utcTime.nullable() })),
    risk: cellRisk
      .nullable()
      .meta({ description: 'From the current surface for 24 h; null where no surface covers the cell.' }),
  })
  .meta({ id: 'CellDetail' });
export type CellDetail = z.infer<typeof cellDetail>;
