import { z } from 'zod';
import { levelThresholds } from './access.js';
import {
  bbox,
  cellId,
  eventType,
  latitude,
  level,
  longitude,
  MAX_HORIZON_HOURS,
  pageQuery,
  paged,
  plainText,
  point,
  queryInteger,
  utcTime,
} from './common.js';
import { attrs } from './events.js';

/** Most targets one `POST /targets/bulk` creates. */
export const MAX_TARGETS_PER_REQUEST = 1_000;
/** Most cells a target may lie in, at the resolution of its namespace. */
export const MAX_TARGET_CELLS = 25_000;
/** Largest radius of a round target, metres. */
export const MAX_TARGET_RADIUS_M = 200_000;
/** Most corners of a polygon, holes included. */
export const MAX_TARGET_CORNERS = 1_000;

const MAX_ATTRS = 32;
const placeName = plainText.trim().min(1).max(200);
const placeAttrs = attrs
  .refine((given) => Object.keys(given).length <= MAX_ATTRS, `at most ${MAX_ATTRS} entries`)
  .meta({
    description: `Whatever else is known of it: at most ${MAX_ATTRS} names with plain values.`,
    maxProperties: MAX_ATTRS,
  });

export const groupId = z
  .string()
  .regex(/^grp_[A-Za-z0-9_-]{8,64}$/, 'must be a group_id, which begins with grp_')
  .meta({ examples: ['grp_8Jt0yQm2nVx4kQ1z'] });
export const targetId = z
  .string()
  .regex(/^tgt_[A-Za-z0-9_-]{8,64}$/, 'must be a target_id, which begins with tgt_')
  .meta({ examples: ['tgt_5bQm2nVx4kQ1zJt0'] });

const groupFields = {
  name: placeName,
  description: plainText.max(2_000).nullable(),
  attrs: placeAttrs,
};
const groupExample = {
  name: 'Schools',
  description: 'Everything the school board looks after',
  attrs: { owner: 'board' },
};

/** Targets that belong together. */
export const group = z
  .object({
    group_id: groupId,
    name: z.string(),
    description: z.string().nullable(),
    attrs,
    created_at: utcTime,
    updated_at: utcTime,
    version: z.int().meta({ description: 'Rises with every change; its `ETag`.' }),
  })
  .meta({
    id: 'Group',
    examples: [
      {
        group_id: 'grp_8Jt0yQm2nVx4kQ1z',
        ...groupExample,
        created_at: '2026-01-31T08:00:00.000Z',
        updated_at: '2026-01-31T08:00:00.000Z',
        version: 1,
      },
    ],
  });
export type Group = z.infer<typeof group>;
export const groupPage = paged(group);

export const groupInput = z
  .strictObject({
    name: groupFields.name,
    description: groupFields.description.default(null),
    attrs: groupFields.attrs.default({}),
  })
  .meta({ id: 'GroupInput', examples: [groupExample] });
export type GroupInput = z.output<typeof groupInput>;

const somethingGiven = (patch: object) => Object.values(patch).some((value) => value !== undefined);

export const groupPatch = z
  .strictObject({
    name: groupFields.name.optional(),
    description: groupFields.description.optional(),
    attrs: groupFields.attrs.optional(),
  })
  .refine(somethingGiven, 'give something to change')
  .meta({ id: 'GroupPatch', minProperties: 1, examples: [{ name: 'Schools and nurseries' }] });
export type GroupPatch = z.output<typeof groupPatch>;

const namePrefix = plainText
  .trim()
  .min(1)
  .max(200)
  .optional()
  .meta({ description: 'Those whose name begins with this, in capitals or not.' });

export const groupsQuery = z.strictObject({ ...pageQuery, q: namePrefix });
export type GroupsQuery = z.output<typeof groupsQuery>;

export const groupDeletion = z.strictObject({
  targets: z.enum(['detach']).optional().meta({
    description: '`detach`: its targets stay and belong to no group. Without it a group that has any is kept.',
  }),
});
export type GroupDeletion = z.output<typeof groupDeletion>;

/** (lon, lat), as GeoJSON writes places. */
const position = z.tuple([longitude, latitude]).meta({ examples: [[-79.38, 43.65]] });

const roundShape = z
  .strictObject({
    type: z.literal('circle'),
    center: point,
    radius_m: z
      .number()
      .gt(0)
      .max(MAX_TARGET_RADIUS_M)
      .meta({ description: 'Metres along the ground, at most 200 km.' }),
  })
  .meta({ id: 'Circle', examples: [{ type: 'circle', center: { lat: 43.65, lon: -79.38 }, radius_m: 500 }] });

const polygonShape = z
  .strictObject({
    type: z.literal('polygon'),
    coordinates: z
      .array(
        z
          .array(position)
          .min(4)
          .max(MAX_TARGET_CORNERS + 1),
      )
      .min(1)
      .max(MAX_TARGET_CORNERS)
      .meta({
        description:
          'Rings of [lon, lat] as in GeoJSON, each ending with the position it begins with: the outer one, then holes. ' +
          `At most ${MAX_TARGET_CORNERS} corners in all, none farther than 500 km from the middle. Edges are the shortest ` +
          'lines on the globe; across the antimeridian or around a pole nothing special is to be written.',
      }),
  })
  .meta({
    id: 'Polygon',
    examples: [
      {
        type: 'polygon',
        coordinates: [
          [
            [-79.4, 43.64],
            [-79.36, 43.64],
            [-79.36, 43.67],
            [-79.4, 43.67],
            [-79.4, 43.64],
          ],
        ],
      },
    ],
  });

export const targetShape = z.discriminatedUnion('type', [roundShape, polygonShape]);
export type TargetShape = z.output<typeof targetShape>;

const ownLevels = levelThresholds.nullable().meta({
  description:
    "Thresholds of its own for the levels of its probability; null: the namespace's, which are made for a single cell.",
});

const targetExample = {
  name: 'Union Station',
  group_id: 'grp_8Jt0yQm2nVx4kQ1z',
  shape: { type: 'circle' as const, center: { lat: 43.645, lon: -79.3806 }, radius_m: 500 },
  attrs: { kind: 'station' },
  levels: null,
};

/** A place that is watched. */
export const target = z
  .object({
    target_id: targetId,
    name: z.string(),
    group_id: groupId.nullable(),
    shape: targetShape,
    attrs,
    levels: levelThresholds.nullable(),
    cells_count: z.int().meta({ description: 'Cells of the grid it lies in.' }),
    area_km2: z.number(),
    created_at: utcTime,
    updated_at: utcTime,
    version: z.int().meta({ description: 'Rises with every change; its `ETag`.' }),
  })
  .meta({
    id: 'Target',
    examples: [
      {
        target_id: 'tgt_5bQm2nVx4kQ1zJt0',
        ...targetExample,
        cells_count: 2,
        area_km2: 0.785398,
        created_at: '2026-01-31T08:00:00.000Z',
        updated_at: '2026-01-31T08:00:00.000Z',
        version: 1,
      },
    ],
  });
export type Target = z.infer<typeof target>;
export const targetPage = paged(target);

export const targetInput = z
  .strictObject({
    name: placeName,
    group_id: groupId.nullable().default(null),
    shape: targetShape,
    attrs: placeAttrs.default({}),
    levels: ownLevels.default(null),
  })
  .meta({ id: 'TargetInput', examples: [targetExample] });
export type TargetInput = z.output<typeof targetInput>;

export const targetsBulkInput = z
  .strictObject({ targets: z.array(targetInput).min(1).max(MAX_TARGETS_PER_REQUEST) })
  .meta({ id: 'TargetsBulkInput', examples: [{ targets: [targetExample] }] });
export type TargetsBulkInput = z.output<typeof targetsBulkInput>;

/** In the order of the request. */
export const targetsBulkAnswer = z.object({ created: z.int(), targets: z.array(target) }).meta({ id: 'TargetsBulk' });
export type TargetsBulkAnswer = z.infer<typeof targetsBulkAnswer>;

export const targetPatch = z
  .strictObject({
    name: placeName.optional(),
    group_id: groupId.nullable().optional(),
    shape: targetShape.optional(),
    attrs: placeAttrs.optional(),
    levels: ownLevels.optional(),
  })
  .refine(somethingGiven, 'give something to change')
  .meta({ id: 'TargetPatch', minProperties: 1, examples: [{ group_id: null }] });
export type TargetPatch = z.output<typeof targetPatch>;

export const targetsQuery = z.strictObject({
  ...pageQuery,
  group_id: groupId.optional(),
  q: namePrefix,
  bbox: bbox.optional(),
  cell: cellId.optional().meta({ description: 'Those that lie in this cell, be it with a corner.' }),
});
export type TargetsQuery = z.output<typeof targetsQuery>;

export const targetRiskQuery = z.strictObject({
  horizon: queryInteger(1, MAX_HORIZON_HOURS).default(24).meta({ description: 'Hours ahead.' }),
  event_type: eventType.optional(),
});
export type TargetRiskQuery = z.output<typeof targetRiskQuery>;

/** What the surface says of a target: counts and losses of its cells by the shares of their areas. */
export const targetRisk = z
  .object({
    target_id: targetId,
    model_version: z.string(),
    event_type: z.string(),
    issued_at: utcTime,
    valid_from: utcTime,
    valid_to: utcTime,
    data_until: utcTime,
    horizon_hours: z.int(),
    p_event: z.number().meta({ description: 'Probability of at least one event there within the horizon.' }),
    expected_count: z.number(),
    q05: z.int(),
    q50: z.int(),
    q95: z.int(),
    expected_loss: z.number().meta({ description: 'Expected sum of `amount`.' }),
    level,
    relative_risk: z
      .number()
      .meta({ description: 'Expected count on the ground of one cell, over that of the average cell of the surface.' }),
    coverage: z.number().meta({
      description: "Part of the target's area that the surface speaks of, 0 to 1; the rest is not counted.",
    }),
  })
  .meta({
    id: 'TargetRisk',
    examples: [
      {
        target_id: 'tgt_5bQm2nVx4kQ1zJt0',
        model_version: 'fire-3',
        event_type: 'fire',
        issued_at: '2026-01-31T08:00:00.000Z',
        valid_from: '2026-01-31T08:00:00.000Z',
        valid_to: '2026-02-01T08:00:00.000Z',
        data_until: '2026-01-31T07:58:12.000Z',
        horizon_hours: 24,
        p_event: 0.041,
        expected_count: 0.0424,
        q05: 0,
        q50: 0,
        q95: 0,
        expected_loss: 810.4,
        level: 'LOW',
        relative_risk: 8.1,
        coverage: 1,
      },
    ],
  });
export type TargetRisk = z.infer<typeof targetRisk>;
