import { randomBytes } from 'node:crypto';
import { cellToParent, latLngToCell } from 'h3-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessContext, accessMigrations, type NamespaceEntity } from '#access';
import { type Event, type EventsQuery, eventsQuery } from '#contracts';
import { createRandom } from '#forecast';
import { jobsMigrations } from '#jobs';
import { Cursors } from '#platform';
import { openTestStores, type TestStores } from '#testing';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import type { EventRow } from './event-row.js';
import { EventStore } from './event-store.js';
import { EventsService } from './events.service.js';

const NASTY = ["'; DROP TABLE events; --", '" OR 1=1', '{type:String}', '\\', 'ä€😀', "%' OR '1'='1"];
const random = createRandom(23);
const BASE = Date.UTC(2023, 11, 30);
const RESOLUTION = 6;

/** Around Fiji, on both sides of the antimeridian; many at the same instant. */
const events: EventRow[] = Array.from({ length: 600 }, (_, i) => {
  const lat = -19 + 4 * random.next();
  const east = 178 + 4 * random.next();
  const lon = east > 180 ? east - 360 : east;
  return {
    eventId: i < NASTY.length ? (NASTY[i] ?? '') : `e${String(i * 7919).padStart(7, '0')}`,
    time: BASE + Math.floor(random.integer(200)) * 3_600_123,
    lat,
    lon,
    cell: latLngToCell(lat, lon, RESOLUTION),
    eventType: ['quake', 'flood', NASTY[0] ?? ''][random.integer(3)] ?? '',
    amount: random.next() < 0.2 ? null : random.integer(100),
    entityId: ['', 's1', NASTY[1] ?? ''][random.integer(3)] ?? '',
    attrs: JSON.stringify(i % 5 === 0 ? { note: NASTY[i % NASTY.length] } : {}),
  };
});

let stores: TestStores;
let store: EventStore;
let service: EventsService;

const namespace = (namespaceId: string): NamespaceEntity => ({
  namespaceId,
  name: namespaceId,
  h3Resolution: RESOLUTION,
  timeZone: 'UTC',
  levels: { MODERATE: 0.1, HIGH: 0.2, CRITICAL: 0.3 },
  amountKind: 'amount',
  retention: { events_days: null, assessments_days: null, risks_days: null },
  createdAt: new Date(),
  version: 1,
});
const accessOf = (namespaceId: string): AccessContext => ({
  namespace: namespace(namespaceId),
  principal: { tokenId: '', name: '', scopes: [], namespaceId },
  requestId: '',
});
const mine = accessOf('mine');

beforeAll(async () => {
  stores = await openTestStores({
    postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    clickhouseMigrations: riskClickHouseMigrations,
  });
  for (const id of ['mine', 'other', 'paged'])
    await stores.postgres.query(
      `INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
       VALUES ($1, $1, $2, 'UTC', '{}', 'amount')`,
      [id, RESOLUTION],
    );
  store = new EventStore(stores.postgres, stores.clickhouse, { DATABASE_POOL: 8 });
  service = new EventsService(stores.clickhouse, new Cursors(randomBytes(32)));
  await store.write('mine', events);
  // Another namespace's events of the same ids and places must never be seen.
  await store.write(
    'other',
    events.slice(0, 50).map((event) => ({ ...event, amount: 666 })),
  );
});
afterAll(() => stores.close());

const query = (parameters: Record<string, string> = {}): EventsQuery => eventsQuery.parse(parameters);

/** All pages of a list, one after the other. */
async function listAll(parameters: Record<string, string>, access = mine): Promise<Event[]> {
  const all: Event[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await service.list(access, query({ ...parameters, ...(cursor ? { cursor } : {}) }));
    all.push(...page.data);
    expect(page.page.has_more).toBe(page.page.next_cursor !== null);
    cursor = page.page.next_cursor;
  } while (cursor !== null);
  return all;
}

/** Newest first, then by id against the order of its bytes. */
const expectedOf = (keep: (event: EventRow) => boolean) =>
  events
    .filter(keep)
    .toSorted((a, b) => b.time - a.time || Buffer.compare(Buffer.from(b.eventId), Buffer.from(a.eventId)))
    .map(({ eventId }) => eventId);

function inPolygon(lat: number, lon: number, ring: [number, number][]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i] ?? [0, 0];
    const [xj, yj] = ring[j] ?? [0, 0];
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

const middle = BASE + 100 * 3_600_123;
const time = new Date(middle).toISOString();
const ring: [number, number][] = [
  [178.2, -18.5],
  [179.9, -17.9],
  [179.2, -15.2],
  [178.9, -17.2],
];
const someCell = events[20]?.cell ?? '';
const parent = cellToParent(someCell, 3);

const FILTERS: [string, Record<string, string>, (event: EventRow) => boolean][] = [
  ['no filter', {}, () => true],
  ['from, which belongs to it', { from: time }, (event) => event.time >= middle],
  ['to, which does not', { to: time }, (event) => event.time < middle],
  ['from in another zone', { from: time.replace('Z', '+00:00') }, (event) => event.time >= middle],
  ['an empty span', { from: time, to: time }, () => false],
  ['a type', { event_type: 'flood' }, (event) => event.eventType === 'flood'],
  ['a nasty type', { event_type: NASTY[0] ?? '' }, (event) => event.eventType === NASTY[0]],
  ['a type there is not', { event_type: "x' OR '1'='1" }, () => false],
  ['an entity', { entity_id: 's1' }, (event) => event.entityId === 's1'],
  ['a nasty entity', { entity_id: NASTY[1] ?? '' }, (event) => event.entityId === NASTY[1]],
  [
    'a box',
    { bbox: '178.5,-18,179.5,-16' },
    ({ lat, lon }) => lon >= 178.5 && lon <= 179.5 && lat >= -18 && lat <= -16,
  ],
  [
    'a box over the antimeridian',
    { bbox: '179,-18.5,-179,-15.5' },
    ({ lat, lon }) => (lon >= 179 || lon <= -179) && lat >= -18.5 && lat <= -15.5,
  ],
  ['the whole world', { bbox: '-180,-90,180,90' }, () => true],
  ['a polygon with a dent', { polygon: ring.map(String).join(';') }, ({ lat, lon }) => inPolygon(lat, lon, ring)],
  [
    'a polygon the other way round',
    { polygon: ring.toReversed().map(String).join(';') },
    ({ lat, lon }) => inPolygon(lat, lon, ring),
  ],
  ['a cell', { cell: someCell }, ({ cell }) => cell === someCell],
  ['a coarser cell', { cell: parent }, ({ cell }) => cellToParent(cell, 3) === parent],
  [
    'several at once',
    { from: time, event_type: 'quake', bbox: '178,-19,-178,-16', cell: cellToParent(someCell, 1) },
    (event) =>
      event.time >= middle &&
      event.eventType === 'quake' &&
      event.lat <= -16 &&
      cellToParent(event.cell, 1) === cellToParent(someCell, 1),
  ],
];

describe('the list of events', () => {
  it.each(FILTERS)('with %s is what a plain filter finds, in order, over pages', async (_what, parameters, keep) => {
    const expected = expectedOf(keep);
    expect((await listAll({ ...parameters, limit: '70' })).map(({ event_id }) => event_id)).toEqual(expected);
    expect((await listAll({ ...parameters, limit: '1000' })).map(({ event_id }) => event_id)).toEqual(expected);
  });

  it('is tested with filters that keep some and not all', () => {
    const allOrNone = new Set(['no filter', 'an empty span', 'a type there is not', 'the whole world']);
    for (const [what, , keep] of FILTERS.filter(([name]) => !allOrNone.has(name))) {
      expect(expectedOf(keep).length, what).toBeGreaterThan(0);
      expect(expectedOf(keep).length, what).toBeLessThan(events.length);
    }
  });

  it('shows each event as it came', async () => {
    const listed = new Map((await listAll({ limit: '1000' })).map((event) => [event.event_id, event]));
    expect(listed.size).toBe(events.length);
    for (const event of events)
      expect(listed.get(event.eventId)).toEqual({
        event_id: event.eventId,
        timestamp: new Date(event.time).toISOString(),
        lat: event.lat,
        lon: event.lon,
        cell: event.cell,
        event_type: event.eventType,
        amount: event.amount,
        entity_id: event.entityId === '' ? null : event.entityId,
        attrs: JSON.parse(event.attrs) as unknown,
      });
  });

  it('shows nothing of another namespace', async () => {
    expect(await listAll({}, accessOf('other'))).toHaveLength(50);
    expect((await listAll({ limit: '1000' })).some(({ amount }) => amount === 666)).toBe(false);
    expect(await listAll({}, accessOf("mine' OR '1'='1"))).toEqual([]);
  });

  it('keeps its order while rows arrive: what was there is seen once', async () => {
    const before = events.map((event, i) => ({ ...event, eventId: `p${i}` }));
    await store.write('paged', before);
    const seen: string[] = [];
    let cursor: string | null = null;
    let round = 0;
    do {
      const page = await service.list(accessOf('paged'), query({ limit: '90', ...(cursor ? { cursor } : {}) }));
      seen.push(...page.data.map(({ event_id }) => event_id));
      cursor = page.page.next_cursor;
      round++;
      // Newer ones, older ones, and ones of the very instant the cursor stands at.
      const last = page.data.at(-1);
      const now = last ? Date.parse(last.timestamp) : 0;
      await store.write(
        'paged',
        before
          .slice(0, 20)
          .map((event, i) => ({ ...event, eventId: `late${round}-${i}`, time: i < 10 ? BASE + 1e10 : now })),
      );
    } while (cursor !== null);
    const ids = before.map(({ eventId }) => eventId);
    expect(new Set(seen).size).toBe(seen.length);
    expect(ids.filter((id) => !seen.includes(id))).toEqual([]);
    expect(round).toBeGreaterThan(5);
  });

  it('refuses a cell that is none or too fine, and a polygon that crosses itself', async () => {
    const code = (parameters: Record<string, string>) =>
      service.list(mine, query(parameters)).then(
        () => 'taken',
        (error: unknown) => (error as { code: string }).code,
      );
    expect(await code({ cell: '800000000000000' })).toBe('CELL_INVALID');
    expect(await code({ cell: latLngToCell(-17, 179, 7) })).toBe('CELL_RESOLUTION_WRONG');
    expect(await code({ polygon: '0,0;2,2;2,0;0,2' })).toBe('REQUEST_INVALID');
    expect(await code({ polygon: '1,1;1,1;1,1' })).toBe('REQUEST_INVALID');
    expect(await code({ cursor: 'x' })).toBe('CURSOR_INVALID');
  });
});

describe('an export', () => {
  it('gives all events of a filter, page by page', async () => {
    const pages: Event[][] = [];
    for await (const page of service.pages(mine, query({ event_type: 'flood' }))) pages.push(page);
    expect(pages.flat().map(({ event_id }) => event_id)).toEqual(expectedOf(({ eventType }) => eventType === 'flood'));
    const nothing: Event[][] = [];
    for await (const page of service.pages(accessOf('nobody'), query())) nothing.push(page);
    expect(nothing).toEqual([]);
  });
});

describe('the types of a namespace', () => {
  it('are counted, the most frequent first', async () => {
    const types = await service.types('mine');
    for (const { event_type, events: n, cells, first, last } of types) {
      const own = events.filter(({ eventType }) => eventType === event_type);
      expect([n, cells]).toEqual([own.length, new Set(own.map(({ cell }) => cell)).size]);
      expect(Date.parse(first)).toBe(Math.min(...own.map((event) => event.time)));
      expect(Date.parse(last)).toBe(Math.max(...own.map((event) => event.time)));
    }
    expect(types.map(({ events: n }) => n)).toEqual(types.map(({ events: n }) => n).toSorted((a, b) => b - a));
    expect(types).toHaveLength(3);
  });

  it('say which is meant where none is named', async () => {
    await expect(service.resolveType('mine', undefined)).rejects.toMatchObject({
      code: 'EVENT_TYPE_AMBIGUOUS',
      extension: { event_types: expect.arrayContaining(['quake', 'flood']) as string[] },
    });
    await expect(service.resolveType('nobody', undefined)).rejects.toMatchObject({ code: 'EVENT_TYPE_UNKNOWN' });
    expect(await service.resolveType('mine', 'anything')).toBe('anything');
  });
});
