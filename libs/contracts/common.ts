import { z } from 'zod';

/** An H3 index as its 15-digit hexadecimal string. Whether it is a real cell of the right resolution is the server's check. */
export const cellId = z
  .string()
  .regex(/^8[0-9a-f]{14}$/, 'must be an H3 index: 15 hexadecimal digits that begin with 8');

/** RFC 3339 with a zone. A time without one is ambiguous and is refused. */
export const timestamp = z.iso.datetime({
  offset: true,
  error: 'must be an RFC 3339 time with a zone, such as 2026-01-31T08:00:00Z',
});

export const namespaceId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, "-" and "_", beginning with a letter or digit');

/** Text that every store can keep: NUL and halves of characters are none of it. */
export const plainText = z
  .string()
  .refine((text) => !text.includes('\0') && !/\p{Cs}/u.test(text), 'must not hold NUL or half a character');

/** `all` stands for every type of a namespace together: one model over their union. No event may carry it. */
export const ALL_EVENT_TYPES = 'all';
export const eventType = plainText.trim().min(1).max(100);

export const level = z.enum(['LOW', 'MODERATE', 'HIGH', 'CRITICAL']);
export type Level = z.infer<typeof level>;
export const LEVELS: readonly Level[] = level.options;

export const latitude = z.number().min(-90).max(90);
export const longitude = z.number().min(-180).max(180);
export const point = z.strictObject({ lat: latitude, lon: longitude });
export type Point = z.infer<typeof point>;

/** Hours ahead that a forecast may reach. */
export const MAX_HORIZON_HOURS = 720;
export const horizonHours = z.number().int().min(1).max(MAX_HORIZON_HOURS);

/** `west,south,east,north` in degrees; west may exceed east where the box crosses the antimeridian. */
export const bbox = z.string().transform((text, ctx) => {
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

export const pageQuery = {
  limit: queryInteger(1, 1000).default(50),
  cursor: z.string().max(1000).optional(),
};

export const page = z.object({ limit: z.number(), next_cursor: z.string().nullable(), has_more: z.boolean() });

/** A page of a list: `{ data, page }`. */
export const paged = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), page });
export interface Paged<T> {
  data: T[];
  page: z.infer<typeof page>;
}

/** RFC 9457 problem details. */
export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  request_id: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type Problem = z.infer<typeof problem>;
