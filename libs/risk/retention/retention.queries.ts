import { defineQuery } from '#platform';
import type { DayOfRows } from '../days.js';

const DAY_OF_TS = `toInt32(floor(toUnixTimestamp64Milli(ts) / 86400000))`;
const SPAN = `ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`;
const KEY_OF = `bitShiftRight(halfMD5(event_id), 11), event_id`;

export const daysOfOldEvents = defineQuery<{ namespace: string; before: number }, DayOfRows>(
  'retention.days',
  `SELECT ${DAY_OF_TS} AS day, toUInt32(count()) AS rows, rows AS among FROM events
   WHERE namespace_id = {namespace:String} AND ts < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
   GROUP BY day ORDER BY day`,
);

export const oldAssessments = defineQuery<{ namespace: string; before: number }, { rows: number }>(
  'retention.assessments',
  // What is being moved to the archive stands in both for a moment and is one.
  `SELECT toUInt32(count()) AS rows FROM (
     SELECT event_type, horizon_hours, issued_at, version, cell FROM assessments FINAL
     WHERE namespace_id = {namespace:String} AND issued_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
     UNION DISTINCT
     SELECT event_type, horizon_hours, issued_at, version, cell FROM assessments_archive FINAL
     WHERE namespace_id = {namespace:String} AND issued_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC'))`,
);

export const daysOfEntity = defineQuery<{ namespace: string; entity: string }, DayOfRows>(
  'erase.days',
  `SELECT ${DAY_OF_TS} AS day, toUInt32(countIf(entity_id = {entity:String})) AS rows, toUInt32(count()) AS among
   FROM events WHERE namespace_id = {namespace:String}
   GROUP BY day ORDER BY day`,
);

/**
 * Parts are written anew without the rows. What masks them alone (`DELETE FROM`) leaves them on the disk, and in the
 * projections of the parts, from which the list of events went on showing them.
 */
const wiped = (table: string, where: string) =>
  `ALTER TABLE ${table} DELETE WHERE ${where} SETTINGS mutations_sync = 1`;

const OLDER = `namespace_id = {namespace:String} AND issued_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')`;

/** Keys first, for only the events say which they are: an attempt that dies between the two is made good by the next. */
export const EXPIRE = {
  keys: wiped(
    'event_keys',
    `namespace_id = {namespace:String} AND (id_hash, event_id) IN (
       SELECT ${KEY_OF} FROM events WHERE namespace_id = {namespace:String} AND ${SPAN})`,
  ),
  events: wiped('events', `namespace_id = {namespace:String} AND ${SPAN}`),
  hours: wiped(
    'cell_hours',
    `namespace_id = {namespace:String} AND hour < toDateTime64({before_second:Int64}, 0, 'UTC')`,
  ),
  assessments: wiped('assessments', OLDER),
  archived: wiped('assessments_archive', OLDER),
};

export const ERASE = {
  keys: wiped(
    'event_keys',
    `namespace_id = {namespace:String} AND (id_hash, event_id) IN (
       SELECT ${KEY_OF} FROM events
       WHERE namespace_id = {namespace:String} AND entity_id = {entity:String} AND ${SPAN})`,
  ),
  events: wiped('events', `namespace_id = {namespace:String} AND entity_id = {entity:String} AND ${SPAN}`),
};
