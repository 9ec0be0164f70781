import { cellToBoundary } from 'h3-js';
import type { EntityManager } from 'typeorm';
import type { Bbox } from '#contracts';
import { bboxAround } from '#geo';

/** Newest targets that are looked at one by one before the index of bounds is asked. */
const LOOK = 10_000;

export interface NearFilter {
  namespaceId: string;
  groupId: string | undefined;
  /** Of LIKE, in lower case. */
  name: string | undefined;
  bbox: Bbox | undefined;
  cell: string | undefined;
  /** The last one of the page before. */
  after: readonly [createdAt: string, targetId: string] | undefined;
  limit: number;
}

const COMMON = `namespace_id = $1 AND ($2::text IS NULL OR group_id = $2) AND ($3::text IS NULL OR lower(name) LIKE $3)
  AND ($4::timestamptz IS NULL OR (created_at, target_id) < ($4, $5::text))`;
const MEETS = `(bounds && $6::box OR bounds && $7::box OR bounds && $8::box)
  AND (bounds && $9::box OR bounds && $10::box OR bounds && $11::box)`;
const ORDER = `ORDER BY created_at DESC, target_id DESC`;

/**
 * Ids of targets in a box or a cell, the newest first, at most `limit`.
 *
 * Two ways lead there, and the server cannot tell which is short, for it knows nothing of where boxes lie: with a
 * million targets it went through all of them for an empty box (1.5 s). So the newest are looked at first, which is
 * enough wherever the box holds one in two hundred; where it is not, there are few, and the index of bounds finds them.
 */
export async function idsNear(manager: EntityManager, filter: NearFilter): Promise<string[]> {
  const cellBox = filter.cell === undefined ? undefined : boxOfCell(filter.cell);
  const one = filter.bbox ?? cellBox;
  const other = cellBox ?? filter.bbox;
  if (!one || !other) throw new Error('There is no place to look at');
  const parameters = [
    filter.namespaceId,
    filter.groupId ?? null,
    filter.name ?? null,
    filter.after?.[0] ?? null,
    filter.after?.[1] ?? null,
    ...turnsOf(one),
    ...turnsOf(other),
  ];
  // A cell is small: hardly ever does it hold one in two hundred.
  if (filter.cell === undefined) {
    const [newest] = await manager.query<{ seen: number; ids: string[] | null }[]>(
      `SELECT count(*)::integer AS seen, (array_agg(target_id ${ORDER}) FILTER (WHERE ${MEETS}))[1:$12] AS ids
       FROM (SELECT target_id, created_at, bounds FROM targets WHERE ${COMMON} ${ORDER} LIMIT ${LOOK}) newest`,
      [...parameters, filter.limit],
    );
    const ids = newest?.ids ?? [];
    if (ids.length === filter.limit || (newest?.seen ?? 0) < LOOK) return ids;
  }
  const rows = await manager.query<{ target_id: string }[]>(
    // Kept apart, so that the order and the limit do not lead back to the first way.
    `WITH near AS MATERIALIZED (
       SELECT target_id, created_at, cells FROM targets WHERE ${COMMON} AND ${MEETS}
     )
     SELECT target_id FROM near WHERE $13::bytea IS NULL OR position($13 IN cells) > 0 ${ORDER} LIMIT $12`,
    // What is found in the column is a whole entry. A find begins with 08 and ends with ff. In an entry ff is followed
    // by nothing but ff (digits in use are 0 to 6), at the same place in all of one resolution; so if a find ended on
    // byte o − 1 of an entry, it would begin on byte o of another, which is ff and not 08.
    [...parameters, filter.limit, filter.cell === undefined ? null : Buffer.from(`0${filter.cell}`, 'hex')],
  );
  return rows.map(({ target_id }) => target_id);
}

/** A box as PostgreSQL writes it, and a turn to either side: bounds run east from -180..180 and may end beyond 180. */
function turnsOf({ west, south, east, north }: Bbox): string[] {
  const width = west <= east ? east - west : east + 360 - west;
  return [0, -360, 360].map((turn) => `(${west + turn + width},${north}),(${west + turn},${south})`);
}

/** A box that holds a cell: its corners', and all longitudes up to the pole where it holds one. */
function boxOfCell(cell: string): Bbox {
  const corners = cellToBoundary(cell);
  const box = bboxAround(
    corners.map(([lat]) => lat),
    corners.map(([, lon]) => lon),
  );
  const width = box.west <= box.east ? box.east - box.west : box.east + 360 - box.west;
  // Around a pole the corners stand all around; elsewhere no cell is half as wide.
  if (width > 180)
    return box.north > 0
      ? { west: -180, east: 180, south: box.south, north: 90 }
      : { west: -180, east: 180, south: -90, north: box.north };
  // Edges bulge a little beyond their corners.
  const margin = (box.north - box.south) / 10;
  return { ...box, south: Math.max(-90, box.south - margin), north: Math.min(90, box.north + margin) };
}
