import { z } from 'zod';
import {
  ALL_EVENT_TYPES,
  answerFormat,
  bbox,
  cellId,
  eventType,
  latitude,
  longitude,
  pageQuery,
  paged,
  positionPattern,
  timestamp,
  utcTime,
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
export const eventInput = z
  .strictObject({
    event_id: z.string().min(1).max(128).meta({ description: 'Of the client; the same one again changes nothing.' }),
    timestamp,
    lat: latitude,
    lon: longitude,
    event_type: eventType.refine((type) => type !== ALL_EVENT_TYPES, `"${ALL_EVENT_TYPES}" is reserved`),
    amount: z.number().min(-10).max(MAX_AMOUNT).nullish(),
    entity_id: z.string().min(1).max(128).nullish(),
    attrs: attrs.nullish(),
  })
  .meta({
    id: 'EventInput',
    examples: [
      {
        event_id: 'tor8092',
        timestamp: '2011-01-01T05:49:17Z',
        lat: 43.71775,
        lon: -79.48656,
        event_type: 'fire',
        amount: 60000,
        attrs: { cause: 'electrical' },
      },
    ],
  });
export type EventInput = z.infer<typeof eventInput>;

/** The body of `POST /events`. Its rows are judged one by one, so that a bad one does not cost the others. */
export const eventsInput = z
  .strictObject({ events: z.array(eventInput).min(1).max(MAX_EVENTS_PER_REQUEST) })
  .meta({ id: 'EventsInput' });

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

export const rejectedRow = z
  .object({
    index: z.int().optional().meta({ description: 'Of the row in `events`, from 0.' }),
    line: z.int().optional().meta({ description: 'Of the row in the stream, from 1.' }),
    code: eventRejectCode,
    field: z.string().nullable(),
    detail: z.string(),
  })
  .meta({ id: 'RejectedRow' });
export type RejectedRow = z.infer<typeof rejectedRow>;

/** Answer of `POST /events` (rows by `index`) and `POST /events/bulk` (rows by `line`). */
export const ingestAnswer = z
  .object({
    accepted: z.int().meta({ description: 'Rows that are kept durably.' }),
    duplicates: z.int().meta({
      description:
        'Rows whose `event_id` was there already; they changed nothing. Of buffered rows only repeats among themselves ' +
        'can be told; others change nothing either, when they are written.',
    }),
    rejected: z.array(rejectedRow).meta({ description: `The first ${MAX_REJECTED_LISTED}.` }),
    rejected_total: z.int(),
    buffered: z.boolean().meta({
      description:
        'Some rows are kept in the spool, and written to the event store when it takes them; in order, once.',
    }),
  })
  .meta({
    id: 'IngestAnswer',
    examples: [{ accepted: 1, duplicates: 0, rejected: [], rejected_total: 0, buffered: false }],
  });
export type IngestAnswer = z.infer<typeof ingestAnswer>;

const spooled = {
  batches: z.int(),
  rows: z.int(),
  bytes: z.int().meta({ description: 'Compressed, as they lie there.' }),
  oldest_at: utcTime.nullable().meta({ description: 'When the first of them was taken.' }),
};

/** `GET /events/spool`. */
export const spoolState = z
  .object({
    waiting: z.object(spooled).meta({ description: 'Written as soon as the event store takes them.' }),
    parked: z
      .object({ ...spooled, last_error: z.string().nullable() })
      .meta({ description: 'Refused by the event store; they stay until they are tried again.' }),
  })
  .meta({
    id: 'SpoolState',
    examples: [
      {
        waiting: { batches: 12, rows: 4_210, bytes: 131_072, oldest_at: '2026-11-27T16:03:12Z' },
        parked: { batches: 0, rows: 0, bytes: 0, oldest_at: null, last_error: null },
      },
    ],
  });
export type SpoolState = z.infer<typeof spoolState>;

/** `POST /events/spool/retry`: what is tried again. */
export const spoolRetry = z
  .object({ batches: z.int(), rows: z.int() })
  .meta({ id: 'SpoolRetry', examples: [{ batches: 1, rows: 1 }] });
export type SpoolRetry = z.infer<typeof spoolRetry>;

/** `lon,lat;lon,lat;…` with at least three corners; the ring closes itself. */
export const polygon = z
  .string()
  .max(8_000)
  .meta({
    description: '`lon,lat;lon,lat;…` in degrees, 3 to 200 corners; the ring closes itself.',
    pattern: `^${positionPattern}(;${positionPattern}){2,199}$`,
    examples: ['-79.5,43.6;-79.3,43.6;-79.4,43.8'],
  })
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
  format: answerFormat('json', 'ndjson', 'csv', 'geojson', 'parquet', 'arrow'),
});
export type EventsQuery = z.output<typeof eventsQuery>;

export const event = z
  .object({
    event_id: z.string(),
    timestamp: utcTime,
    lat: z.number(),
    lon: z.number(),
    cell: cellId,
    event_type: z.string(),
    amount: z.number().nullable(),
    entity_id: z.string().nullable(),
    attrs: z.record(z.string(), z.unknown()),
  })
  .meta({
    id: 'Event',
    examples: [
      {
        event_id: 'tor8092',
        timestamp: '2011-01-01T05:49:17.000Z',
        lat: 43.71775,
        lon: -79.48656,
        cell: '872b9bc71ffffff',
        event_type: 'fire',
        amount: 60000,
        entity_id: 'station-12',
        attrs: { cause: 'electrical' },
      },
    ],
  });
export type Event = z.infer<typeof event>;
export const eventPage = paged(event);

/** One event type of a namespace with what is there of it. */
export const eventTypeSummary = z
  .object({ event_type: z.string(), events: z.int(), cells: z.int(), first: utcTime, last: utcTime })
  .meta({ id: 'EventTypeSummary' });
export type EventTypeSummary = z.infer<typeof eventTypeSummary>;
export const eventTypeList = z.object({ data: z.array(eventTypeSummary) });
