import { defineQuery } from '#platform';
import type { DayOfRows } from '../days.js';

/** A span of issue times of a namespace, milliseconds since 1970, `to` not with it. */
export interface Slice extends Record<string, unknown> {
  namespace: string;
  from: number;
  to: number;
}

const SLICE = `namespace_id = {namespace:String} AND issued_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
  AND issued_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`;

/** All that a row says, but for its namespace: two rows with one hash are one assessment. */
const HASH = `cityHash64(event_type, horizon_hours, issued_at, version, cell, model_version, data_until, p_event,
  expected_count, q05, q50, q95, expected_loss)`;

export const oldDays = defineQuery<{ namespace: string; before: number }, DayOfRows>(
  'archive.days',
  `SELECT toInt32(intDiv(toUnixTimestamp64Milli(issued_at), 86400000)) AS day, toUInt32(count()) AS rows, rows AS among
   FROM assessments FINAL
   WHERE namespace_id = {namespace:String} AND issued_at < fromUnixTimestamp64Milli({before:Int64}, 'UTC')
   GROUP BY day ORDER BY day`,
);

interface Sum {
  rows: number;
  checksum: string;
}

/** What is to be moved. */
export const hotSum = defineQuery<Slice, Sum>(
  'archive.hot',
  `SELECT toUInt32(count()) AS rows, toString(groupBitXor(hash)) AS checksum
   FROM (SELECT ${HASH} AS hash FROM assessments FINAL WHERE ${SLICE})`,
);

/** What of it the archive has. It may hold more: a kill in the middle of a deletion leaves a part of the slice alone. */
export const archivedSum = defineQuery<Slice, Sum>(
  'archive.archived',
  `SELECT toUInt32(count()) AS rows, toString(groupBitXor(hash)) AS checksum
   FROM (SELECT ${HASH} AS hash FROM assessments_archive FINAL WHERE ${SLICE})
   WHERE hash IN (SELECT ${HASH} FROM assessments FINAL WHERE ${SLICE})`,
);

export const MOVE = {
  copy: `INSERT INTO assessments_archive SELECT * FROM assessments FINAL WHERE ${SLICE}`,
  // No row leaves that is not in the archive just as it is, whatever was verified before.
  remove: `DELETE FROM assessments WHERE ${SLICE} AND ${HASH} IN (SELECT ${HASH} FROM assessments_archive WHERE ${SLICE})`,
};
