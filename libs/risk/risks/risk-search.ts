import type { EntityManager } from 'typeorm';
import type { RisksQuery } from '#contracts';
import { plainColumns } from '#platform';
import { RiskEntity } from './risk.entity.js';

/** Newest risks that are looked at one by one before the index of places is asked. */
const LOOK = 10_000;

/** The last row of the page before. */
export type After = readonly [openedAt: string, riskId: string];

const COMMON = `namespace_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR level = $3)
  AND ($4::text IS NULL OR event_type = $4) AND ($5::text IS NULL OR cell = $5)
  AND ($6::text IS NULL OR target_id = $6) AND ($7::text IS NULL OR group_id = $7)
  AND ($8::timestamptz IS NULL OR opened_at >= $8) AND ($9::timestamptz IS NULL OR opened_at < $9)
  AND ($10::timestamptz IS NULL OR (opened_at, risk_id) < ($10, $11::text))`;
/** West exceeds east where the box crosses the antimeridian. */
const INSIDE = `($12::float8 IS NULL OR (lat BETWEEN $12 AND $13::float8
  AND CASE WHEN $14::float8 <= $15::float8 THEN lon BETWEEN $14 AND $15 ELSE lon >= $14 OR lon <= $15 END))`;
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
    query.group_id ?? null,
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

/** Risks that fit, the newest first, at most `limit`; plain objects, for reading. */
export function searchRisks(
  manager: EntityManager,
  namespaceId: string,
  query: RisksQuery,
  after: After | undefined,
  limit: number,
): Promise<RiskEntity[]> {
  const parameters = parametersOf(namespaceId, query, after);
  return query.bbox ? inBox(manager, parameters, limit) : newest(manager, parameters, limit);
}

function newest(manager: EntityManager, parameters: unknown[], limit: number): Promise<RiskEntity[]> {
  return manager.query(
    `SELECT ${plainColumns(manager, RiskEntity)} FROM risks WHERE ${COMMON} AND ${INSIDE} ${ORDER} LIMIT $16`,
    [...parameters, limit],
  );
}

/**
 * Two ways lead to risks in a box: the newest, of which some lie there, and the index of places, from which all that lie
 * there are read and sorted. The newest are looked at first, which is enough wherever the box holds one in two hundred;
 * where it does not, there are few.
 */
async function inBox(manager: EntityManager, parameters: unknown[], limit: number): Promise<RiskEntity[]> {
  const columns = plainColumns(manager, RiskEntity);
  const [look] = await manager.query<{ seen: number; ids: string[] | null }[]>(
    `SELECT count(*)::integer AS seen, (array_agg(risk_id ${ORDER}) FILTER (WHERE ${INSIDE}))[1:$16] AS ids
     FROM (SELECT risk_id, opened_at, lat, lon FROM risks WHERE ${COMMON} ${ORDER} LIMIT ${LOOK}) newest`,
    [...parameters, limit],
  );
  const ids = look?.ids ?? [];
  if (ids.length === limit || (look?.seen ?? 0) < LOOK)
    return manager.query(`SELECT ${columns} FROM risks WHERE risk_id = ANY ($1) ${ORDER}`, [ids]);
  return manager.query(
    // Kept apart, so that the order and the limit do not lead back to the first way.
    `WITH inside AS MATERIALIZED (SELECT risk_id, opened_at FROM risks WHERE ${COMMON} AND ${INSIDE}),
          page AS MATERIALIZED (SELECT risk_id FROM inside ${ORDER} LIMIT $16)
     SELECT ${columns} FROM risks WHERE risk_id IN (SELECT risk_id FROM page) ${ORDER}`,
    [...parameters, limit],
  );
}
