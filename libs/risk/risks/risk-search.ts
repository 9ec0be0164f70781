import type { EntityManager } from 'typeorm';
import type { RisksQuery } from '#contracts';

/** Newest risks that are looked at one by one before the index of places is asked. */
const LOOK = 10_000;

/** The last row of the page before. */
export type After = readonly [openedAt: string, riskId: string];

const COMMON = `namespace_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR level = $3)
  AND ($4::text IS NULL OR event_type = $4) AND ($5::text IS NULL OR cell = $5)
  AND ($6::text IS NULL OR target_id = $6)
  AND ($7::timestamptz IS NULL OR opened_at >= $7) AND ($8::timestamptz IS NULL OR opened_at < $8)
  AND ($9::timestamptz IS NULL OR (opened_at, risk_id) < ($9, $10::text))`;
/** West exceeds east where the box crosses the antimeridian. */
const INSIDE = `($11::float8 IS NULL OR (lat BETWEEN $11 AND $12::float8
  AND CASE WHEN $13::float8 <= $14::float8 THEN lon BETWEEN $13 AND $14 ELSE lon >= $13 OR lon <= $14 END))`;
const ORDER = `ORDER BY opened_at DESC, risk_id DESC`;

function parametersOf(namespaceId: string, query: RisksQuery, after: After | undefined): unknown[] {
  const { bbox } = query;
  return [
    namespaceId,
    query.status ?? null,
    query.level ?? null,
    query.event_type ?? null,
    query.cell ?? null,
    query.target_id ?? null,
    query.from === undefined ? null : new Date(query.from),
    query.to === undefined ? null : new Date(query.to),
    after?.[0] ?? null,
    after?.[1] ?? null,
    bbox?.south ?? null,
    bbox?.north ?? null,
    bbox?.west ?? null,
    bbox?.east ?? null,
  ];
}

/** Ids of risks that fit, the newest first, at most `limit`. */
export function searchRisks(
  manager: EntityManager,
  namespaceId: string,
  query: RisksQuery,
  after: After | undefined,
  limit: number,
): Promise<string[]> {
  const parameters = parametersOf(namespaceId, query, after);
  if (query.group_id !== undefined) return ofGroup(manager, parameters, query.group_id, limit);
  return query.bbox ? inBox(manager, parameters, limit) : newest(manager, parameters, limit);
}

async function newest(manager: EntityManager, parameters: unknown[], limit: number): Promise<string[]> {
  const rows = await manager.query<{ risk_id: string }[]>(
    `SELECT risk_id FROM risks WHERE ${COMMON} AND ${INSIDE} ${ORDER} LIMIT $15`,
    [...parameters, limit],
  );
  return rows.map(({ risk_id }) => risk_id);
}

/**
 * The newest of each target of the group, and of those the newest: all risks of the namespace would be gone through
 * where those of the group are few or old.
 */
async function ofGroup(
  manager: EntityManager,
  parameters: unknown[],
  groupId: string,
  limit: number,
): Promise<string[]> {
  const rows = await manager.query<{ risk_id: string }[]>(
    `SELECT found.risk_id FROM targets
     CROSS JOIN LATERAL (
       SELECT risk_id, opened_at FROM risks
       WHERE target_id = targets.target_id AND ${COMMON} AND ${INSIDE} ${ORDER} LIMIT $15
     ) found
     WHERE targets.namespace_id = $1 AND targets.group_id = $16
     ORDER BY found.opened_at DESC, found.risk_id DESC LIMIT $15`,
    [...parameters, limit, groupId],
  );
  return rows.map(({ risk_id }) => risk_id);
}

/**
 * Two ways lead to risks in a box: the newest, of which some lie there, and the index of places, from which all that lie
 * there are read and sorted. The newest are looked at first, which is enough wherever the box holds one in two hundred;
 * where it does not, there are few.
 */
async function inBox(manager: EntityManager, parameters: unknown[], limit: number): Promise<string[]> {
  const [look] = await manager.query<{ seen: number; ids: string[] | null }[]>(
    `SELECT count(*)::integer AS seen, (array_agg(risk_id ${ORDER}) FILTER (WHERE ${INSIDE}))[1:$15] AS ids
     FROM (SELECT risk_id, opened_at, lat, lon FROM risks WHERE ${COMMON} ${ORDER} LIMIT ${LOOK}) newest`,
    [...parameters, limit],
  );
  const ids = look?.ids ?? [];
  if (ids.length === limit || (look?.seen ?? 0) < LOOK) return ids;
  const rows = await manager.query<{ risk_id: string }[]>(
    // Kept apart, so that the order and the limit do not lead back to the first way.
    `WITH inside AS MATERIALIZED (SELECT risk_id, opened_at FROM risks WHERE ${COMMON} AND ${INSIDE})
     SELECT risk_id FROM inside ${ORDER} LIMIT $15`,
    [...parameters, limit],
  );
  return rows.map(({ risk_id }) => risk_id);
}
