import { defineQuery } from '#platform';
import { HOUR_OF_TS } from '../migrations/clickhouse.js';

export const existingKeys = defineQuery<{ namespace: string; hashes: number[] }, { event_id: string }>(
  'events.existing-keys',
  `SELECT event_id FROM event_keys
   WHERE namespace_id = {namespace:String} AND id_hash IN {hashes:Array(UInt64)}`,
);

export interface EventFilter extends Record<string, unknown> {
  namespace: string;
  from: number;
  to: number;
  has_type: number;
  type: string;
  has_exact_cell: number;
  has_cell: number;
  cell: string;
  cell_resolution: number;
  has_entity: number;
  entity: string;
  has_box: number;
  west: number;
  south: number;
  east: number;
  north: number;
  has_polygon: number;
  polygon_lon: number[];
  polygon_lat: number[];
  has_cursor: number;
  cursor_time: number;
  cursor_id: string;
  limit: number;
}

export interface StoredEvent {
  event_id: string;
  time: string;
  lat: number;
  lon: number;
  cell: string;
  event_type: string;
  amount: number | null;
  entity_id: string;
  attrs: string;
}

/**
 * Newest first. A condition that is not asked for is a constant to the server, which drops it before it chooses what to
 * read. The last pair of conditions goes on after the last row of the page before: new rows do not move old ones. Both
 * columns fall, so that the projection `by_time` is read from its end and no further than the page.
 */
export const listEvents = defineQuery<EventFilter, StoredEvent>(
  'events.list',
  `SELECT event_id, toString(toUnixTimestamp64Milli(ts)) AS time, lat, lon, h3ToString(cell) AS cell, event_type,
          amount, entity_id, attrs
   FROM events
   WHERE namespace_id = {namespace:String}
     AND ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
     AND ({has_type:UInt8} = 0 OR event_type = {type:String})
     AND ({has_exact_cell:UInt8} = 0 OR cell = stringToH3({cell:String}))
     AND ({has_cell:UInt8} = 0 OR h3ToParent(cell, {cell_resolution:UInt8}) = stringToH3({cell:String}))
     AND ({has_entity:UInt8} = 0 OR entity_id = {entity:String})
     AND ({has_box:UInt8} = 0 OR (lat BETWEEN {south:Float64} AND {north:Float64}
          AND if({west:Float64} <= {east:Float64}, lon BETWEEN {west:Float64} AND {east:Float64},
                 lon >= {west:Float64} OR lon <= {east:Float64})))
     AND ({has_polygon:UInt8} = 0 OR pointInPolygon((lon, lat), arrayZip({polygon_lon:Array(Float64)}, {polygon_lat:Array(Float64)})))
     AND ({has_cursor:UInt8} = 0 OR ts < fromUnixTimestamp64Milli({cursor_time:Int64}, 'UTC')
          OR (ts = fromUnixTimestamp64Milli({cursor_time:Int64}, 'UTC') AND event_id < {cursor_id:String}))
   ORDER BY ts DESC, event_id DESC
   LIMIT {limit:UInt32}`,
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
