import { defineQuery } from '#platform';
import { HOUR_OF_TS } from '../migrations/clickhouse.js';

export interface FeatureParams extends Record<string, unknown> {
  namespace: string;
  all_types: number;
  type: string;
  all_cells: number;
  cells: string[];
  /** The end of every window, in milliseconds. */
  at: number;
}

export interface FeatureRow {
  cell: string;
  count_1h: number;
  count_24h: number;
  count_7d: number;
  count_28d: number;
  sum_1h: number;
  sum_24h: number;
  sum_7d: number;
  sum_28d: number;
}

const WINDOWS = [
  ['1h', 1],
  ['24h', 24],
  ['7d', 168],
  ['28d', 672],
] as const;
const HOUR = 3_600_000;

/**
 * Counts and sums per cell over windows [at − w, at). Hours that lie whole inside a window come from the hourly
 * aggregates; the hours its two ends cut come from the events of those hours alone, so the answer is exact at any `at`
 * and reads events for at most five hours.
 */
const column = (name: string, value: string) =>
  WINDOWS.map(
    ([window, hours]) =>
      `sumIf(${value}, (whole = 1 AND t >= {at:Int64} - ${hours * HOUR} AND t + ${HOUR} <= {at:Int64})
        OR (whole = 0 AND t >= {at:Int64} - ${hours * HOUR} AND t < {at:Int64}
            AND (hour_start < {at:Int64} - ${hours * HOUR} OR hour_start + ${HOUR} > {at:Int64}))) AS ${name}_${window}`,
  ).join(',\n          ');

/** Whole hours before a time in milliseconds; `intDiv` would round towards 1970 from both sides. */
const hourOf = (milliseconds: string) => `(${milliseconds} - positiveModulo(${milliseconds}, ${HOUR}))`;

const CUT_HOURS = ['{at:Int64}', ...WINDOWS.map(([, hours]) => `{at:Int64} - ${hours * HOUR}`)].map(hourOf).join(', ');

const SCOPE = `namespace_id = {namespace:String}
       AND ({all_types:UInt8} = 1 OR event_type = {type:String})
       AND ({all_cells:UInt8} = 1 OR cell IN (SELECT arrayJoin(arrayMap(c -> stringToH3(c), {cells:Array(String)}))))`;

export const windowedFeatures = defineQuery<FeatureParams, FeatureRow>(
  'features.windowed',
  `SELECT h3ToString(cell) AS cell, ${column('count', 'n')},
          ${column('sum', 'amount')}
   FROM (
     SELECT cell, toUnixTimestamp64Second(hour) * 1000 AS t, t AS hour_start, sum(events) AS n, sum(cell_hours.amount) AS amount, 1 AS whole
     FROM cell_hours
     WHERE ${SCOPE}
       AND hour >= fromUnixTimestamp64Milli({at:Int64} - ${673 * HOUR}, 'UTC')
       AND hour < fromUnixTimestamp64Milli({at:Int64}, 'UTC')
     GROUP BY cell, hour
     UNION ALL
     SELECT cell, toUnixTimestamp64Milli(ts) AS t, ${hourOf('t')} AS hour_start, 1 AS n, ifNull(events.amount, 0) AS amount, 0 AS whole
     FROM events
     WHERE ${SCOPE}
       AND modulo({at:Int64}, ${HOUR}) != 0
       AND ${hourOf('toUnixTimestamp64Milli(ts)')} IN (${CUT_HOURS})
       AND ts >= fromUnixTimestamp64Milli({at:Int64} - ${672 * HOUR}, 'UTC') AND ts < fromUnixTimestamp64Milli({at:Int64}, 'UTC')
   )
   GROUP BY cell`,
);

/**
 * Each cell's whole history before `at` by hour of the week (0 is Monday 00:00) in a time zone. The hour that `at` cuts
 * comes from its events, or a look into the past would see what came after.
 */
export const hourOfWeek = defineQuery<
  FeatureParams & { zone: string; hour_of_week: number },
  { cell: string; count: number; total: number }
>(
  'features.hour-of-week',
  `SELECT h3ToString(cell) AS cell, toFloat64(sum(n)) AS total,
          toFloat64(sumIf(n, (toDayOfWeek(hour, 0, {zone:String}) - 1) * 24 + toHour(hour, {zone:String}) = {hour_of_week:UInt8})) AS count
   FROM (
     SELECT cell, hour, events AS n FROM cell_hours
     WHERE ${SCOPE} AND hour < fromUnixTimestamp64Milli(${hourOf('{at:Int64}')}, 'UTC')
     UNION ALL
     SELECT cell, ${HOUR_OF_TS} AS hour, 1 AS n FROM events
     WHERE ${SCOPE} AND ts >= fromUnixTimestamp64Milli(${hourOf('{at:Int64}')}, 'UTC')
       AND ts < fromUnixTimestamp64Milli({at:Int64}, 'UTC')
   )
   GROUP BY cell`,
);

export interface ActiveCellsParams extends Record<string, unknown> {
  namespace: string;
  all_types: number;
  type: string;
  after: string;
  limit: number;
}

/** The cells a namespace has events in, in the order of their index. */
export const cellsWithEvents = defineQuery<ActiveCellsParams, { cell: string }>(
  'features.cells',
  `SELECT h3ToString(cell) AS cell FROM cell_hours
   WHERE namespace_id = {namespace:String} AND ({all_types:UInt8} = 1 OR event_type = {type:String})
     AND cell > if({after:String} = '', 0, stringToH3({after:String}))
   GROUP BY cell_hours.cell ORDER BY cell_hours.cell LIMIT {limit:UInt32}`,
);
