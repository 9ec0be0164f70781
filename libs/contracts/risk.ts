import { z } from 'zod';
import { bbox, cellId, eventType, horizonHours, level, MAX_HORIZON_HOURS, point, queryInteger } from './common.js';

export const MAX_ASSESSED_PLACES = 1_000;
export const MAX_SCENARIOS = 1_000;

export const assessInput = z
  .strictObject({
    horizon_hours: horizonHours.default(24),
    event_type: eventType.optional(),
    n_scenarios: z.number().int().min(0).max(MAX_SCENARIOS).default(0),
    seed: z.number().int().min(0).max(0xffff_ffff).optional(),
    points: z.array(point).max(MAX_ASSESSED_PLACES).default([]),
    cells: z.array(cellId).max(MAX_ASSESSED_PLACES).default([]),
  })
  .refine((input) => input.points.length + input.cells.length > 0, {
    path: ['points'],
    message: 'give at least one point or cell',
  })
  .refine((input) => input.points.length + input.cells.length <= MAX_ASSESSED_PLACES, {
    path: ['points'],
    message: `at most ${MAX_ASSESSED_PLACES} points and cells together`,
  });
export type AssessInput = z.output<typeof assessInput>;

export const scenario = z.object({ scenario_id: z.number(), count: z.number(), risk_value: z.number() });
export type Scenario = z.infer<typeof scenario>;

/** What the surface says of one cell for one horizon. */
export const cellRisk = z.object({
  cell: cellId,
  p_event: z.number(),
  expected_count: z.number(),
  q05: z.number(),
  q50: z.number(),
  q95: z.number(),
  expected_loss: z.number(),
  risk_score: z.number(),
  level,
});
export type CellRisk = z.infer<typeof cellRisk>;

export const assessment = cellRisk.extend({
  point: point.optional(),
  relative_risk: z.number(),
  scenarios: z.array(scenario).optional(),
});
export type Assessment = z.infer<typeof assessment>;

const forecastFrame = {
  model_version: z.string(),
  event_type: z.string(),
  issued_at: z.string(),
  valid_from: z.string(),
  valid_to: z.string(),
  data_until: z.string(),
  horizon_hours: z.number(),
};

export const assessAnswer = z.object({ ...forecastFrame, assessments: z.array(assessment) });
export type AssessAnswer = z.infer<typeof assessAnswer>;

export const riskMapQuery = z.strictObject({
  horizon: queryInteger(1, MAX_HORIZON_HOURS).default(24),
  event_type: eventType.optional(),
  bbox: bbox.optional(),
  min_level: level.optional(),
  resolution: queryInteger(0, 15).optional(),
  format: z.enum(['json', 'geojson']).optional(),
});
export type RiskMapQuery = z.output<typeof riskMapQuery>;

export const riskMap = z.object({
  ...forecastFrame,
  resolution: z.number(),
  cell_count: z.number(),
  cells: z.array(cellRisk),
});
export type RiskMap = z.infer<typeof riskMap>;

export const riskMapGeoJson = z.object({
  type: z.literal('FeatureCollection'),
  ...forecastFrame,
  resolution: z.number(),
  cell_count: z.number(),
  features: z.array(
    z.object({
      type: z.literal('Feature'),
      id: cellId,
      geometry: z.object({ type: z.enum(['Polygon', 'MultiPolygon']), coordinates: z.array(z.unknown()) }),
      properties: cellRisk,
    }),
  ),
});
export type RiskMapGeoJson = z.infer<typeof riskMapGeoJson>;
