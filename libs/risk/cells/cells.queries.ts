import { defineQuery } from '#platform';

export const cellEventTypes = defineQuery<
  { namespace: string; cell: string },
  { event_type: string; events: number; last: string }
>(
  'cells.event-types',
  `SELECT event_type, toUInt32(sum(events)) AS events, toString(toUnixTimestamp64Milli(max(last_ts))) AS last
   FROM cell_hours WHERE namespace_id = {namespace:String} AND cell = stringToH3({cell:String})
   GROUP BY event_type ORDER BY sum(events) DESC, event_type`,
);
