import { z } from 'zod';

/** An H3 index as its 15-digit hexadecimal string. Whether it is a real cell of the right resolution is the server's check. */
export const cellId = z
  .string()
  .regex(/^8[0-9a-f]{14}$/, 'must be an H3 index: 15 hexadecimal digits that begin with 8')
  .meta({ id: 'CellId', description: 'An H3 cell as 15 hexadecimal digits.', examples: ['872b9bc71ffffff'] });

/** RFC 3339 with a zone. A time without one is ambiguous and is refused. */
export const timestamp = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time with a zone, such as 2026-01-31T08:00:00Z' })
  .meta({ description: 'RFC 3339 with a zone.', examples: ['2026-01-31T08:00:00Z'] });

/** A time as the platform writes it: RFC 3339 in UTC. Whoever reads it need not check it again. */
export const utcTime = z.string().meta({ format: 'date-time', examples: ['2026-01-31T08:00:00.000Z'] });

export const namespaceId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, "-" and "_", beginning with a letter or digit');

/** Text that every store can keep: NUL and halves of characters are none of it. */
export const plainText = z
  .string()
  // eslint-disable-next-line no-control-regex -- it is the one that is kept out
  .regex(/^[^\u0000]*$/, 'must not hold NUL or half a character')
  .refine((text) => text.isWellFormed(), 'must not hold NUL or half a character');

/** `all` stands for every type of a namespace together: one model over their union. No event may carry it. */
export const ALL_EVENT_TYPES = 'all';
export const eventType = plainText.trim().min(1).max(100);

export const level = z.enum(['LOW', 'MODERATE', 'HIGH', 'CRITICAL']).meta({
  id: 'Level',
  description: "By the namespace's thresholds for the probability of an event.",
});
export type Level = z.infer<typeof level>;
export const LEVELS: readonly Level[] = level.options;

export const latitude = z.number().min(-90).max(90);
export const longitude = z.number().min(-180).max(180);
export const point = z
  .strictObject({ lat: latitude, lon: longitude })
  .meta({ id: 'Point', description: 'Degrees, WGS 84.', examples: [{ lat: 43.65, lon: -79.38 }] });
export type Point = z.infer<typeof point>;

/** Hours ahead that a forecast may reach. */
export const MAX_HORIZON_HOURS = 720;
export const horizonHours = z.number().int().min(1).max(MAX_HORIZON_HOURS);

const latitudePattern = String.raw`-?(90(\.0)?|[1-8]?[0-9](\.[0-9]{1,15})?)`;
const longitudePattern = String.raw`-?(180(\.0)?|(1[0-7][0-9]|[1-9]?[0-9])(\.[0-9]{1,15})?)`;
/** `lon,lat` as the reference page shows it; what is read is wider (`1e1`). */
export const positionPattern = `${longitudePattern},${latitudePattern}`;

const bboxText = z.string().meta({
  description: '`west,south,east,north` in degrees; west exceeds east where the box crosses the antimeridian.',
  pattern: `^${positionPattern},${positionPattern}$`,
  examples: ['-79.6,43.6,-79.1,43.9'],
});
/** `west,south,east,north` in degrees; west may exceed east where the box crosses the antimeridian. */
export const bbox = bboxText.transform((text, ctx) => {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [west, south, east, north] = parts;
  if (
    parts.length !== 4 ||
    west === undefined ||
    south === undefined ||
    east === undefined ||
    north === undefined ||
    !parts.every(Number.isFinite) ||
    Math.abs(west) > 180 ||
    Math.abs(east) > 180 ||
    Math.abs(south) > 90 ||
    Math.abs(north) > 90 ||
    south > north
  ) {
    ctx.addIssue({ code: 'custom', message: 'must be west,south,east,north in degrees, south not above north' });
    return z.NEVER;
  }
  return { west, south, east, north };
});
export type Bbox = z.output<typeof bbox>;

/** Query strings carry text; these read numbers out of it and name what is wrong. */
export const queryInteger = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** The `format` parameter of an answer that may be written in several; where it is left out, `Accept` decides. */
export const answerFormat = <const F extends string>(...formats: [F, ...F[]]) =>
  z
    .enum(formats, {
      error: ({ input }) =>
        `${typeof input === 'string' ? `"${input.slice(0, 50)}"` : 'this'} is not one of the formats here: ${formats.join(', ')}`,
    })
    .optional()
    .meta({ description: 'How the answer is written; without it `Accept` decides.' });

export const pageQuery = {
  limit: queryInteger(1, 1000).default(50).meta({ description: 'Items on a page.' }),
  cursor: z.string().max(1000).optional().meta({ description: '`next_cursor` of the page before, unchanged.' }),
};

export const page = z
  .object({
    limit: z.int(),
    next_cursor: z.string().nullable().meta({ description: 'For the next page; null on the last.' }),
    has_more: z.boolean(),
  })
  .meta({ id: 'Page' });

/** A page of a list: `{ data, page }`. */
export const paged = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), page });
export interface Paged<T> {
  data: T[];
  page: z.infer<typeof page>;
}

/** RFC 9457 problem details. */
export const problem = z
  .looseObject({
    type: z.string().meta({ description: 'A URN made of the code.' }),
    title: z.string().meta({ description: 'What the code means, for people; the same for every such problem.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What went wrong this time, for people.' }),
    instance: z.string().meta({ description: 'The path of the request.' }),
    code: z.string().meta({ description: 'Stable; clients branch on it. Later versions may add codes.' }),
    request_id: z.string().meta({ description: 'Under which the log has more.' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .meta({ description: 'Every failing field of a bad request, with its path.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });
export type Problem = z.infer<typeof problem>;
