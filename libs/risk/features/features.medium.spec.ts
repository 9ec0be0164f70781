import { randomBytes } from 'node:crypto';
import { cellToChildren, gridRing, latLngToCell } from 'h3-js';
import { DateTime } from 'luxon';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessContext, accessMigrations, type NamespaceEntity } from '#access';
import { cellFeaturesQuery, type FeatureSnapshot, snapshotQuery } from '#contracts';
import { createRandom } from '#forecast';
import { jobsMigrations } from '#jobs';
import { AnswerVersions, Cursors } from '#platform';
import { openTestStores, type TestStores } from '#testing';
import { CellsService } from '../cells/cells.service.js';
import type { EventRow } from '../events/event-row.js';
import { EventStore } from '../events/event-store.js';
import { EventsService } from '../events/events.service.js';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import { LiveSurfaces } from '../surfaces/live-surfaces.js';
import { FeaturesService } from './features.service.js';

const HOUR = 3_600_000;
const ZONE = 'America/Toronto';
const random = createRandom(31);
/** Around the night the clocks go back. */
const END = Date.UTC(2025, 10, 12);
const START = END - 45 * 24 * HOUR;
const cells = cellToChildren(latLngToCell(43.7, -79.4, 6), 8);

const rowOf = (i: number, time: number): EventRow => ({
  eventId: `e${i}-${time}`,
  time,
  lat: 43.7,
  lon: -79.4,
  cell: cells[random.integer(random.integer(cells.length) + 1)] ?? '',
  eventType: random.next() < 0.6 ? 'fire' : 'flood',
  amount: random.next() < 0.2 ? null : random.integer(50),
  entityId: '',
  attrs: '{}',
});
const events = Array.from({ length: 6_000 }, (_, i) => {
  // Many on the edges of hours, where windows are cut.
  const hour = START + random.integer(45 * 24) * HOUR;
  return rowOf(i, hour + (random.next() < 0.15 ? 0 : random.next() < 0.1 ? HOUR - 1 : random.integer(HOUR)));
});
const oldEvents = Array.from({ length: 400 }, (_, i) =>
  rowOf(i, -20 * 365 * 24 * HOUR + random.integer(40 * 24 * HOUR)),
);

let stores: TestStores;
let service: FeaturesService;

const accessOf = (namespaceId: string, timeZone = ZONE): AccessContext => {
  const namespace: NamespaceEntity = {
    namespaceId,
    name: namespaceId,
    h3Resolution: 8,
    timeZone,
    levels: { MODERATE: 0.1, HIGH: 0.2, CRITICAL: 0.3 },
    amountKind: 'amount',
    retention: { events_days: null, assessments_days: null, risks_days: null },
    createdAt: new Date(),
    version: 1,
  };
  return { namespace, principal: { tokenId: '', name: '', scopes: [], namespaceId }, requestId: '' };
};

beforeAll(async () => {
  stores = await openTestStores({
    postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    clickhouseMigrations: riskClickHouseMigrations,
  });
  for (const id of ['now', 'old'])
    await stores.postgres.query(
      `INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
       VALUES ($1, $1, 8, 'UTC', '{}', 'amount')`,
      [id],
    );
  const store = new EventStore(stores.postgres, stores.clickhouse, { DATABASE_POOL: 8 });
  await store.write('now', events);
  await store.write('old', oldEvents);
  const surfaces = new LiveSurfaces(stores.postgres, new AnswerVersions());
  const clickhouse = stores.clickhouse;
  const cursors = new Cursors(randomBytes(32));
  service = new FeaturesService(
    clickhouse,
    new EventsService(clickhouse, cursors),
    new CellsService(clickhouse, surfaces),
    cursors,
  );
});
afterAll(() => stores.close());

const WINDOWS = { '1h': 1, '24h': 24, '7d': 168, '28d': 672 } as const;
type Kind = 'count' | 'sum';

function windows(of: readonly EventRow[], inCells: readonly string[], at: number, type: string, kind: Kind) {
  const chosen = new Set(inCells);
  const own = of.filter(({ cell, eventType }) => chosen.has(cell) && (type === 'all' || eventType === type));
  return Object.fromEntries(
    Object.entries(WINDOWS).map(([name, hours]) => {
      const inside = own.filter(({ time }) => time >= at - hours * HOUR && time < at);
      return [name, kind === 'count' ? inside.length : inside.reduce((sum, { amount }) => sum + (amount ?? 0), 0)];
    }),
  );
}

/** All features of a cell, counted over from the events. */
function bruteForce(of: readonly EventRow[], cell: string, at: number, type: string, zone: string) {
  const hourOf = (time: number) => {
    const local = DateTime.fromMillis(time, { zone });
    return (local.weekday - 1) * 24 + local.hour;
  };
  const history = of.filter(
    (event) => event.cell === cell && event.time < at && (type === 'all' || event.eventType === type),
  );
  const index = hourOf(at);
  const count = history.filter(({ time }) => hourOf(time) === index).length;
  return {
    cell,
    at: new Date(at).toISOString(),
    event_type: type,
    counts: windows(of, [cell], at, type, 'count'),
    sums: windows(of, [cell], at, type, 'sum'),
    rings: [1, 2].map((ring) => {
      const ringCells = gridRing(cell, ring);
      return {
        ring,
        cells: ringCells.length,
        counts: windows(of, ringCells, at, type, 'count'),
        sums: windows(of, ringCells, at, type, 'sum'),
      };
    }),
    hour_of_week: { index, count, share: history.length === 0 ? 0 : count / history.length },
  };
}

const ofCell = (access: AccessContext, cell: string, at: number, type: string) =>
  service.ofCell(access, cell, cellFeaturesQuery.parse({ at: new Date(at).toISOString(), event_type: type }));

describe('the features of a cell', () => {
  const known = new Set(events.map(({ cell }) => cell));
  const cell = () => [...known][random.integer(known.size)] ?? '';

  it.each([
    ['on the hour', () => START + random.integer(45 * 24) * HOUR],
    ['off the hour', () => START + random.integer(45 * 24 * HOUR)],
    ['a moment after the hour', () => START + random.integer(45 * 24) * HOUR + 1],
    ['a moment before the hour', () => START + random.integer(45 * 24) * HOUR - 1],
    ['in the night the clocks go back', () => Date.UTC(2025, 10, 2, 4) + random.integer(4 * HOUR)],
  ])('%s are what counting gives, whatever the type', async (_when, when) => {
    for (let i = 0; i < 6; i++) {
      const [at, of, type] = [when(), cell(), ['fire', 'flood', 'all'][i % 3] ?? 'all'];
      expect(await ofCell(accessOf('now'), of, at, type)).toEqual(bruteForce(events, of, at, type, ZONE));
    }
  });

  it('count an event at the beginning of a window and not one at its end', async () => {
    for (const event of events.slice(0, 8)) {
      const [at, after] = [event.time, event.time + HOUR];
      const without = await ofCell(accessOf('now'), event.cell, at, event.eventType);
      const within = await ofCell(accessOf('now'), event.cell, after, event.eventType);
      expect(without).toEqual(bruteForce(events, event.cell, at, event.eventType, ZONE));
      expect(within).toEqual(bruteForce(events, event.cell, after, event.eventType, ZONE));
      expect(within.counts['1h']).toBeGreaterThan(0);
    }
  });

  it('are right before 1970 too', async () => {
    for (const event of oldEvents.slice(0, 6))
      for (const at of [event.time + 1, Math.ceil(event.time / HOUR) * HOUR, event.time + 30 * 24 * HOUR])
        expect(await ofCell(accessOf('old', 'UTC'), event.cell, at, 'all')).toEqual(
          bruteForce(oldEvents, event.cell, at, 'all', 'UTC'),
        );
  });

  it('are of no cell that the namespace does not cover', async () => {
    const at = new Date(END).toISOString();
    const code = (access: AccessContext, of: string) =>
      service.ofCell(access, of, cellFeaturesQuery.parse({ at, event_type: 'fire' })).then(
        () => 'given',
        (error: unknown) => (error as { code: string }).code,
      );
    expect(await code(accessOf('now'), latLngToCell(10, 10, 8))).toBe('CELL_UNKNOWN');
    expect(await code(accessOf('nobody'), [...known][0] ?? '')).toBe('CELL_UNKNOWN');
    expect(await code(accessOf('now'), latLngToCell(43.7, -79.4, 7))).toBe('CELL_RESOLUTION_WRONG');
  });
});

describe('a snapshot', () => {
  it('has every cell with events, in order, over pages of one time', async () => {
    const at = END - 5 * 24 * HOUR + 1_234_567;
    const pages: FeatureSnapshot[] = [];
    let cursor: string | null = null;
    do {
      const parameters = {
        time: new Date(at).toISOString(),
        event_type: 'all',
        limit: '20',
        ...(cursor ? { cursor } : {}),
      };
      const page: FeatureSnapshot = await service.snapshot(accessOf('now'), snapshotQuery.parse(parameters));
      pages.push(page);
      cursor = page.page.next_cursor;
    } while (cursor !== null);
    expect(pages.length).toBeGreaterThan(1);
    expect(new Set(pages.map((page) => page.at))).toEqual(new Set([new Date(at).toISOString()]));
    const all = pages.flatMap(({ data }) => data);
    const expected = [...new Set(events.map(({ cell }) => cell))].sort();
    expect(all.map(({ cell }) => cell)).toEqual(expected);
    for (const features of all) expect(features).toEqual(bruteForce(events, features.cell, at, 'all', ZONE));
  });

  it('goes on at the time of its first page where none was named', async () => {
    const first = await service.snapshot(accessOf('now'), snapshotQuery.parse({ event_type: 'all', limit: '10' }), END);
    const cursor = first.page.next_cursor ?? '';
    const next = await service.snapshot(
      accessOf('now'),
      snapshotQuery.parse({ event_type: 'all', limit: '10', cursor }),
      END + 99 * HOUR,
    );
    expect(next.at).toBe(first.at);
    expect(first.at).toBe(new Date(END).toISOString());
  });
});
