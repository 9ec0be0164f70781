import { z } from 'zod';
import {
  answerFormat,
  bbox,
  cellId,
  eventType,
  horizonHours,
  level,
  MAX_HORIZON_HOURS,
  point,
  queryInteger,
  utcTime,
} from './common.js';

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
  })
  .meta({
    id: 'AssessInput',
    description: `At least one point or cell, at most ${MAX_ASSESSED_PLACES} together.`,
    examples: [{ horizon_hours: 24, event_type: 'fire', points: [{ lat: 43.65, lon: -79.38 }] }],
  });
export type AssessInput = z.output<typeof assessInput>;

export const scenario = z
  .object({ scenario_id: z.int(), count: z.int(), risk_value: z.number() })
  .meta({ id: 'Scenario' });
export type Scenario = z.infer<typeof scenario>;

/** What the surface says of one cell for one horizon. */
export const cellRisk = z
  .object({
    cell: cellId,
    p_event: z.number().meta({ description: 'Probability of at least one event within the horizon.' }),
    expected_count: z.number(),
    q05: z.number(),
    q50: z.number(),
    q95: z.number(),
    expected_loss: z.number().meta({ description: 'Expected sum of `amount`.' }),
    risk_score: z.number().meta({ description: "Percentile of the cell within the namespace's surface, 0 to 100." }),
    level,
  })
  .meta({
    id: 'CellRisk',
    examples: [
      {
        cell: '872b9bc71ffffff',
        p_event: 0.131,
        expected_count: 0.14,
        q05: 0,
        q50: 0,
        q95: 1,
        expected_loss: 4120.5,
        risk_score: 87,
        level: 'HIGH',
      },
    ],
  });
export type CellRisk = z.infer<typeof cellRisk>;

export const assessment = cellRisk
  .extend({
    point: point.optional().meta({ description: 'The point that was asked for; left out where it was a cell.' }),
    relative_risk: z.number().meta({ description: 'Times the mean of all cells of the surface.' }),
    scenarios: z.array(scenario).optional().meta({ description: 'As many as `n_scenarios` asked for.' }),
  })
  .meta({ id: 'Assessment' });
export type Assessment = z.infer<typeof assessment>;

const forecastFrame = {
  model_version: z.string(),
  event_type: z.string(),
  issued_at: utcTime,
  valid_from: utcTime,
  valid_to: utcTime,
  data_until: utcTime,
  horizon_hours: z.int(),
};

export const assessAnswer = z
  .object({ ...forecastFrame, assessments: z.array(assessment) })
  .meta({ id: 'AssessAnswer' });
export type AssessAnswer = z.infer<typeof assessAnswer>;

export const riskMapQuery = z.strictObject({
  horizon: queryInteger(1, MAX_HORIZON_HOURS).default(24),
  event_type: eventType.optional(),
  bbox: bbox.optional(),
  min_level: level.optional(),
  resolution: queryInteger(0, 15).optional(),
  format: answerFormat('json', 'geojson', 'ndjson', 'csv', 'parquet', 'arrow'),
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

/** Deepest zoom of tiles that are drawn. */
const MAX_TILE_ZOOM = 22;

/** `{z}/{x}/{y}` as every web map counts: x from the west, y from the north. */
export const tileAddress = z
  .strictObject({ z: queryInteger(0, MAX_TILE_ZOOM), x: queryInteger(0, 2 ** 22), y: queryInteger(0, 2 ** 22) })
  .superRefine((tile, ctx) => {
    for (const name of ['x', 'y'] as const)
      if (tile[name] >= 2 ** tile.z)
        ctx.addIssue({ code: 'custom', path: [name], message: `must be at most ${2 ** tile.z - 1} at zoom ${tile.z}` });
  });
export type TileAddress = z.output<typeof tileAddress>;

export const riskTileQuery = z.strictObject({
  horizon: queryInteger(1, MAX_HORIZON_HOURS).default(24),
  event_type: eventType.optional(),
  min_level: level.optional(),
});
export type RiskTileQuery = z.output<typeof riskTileQuery>;

/** TileJSON 3.0.0 of the risk map. */
export const tileJson = z
  .object({
    tilejson: z.literal('3.0.0'),
    name: z.string(),
    description: z.string(),
    scheme: z.literal('xyz'),
    tiles: z.array(z.string()).meta({ description: 'Addresses with {z}, {x} and {y} in them.' }),
    minzoom: z.int(),
    maxzoom: z.int().meta({ description: 'Deeper tiles show nothing more; map programs enlarge these.' }),
    bounds: z.tuple([z.number(), z.number(), z.number(), z.number()]).meta({ description: 'west, south, east, north' }),
    vector_layers: z.array(
      z.object({
        id: z.string(),
        description: z.string(),
        minzoom: z.int(),
        maxzoom: z.int(),
        fields: z.record(z.string(), z.string()),
      }),
    ),
  })
  .meta({ id: 'TileJson' });
export type TileJson = z.infer<typeof tileJson>;
