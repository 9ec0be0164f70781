import { defineQuery } from '#platform';
import { HOUR_OF_TS } from '../migrations/clickhouse.js';

export const existingKeys = defineQuery<{ namespace: string; hashes: number[] }, { event_id: string }>(
  'events.existing-keys',
  `SELECT event_id FROM event_keys
   WHERE namespace_id = {namespace:String} AND id_hash IN {hashes:Array(UInt64)}`,
);

export const eventTypes = defineQuery<
  { namespace: string },
  { event_type: string; events: number; cells: number; first: string; last: string }
>(
  'events.types',
  `SELECT event_type, toUInt32(sum(events)) AS events, toUInt32(uniqExact(cell)) AS cells,
          toString(toUnixTimestamp64Milli(min(first_ts))) AS first, toString(toUnixTimestamp64Milli(max(last_ts))) AS last
   FROM cell_hours WHERE namespace_id = {namespace:String}
   GROUP BY event_type ORDER BY sum(events) DESC, event_type`,
);

/** Repairs after a writer that died: what the views should have written is made anew from the events. */
export const REPAIR = {
  keys: `INSERT INTO event_keys SETTINGS insert_deduplicate = 0
         SELECT namespace_id, bitShiftRight(halfMD5(event_id), 11), event_id FROM events
         WHERE namespace_id = {namespace:String}
           AND ts BETWEEN fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND fromUnixTimestamp64Milli({to:Int64}, 'UTC')`,
  dropHours: `ALTER TABLE cell_hours DELETE
              WHERE namespace_id = {namespace:String}
                AND hour BETWEEN toDateTime64({from_hour:Int64}, 0, 'UTC') AND toDateTime64({to_hour:Int64}, 0, 'UTC')
              SETTINGS mutations_sync = 1`,
  // Deduplication is off: a second repair of the same hours writes the very rows the first one wrote and deleted.
  hours: `INSERT INTO cell_hours SETTINGS insert_deduplicate = 0
          SELECT namespace_id, event_type, cell, ${HOUR_OF_TS} AS hour,
                 count(), sum(ifNull(amount, 0)), min(ts), max(ts)
          FROM events
          WHERE namespace_id = {namespace:String}
            AND ts >= toDateTime64({from_hour:Int64}, 3, 'UTC') AND ts < toDateTime64({to_hour:Int64} + 3600, 3, 'UTC')
          GROUP BY namespace_id, event_type, cell, hour`,
};
