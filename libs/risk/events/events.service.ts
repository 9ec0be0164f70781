import { Injectable } from '@nestjs/common';
import { getResolution } from 'h3-js';
import { z } from 'zod';
import type { AccessContext, NamespaceEntity } from '#access';
import { type Event, type EventsQuery, type EventTypeSummary, MIN_EVENT_TIME, type Paged } from '#contracts';
import { AppError, ClickHouse, Cursors } from '#platform';
import { type EventFilter, eventTypes, listEvents, type StoredEvent } from './event-store.queries.js';
import { requireCell } from '../cells/require-cell.js';
import { requireSimple } from './polygon.js';

const cursorKey = z.tuple([z.number().int(), z.string()]);
type CursorKey = z.output<typeof cursorKey>;
/** The last day a DateTime64 may hold. */
const MAX_TIME = Date.UTC(2299, 11, 31);
const EXPORT_PAGE = 20_000;

@Injectable()
export class EventsService {
  constructor(
    private readonly clickhouse: ClickHouse,
    private readonly cursors: Cursors,
  ) {}

  async list(access: AccessContext, query: EventsQuery): Promise<Paged<Event>> {
    const list = this.cursors.of('events', access.namespace.namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.clickhouse.query(listEvents, filterOf(access.namespace, query, after, query.limit + 1));
    const page = list.page(rows, query.limit, keyOf);
    return { data: page.data.map(present), page: page.page };
  }

  /** All events of a query, page by page, newest first: an export holds one page in memory however long it is. */
  async *pages(
    access: Pick<AccessContext, 'namespace'>,
    query: EventsQuery,
    signal?: AbortSignal,
  ): AsyncGenerator<Event[]> {
    let after = this.cursors.of('events', access.namespace.namespaceId, query).after(query.cursor, cursorKey);
    for (;;) {
      const filter = filterOf(access.namespace, query, after, EXPORT_PAGE);
      const rows = await this.clickhouse.query(listEvents, filter, { timeoutMs: 30_000, ...(signal && { signal }) });
      if (rows.length > 0) yield rows.map(present);
      const last = rows.at(-1);
      if (!last || rows.length < EXPORT_PAGE) return;
      after = keyOf(last);
    }
  }

  async types(namespaceId: string): Promise<EventTypeSummary[]> {
    const rows = await this.clickhouse.query(eventTypes, { namespace: namespaceId });
    return rows.map((row) => ({ ...row, first: iso(row.first), last: iso(row.last) }));
  }

  /**
   * The event type a request means: the one it names, or the only one there is.
   * @throws AppError EVENT_TYPE_AMBIGUOUS naming them, EVENT_TYPE_UNKNOWN where there are no events at all
   */
  async resolveType(namespaceId: string, eventType: string | undefined): Promise<string> {
    if (eventType !== undefined) return eventType;
    const types = await this.types(namespaceId);
    const [only] = types;
    if (!only) throw new AppError('EVENT_TYPE_UNKNOWN', 'The namespace has no events yet');
    if (types.length === 1) return only.event_type;
    const names = types.slice(0, 20).map(({ event_type }) => event_type);
    throw new AppError(
      'EVENT_TYPE_AMBIGUOUS',
      `Name one with event_type, or "all" for one model over all of them: ${names.join(', ')}${types.length > 20 ? ', …' : ''}`,
      { errors: [{ path: 'event_type', message: `there are ${types.length}` }], extension: { event_types: names } },
    );
  }
}

const keyOf = (row: StoredEvent): CursorKey => [Number(row.time), row.event_id];
const iso = (milliseconds: string) => new Date(Number(milliseconds)).toISOString();

function filterOf(
  namespace: NamespaceEntity,
  query: EventsQuery,
  after: CursorKey | undefined,
  limit: number,
): EventFilter {
  const cell =
    query.cell === undefined ? undefined : requireCell(query.cell, namespace.h3Resolution, { coarser: true });
  const polygon = query.polygon ?? NO_POLYGON;
  requireSimple(polygon);
  return {
    namespace: namespace.namespaceId,
    from: query.from === undefined ? MIN_EVENT_TIME : Date.parse(query.from),
    // The cursor's condition is no range that the server can look up; this one is.
    to: Math.min(query.to === undefined ? MAX_TIME : Date.parse(query.to), after ? after[0] + 1 : Infinity),
    has_type: flag(query.event_type),
    type: query.event_type ?? '',
    // A cell of the namespace's own resolution is found by the primary key, a coarser one by its parent.
    has_exact_cell: cell !== undefined && getResolution(cell) === namespace.h3Resolution ? 1 : 0,
    has_cell: cell !== undefined && getResolution(cell) < namespace.h3Resolution ? 1 : 0,
    cell: cell ?? '8001fffffffffff',
    cell_resolution: cell === undefined ? 0 : getResolution(cell),
    has_entity: flag(query.entity_id),
    entity: query.entity_id ?? '',
    has_box: flag(query.bbox),
    ...(query.bbox ?? { west: 0, south: 0, east: 0, north: 0 }),
    has_polygon: flag(query.polygon),
    polygon_lon: polygon.map(([lon]) => lon),
    polygon_lat: polygon.map(([, lat]) => lat),
    has_cursor: flag(after),
    cursor_time: after?.[0] ?? 0,
    cursor_id: after?.[1] ?? '',
    limit,
  };
}

/** The function wants a ring even where its condition is switched off. */
const NO_POLYGON: [number, number][] = [
  [0, 0],
  [0, 1],
  [1, 0],
];
const flag = (value: unknown) => (value === undefined ? 0 : 1);

function present(row: StoredEvent): Event {
  return {
    event_id: row.event_id,
    timestamp: iso(row.time),
    lat: row.lat,
    lon: row.lon,
    cell: row.cell,
    event_type: row.event_type,
    amount: row.amount,
    entity_id: row.entity_id === '' ? null : row.entity_id,
    attrs: JSON.parse(row.attrs) as Record<string, unknown>,
  };
}
