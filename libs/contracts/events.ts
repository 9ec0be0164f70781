import { z } from 'zod';
import {
  ALL_EVENT_TYPES,
  bbox,
  cellId,
  eventType,
  latitude,
  longitude,
  pageQuery,
  paged,
  timestamp,
} from './common.js';

/** Rows one `POST /events` may carry; more belongs into `POST /events/bulk`. */
export const MAX_EVENTS_PER_REQUEST = 10_000;
/** Rejected rows an answer lists; the rest are only counted in `rejected_total`. */
export const MAX_REJECTED_LISTED = 1_000;
/** Longest line (or CSV record) of a bulk stream, in bytes. */
export const MAX_LINE_BYTES = 1_048_576;
export const MIN_EVENT_TIME = Date.UTC(1900, 0, 1);
/** Clocks differ: an event this far ahead of the server's clock is still taken. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;
export const MAX_AMOUNT = 1e12;

export const attrs = z.record(
  z.string().min(1).max(64),
  z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]),
);

/** An event as a client sends it. `amount` is a loss, a count or a magnitude, as the namespace's `amount_kind` says. */
export const eventInput = z.strictObject({
  event_id: z.string().min(1).max(128),
  timestamp,
  lat: latitude,
  lon: longitude,
  event_type: eventType.refine((type) => type !== ALL_EVENT_TYPES, `"${ALL_EVENT_TYPES}" is reserved`),
  amount: z.number().min(-10).max(MAX_AMOUNT).nullish(),
  entity_id: z.string().min(1).max(128).nullish(),
  attrs: attrs.nullish(),
});
export type EventInput = z.infer<typeof eventInput>;

/** Why a row was not taken. Stable: clients branch on them. */
export const eventRejectCode = z.enum([
  'EVENT_MALFORMED',
  'EVENT_FIELD_MISSING',
  'EVENT_FIELD_INVALID',
  'EVENT_FIELD_UNKNOWN',
  'EVENT_ID_INVALID',
  'EVENT_TYPE_INVALID',
  'EVENT_LAT_OUT_OF_RANGE',
  'EVENT_LON_OUT_OF_RANGE',
  'EVENT_LAT_LON_SWAPPED',
  'EVENT_NULL_ISLAND',
  'EVENT_TIME_INVALID',
  'EVENT_TIME_ZONE_MISSING',
  'EVENT_TIME_IN_FUTURE',
  'EVENT_TIME_TOO_EARLY',
  'EVENT_AMOUNT_OUT_OF_RANGE',
  'EVENT_ATTRS_TOO_LARGE',
  'EVENT_LINE_TOO_LONG',
]);
export type EventRejectCode = z.infer<typeof eventRejectCode>;

export const rejectedRow = z.object({
  index: z.number().optional(),
  line: z.number().optional(),
  code: eventRejectCode,
  field: z.string().nullable(),
  detail: z.string(),
});
export type RejectedRow = z.infer<typeof rejectedRow>;

/** Answer of `POST /events` (rows by `index`) and `POST /events/bulk` (rows by `line`). */
export const ingestAnswer = z.object({
  accepted: z.number(),
  duplicates: z.number(),
  rejected: z.array(rejectedRow),
  rejected_total: z.number(),
  buffered: z.boolean(),
});
export type IngestAnswer = z.infer<typeof ingestAnswer>;

/** `lon,lat;lon,lat;…` with at least three corners; the ring closes itself. */
export const polygon = z
  .string()
  .max(8_000)
  .transform((text, ctx) => {
    const ring = text
      .split(';')
      .map((corner) => corner.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part))));
    const ok =
      ring.length >= 3 &&
      ring.length <= 200 &&
      ring.every(
        ([lon = Number.NaN, lat = Number.NaN, ...rest]) =>
          rest.length === 0 && Math.abs(lon) <= 180 && Math.abs(lat) <= 90,
      );
    if (!ok) {
      ctx.addIssue({ code: 'custom', message: 'must be lon,lat;lon,lat;… in degrees, with 3 to 200 corners' });
      return z.NEVER;
    }
    return ring as [number, number][];
  });

export const eventsQuery = z.strictObject({
  ...pageQuery,
  from: timestamp.optional(),
  to: timestamp.optional(),
  bbox: bbox.optional(),
  polygon: polygon.optional(),
  cell: cellId.optional(),
  event_type: eventType.optional(),
  entity_id: z.string().min(1).max(128).optional(),
  format: z.enum(['json', 'ndjson', 'csv', 'geojson']).default('json'),
});
export type EventsQuery = z.output<typeof eventsQuery>;

export const event = z.object({
  event_id: z.string(),
  timestamp: z.string(),
  lat: z.number(),
  lon: z.number(),
  cell: cellId,
  event_type: z.string(),
  amount: z.number().nullable(),
  entity_id: z.string().nullable(),
  attrs: z.record(z.string(), z.unknown()),
});
export type Event = z.infer<typeof event>;
export const eventPage = paged(event);

/** One event type of a namespace with what is there of it. */
export const eventTypeSummary = z.object({
  event_type: z.string(),
  events: z.number(),
  cells: z.number(),
  first: z.string(),
  last: z.string(),
});
export type EventTypeSummary = z.infer<typeof eventTypeSummary>;
