import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { AccessContext } from '#access';
import type { Event, EventsQuery, EventTypeSummary, Paged } from '#contracts';
import { AppError, ClickHouse, Cursors } from '#platform';
import { eventTypes } from './event-store.queries.js';
import { eventsList, type StoredEvent } from './events-list.query.js';

const cursorKey = z.tuple([z.number().int(), z.string()]);
type CursorKey = z.output<typeof cursorKey>;
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
    const asked = eventsList(access.namespace, query, after, query.limit + 1);
    const rows = await this.clickhouse.query(asked.query, asked.params);
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
      const asked = eventsList(access.namespace, query, after, EXPORT_PAGE);
      const rows = await this.clickhouse.query(asked.query, asked.params, {
        timeoutMs: 30_000,
        ...(signal && { signal }),
      });
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
