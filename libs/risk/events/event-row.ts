import {
  type AmountKind,
  type EventInput,
  eventInput,
  type EventRejectCode,
  MAX_CLOCK_SKEW_MS,
  MIN_EVENT_TIME,
} from '#contracts';
import { cellAt, isNullIsland } from '#geo';
import type { z } from 'zod';

/** An event that passed every check, with its cell: what is stored. `time` in milliseconds since 1970. */
export interface EventRow {
  eventId: string;
  time: number;
  lat: number;
  lon: number;
  cell: string;
  eventType: string;
  amount: number | null;
  entityId: string;
  attrs: string;
}

export interface Rejection {
  code: EventRejectCode;
  field: string | null;
  detail: string;
}

/** What a row is judged by beside itself. */
export interface RowRules {
  resolution: number;
  amountKind: AmountKind;
  /** Milliseconds since 1970. */
  now: number;
}

const ZONELESS = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?$/;
const MAX_ATTRS = 32;
const MAX_ATTRS_BYTES = 8_192;
const MAX_ATTR_TEXT = 1_000;
const MAGNITUDE = { min: -10, max: 15 };
const REQUIRED = new Set(['event_id', 'timestamp', 'lat', 'lon', 'event_type']);

const BY_FIELD: Record<string, EventRejectCode> = {
  event_id: 'EVENT_ID_INVALID',
  timestamp: 'EVENT_TIME_INVALID',
  event_type: 'EVENT_TYPE_INVALID',
  amount: 'EVENT_AMOUNT_OUT_OF_RANGE',
};

const reject = (code: EventRejectCode, field: string | null, detail: string): { rejection: Rejection } => ({
  rejection: { code, field, detail },
});

/**
 * Judges one event as it came and computes its cell. It never throws: a bad row is an answer, not an accident.
 * @param value whatever stood in the row
 */
export function toEventRow(value: unknown, rules: RowRules): { row: EventRow } | { rejection: Rejection } {
  const parsed = eventInput.safeParse(value);
  if (!parsed.success) return reject(...explain(value, parsed.error.issues));
  const event = parsed.data;
  const time = Date.parse(event.timestamp);
  const wrong =
    judgeText(event) ??
    judgeTime(event.timestamp, time, rules.now) ??
    judgePlace(event) ??
    judgeAmount(event, rules.amountKind);
  if (wrong) return { rejection: wrong };
  const attrs = event.attrs ? JSON.stringify(event.attrs) : '{}';
  if (event.attrs && (Object.keys(event.attrs).length > MAX_ATTRS || attrs.length > MAX_ATTRS_BYTES))
    return reject('EVENT_ATTRS_TOO_LARGE', 'attrs', `at most ${MAX_ATTRS} entries and ${MAX_ATTRS_BYTES} characters`);
  return {
    row: {
      eventId: event.event_id,
      time,
      lat: event.lat,
      lon: event.lon,
      cell: cellAt(event.lat, event.lon, rules.resolution),
      eventType: event.event_type,
      amount: rules.amountKind === 'none' ? null : (event.amount ?? null),
      entityId: event.entity_id ?? '',
      attrs,
    },
  };
}

/** Half a character cannot be stored, and in a batch it would cost all the others; nor can PostgreSQL hold a NUL. */
function judgeText(event: EventInput): Rejection | undefined {
  for (const field of ['event_id', 'event_type', 'entity_id'] as const) {
    const text = event[field] ?? '';
    if (text.isWellFormed() && !text.includes('\0')) continue;
    const detail = `${field} holds what is no text: half a surrogate pair, or NUL`;
    return { code: BY_FIELD[field] ?? 'EVENT_FIELD_INVALID', field, detail };
  }
  return undefined;
}

function judgeTime(text: string, time: number, now: number): Rejection | undefined {
  if (!Number.isFinite(time)) return { code: 'EVENT_TIME_INVALID', field: 'timestamp', detail: `"${text}" is no time` };
  if (time > now + MAX_CLOCK_SKEW_MS)
    return { code: 'EVENT_TIME_IN_FUTURE', field: 'timestamp', detail: `${text} lies in the future` };
  if (time < MIN_EVENT_TIME)
    return { code: 'EVENT_TIME_TOO_EARLY', field: 'timestamp', detail: `${text} is before 1900` };
  return undefined;
}

function judgePlace(event: EventInput): Rejection | undefined {
  if (isNullIsland(event.lat, event.lon))
    return { code: 'EVENT_NULL_ISLAND', field: 'lat', detail: '(0, 0) is where missing coordinates end up' };
  return undefined;
}

function judgeAmount(event: EventInput, kind: AmountKind): Rejection | undefined {
  const amount = event.amount;
  if (amount === null || amount === undefined || kind === 'none') return undefined;
  if (kind === 'amount' && amount < 0)
    return { code: 'EVENT_AMOUNT_OUT_OF_RANGE', field: 'amount', detail: `${amount} is negative` };
  if (kind === 'magnitude' && (amount < MAGNITUDE.min || amount > MAGNITUDE.max))
    return {
      code: 'EVENT_AMOUNT_OUT_OF_RANGE',
      field: 'amount',
      detail: `a magnitude lies between ${MAGNITUDE.min} and ${MAGNITUDE.max}, not at ${amount}`,
    };
  return undefined;
}

/** Turns the schema's complaint into the code and the words of the first field at fault. */
function explain(value: unknown, issues: z.core.$ZodIssue[]): [EventRejectCode, string | null, string] {
  const issue = issues[0];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !issue)
    return ['EVENT_MALFORMED', null, 'the row is not a JSON object'];
  const field = typeof issue.path[0] === 'string' ? issue.path[0] : null;
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? '';
    return ['EVENT_FIELD_UNKNOWN', unknown, `there is no field "${unknown.slice(0, 64)}"; put it into attrs`];
  }
  if (field === null) return ['EVENT_MALFORMED', null, issue.message];
  const given = (value as Record<string, unknown>)[field];
  if (given === undefined || (REQUIRED.has(field) && (given === null || given === '')))
    return ['EVENT_FIELD_MISSING', field, `${field} is missing`];
  if (field === 'lat' || field === 'lon') return explainPlace(field, value as Record<string, unknown>, issue.message);
  if (field === 'timestamp' && typeof given === 'string' && ZONELESS.test(given))
    return [
      'EVENT_TIME_ZONE_MISSING',
      field,
      `"${given}" has no zone; write it as ${given.replace(' ', 'T')}Z or with an offset`,
    ];
  if (field === 'attrs') return explainAttrs(given, issue);
  if (field === 'amount' && typeof given !== 'number') return ['EVENT_FIELD_INVALID', field, 'amount must be a number'];
  return [BY_FIELD[field] ?? 'EVENT_FIELD_INVALID', field, issue.message];
}

function explainAttrs(attrs: unknown, issue: z.core.$ZodIssue): [EventRejectCode, string, string] {
  const name = issue.path[1];
  if (typeof name !== 'string' || typeof attrs !== 'object')
    return ['EVENT_FIELD_INVALID', 'attrs', 'attrs must be an object of names and plain values'];
  const value = (attrs as Record<string, unknown>)[name];
  const shown = name.slice(0, 64);
  if (typeof value === 'string' && value.length > MAX_ATTR_TEXT)
    return ['EVENT_ATTRS_TOO_LARGE', 'attrs', `attrs.${shown} has more than ${MAX_ATTR_TEXT} characters`];
  if (issue.code === 'invalid_key')
    return ['EVENT_FIELD_INVALID', 'attrs', `the name "${shown}" of an attribute must have 1 to 64 characters`];
  return ['EVENT_FIELD_INVALID', 'attrs', `attrs.${shown} must be text, a number, true, false or null`];
}

function explainPlace(
  field: 'lat' | 'lon',
  value: Record<string, unknown>,
  message: string,
): [EventRejectCode, string, string] {
  const { lat, lon } = value;
  if (typeof value[field] !== 'number') return ['EVENT_FIELD_INVALID', field, `${field} must be a number`];
  if (
    typeof lat === 'number' &&
    typeof lon === 'number' &&
    Math.abs(lat) > 90 &&
    Math.abs(lat) <= 180 &&
    Math.abs(lon) <= 90
  )
    return ['EVENT_LAT_LON_SWAPPED', 'lat', `lat ${lat} and lon ${lon} look swapped`];
  return [
    field === 'lat' ? 'EVENT_LAT_OUT_OF_RANGE' : 'EVENT_LON_OUT_OF_RANGE',
    field,
    `${String(value[field])}: ${message}`,
  ];
}
