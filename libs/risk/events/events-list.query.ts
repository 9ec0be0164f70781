import { getResolution } from 'h3-js';
import type { NamespaceEntity } from '#access';
import { type EventsQuery, MIN_EVENT_TIME } from '#contracts';
import { defineQuery, type Query } from '#platform';
import { requireCell } from '../cells/require-cell.js';
import { requireSimple } from './polygon.js';

/** The last day a DateTime64 may hold. */
const MAX_TIME = Date.UTC(2299, 11, 31);

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

/** The last row of the page before: its time, milliseconds since the epoch, and its id. */
export type After = readonly [time: number, eventId: string];

type Params = Record<string, unknown>;
type Condition = readonly [sql: string, params: Params];

/**
 * Newest first. Only what is asked for stands in the text: the server takes as long to see that a condition is none as to
 * find a page. The order is that of the projection `by_time` in full, which is then read from its end and no further than
 * the page; without the namespace, of which there is one, it is read whole.
 * @throws AppError CELL_INVALID, REQUEST_INVALID for a cell or a polygon that is none
 */
export function eventsList(
  namespace: NamespaceEntity,
  query: EventsQuery,
  after: After | undefined,
  limit: number,
): { query: Query<Params, StoredEvent>; params: Params } {
  const conditions = [
    within(namespace.namespaceId, query, after),
    ...(query.event_type === undefined ? [] : [ofType(query.event_type)]),
    ...(query.cell === undefined ? [] : [inCell(query.cell, namespace.h3Resolution)]),
    ...(query.entity_id === undefined ? [] : [ofEntity(query.entity_id)]),
    ...(query.bbox ? [inBox(query.bbox)] : []),
    ...(query.polygon ? [inPolygon(query.polygon)] : []),
    ...(after ? [beyond(after)] : []),
  ];
  const sql = `SELECT event_id, toString(toUnixTimestamp64Milli(ts)) AS time, lat, lon, h3ToString(cell) AS cell, event_type,
          amount, entity_id, attrs
   FROM events
   WHERE ${conditions.map(([condition]) => condition).join('\n     AND ')}
   ORDER BY namespace_id DESC, ts DESC, event_id DESC
   LIMIT {limit:UInt32}`;
  const params: Params = { limit };
  for (const [, named] of conditions) Object.assign(params, named);
  return { query: defineQuery('events.list', sql), params };
}

function within(namespace: string, query: EventsQuery, after: After | undefined): Condition {
  const from = query.from === undefined ? MIN_EVENT_TIME : Date.parse(query.from);
  // The cursor's condition is no range that the server can look up; this one is.
  const to = Math.min(query.to === undefined ? MAX_TIME : Date.parse(query.to), after ? after[0] + 1 : Infinity);
  return [
    `namespace_id = {namespace:String}
     AND ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`,
    { namespace, from, to },
  ];
}

const ofType = (type: string): Condition => ['event_type = {type:String}', { type }];
const ofEntity = (entity: string): Condition => ['entity_id = {entity:String}', { entity }];

/** A cell of the namespace's own resolution is found by the primary key, a coarser one by its parent. */
function inCell(asked: string, ownResolution: number): Condition {
  const cell = requireCell(asked, ownResolution, { coarser: true });
  const resolution = getResolution(cell);
  if (resolution === ownResolution) return ['cell = stringToH3({cell:String})', { cell }];
  return [
    'h3ToParent(cell, {cell_resolution:UInt8}) = stringToH3({cell:String})',
    { cell, cell_resolution: resolution },
  ];
}

/** West exceeds east where the box crosses the antimeridian. */
function inBox({ west, south, east, north }: NonNullable<EventsQuery['bbox']>): Condition {
  const and = west <= east ? 'AND' : 'OR';
  return [
    `lat BETWEEN {south:Float64} AND {north:Float64} AND (lon >= {west:Float64} ${and} lon <= {east:Float64})`,
    { west, south, east, north },
  ];
}

function inPolygon(polygon: NonNullable<EventsQuery['polygon']>): Condition {
  requireSimple(polygon);
  return [
    'pointInPolygon((lon, lat), arrayZip({polygon_lon:Array(Float64)}, {polygon_lat:Array(Float64)}))',
    { polygon_lon: polygon.map(([lon]) => lon), polygon_lat: polygon.map(([, lat]) => lat) },
  ];
}

/** Goes on after the last row of the page before: new rows do not move old ones. */
const beyond = ([time, id]: After): Condition => [
  `(ts < fromUnixTimestamp64Milli({cursor_time:Int64}, 'UTC')
      OR (ts = fromUnixTimestamp64Milli({cursor_time:Int64}, 'UTC') AND event_id < {cursor_id:String}))`,
  { cursor_time: time, cursor_id: id },
];
