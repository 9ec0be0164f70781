import { Logger } from '@nestjs/common';
import { latLngToCell } from 'h3-js';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessMigrations } from '#access';
import { createRandom } from '#forecast';
import { jobsMigrations } from '#jobs';
import { AppError, type ClickHouse, defineQuery, migrateClickHouse, migratePostgres } from '#platform';
import { openTestStores, type TestStores } from '#testing';
import { TrainingData } from '../models/training-data.js';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import type { EventRow } from './event-row.js';
import { EventStore, keyHash } from './event-store.js';

const POSTGRES_MIGRATIONS = [...accessMigrations, ...jobsMigrations, ...riskMigrations];
const HOUR = 3_600_000;
const BASE = Date.UTC(2024, 4, 30, 21, 17, 3, 250);
const POOL = { DATABASE_POOL: 8 };

let stores: TestStores;
let store: EventStore;
let clickhouse: ClickHouse;
let namespace: string;
let made = 0;

beforeAll(async () => {
  // What is repaired is told in the log; here it is wanted.
  Logger.overrideLogger(false);
  stores = await openTestStores({
    postgresMigrations: POSTGRES_MIGRATIONS,
    clickhouseMigrations: riskClickHouseMigrations,
  });
  clickhouse = stores.clickhouse;
  store = new EventStore(stores.postgres, clickhouse, POOL);
});
afterAll(() => stores.close());

async function makeNamespace(): Promise<string> {
  const id = `n${made++}`;
  await stores.postgres.query(
    `INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
     VALUES ($1, $1, 7, 'UTC', '{}', 'amount')`,
    [id],
  );
  return id;
}
beforeEach(async () => {
  namespace = await makeNamespace();
});

const random = createRandom(17);
function row(eventId: string, changes: Partial<EventRow> = {}): EventRow {
  const lat = 43.6 + 0.1 * random.next();
  const lon = -79.4 + 0.1 * random.next();
  return {
    eventId,
    time: BASE + random.integer(72 * HOUR),
    lat,
    lon,
    cell: latLngToCell(lat, lon, 7),
    eventType: random.next() < 0.7 ? 'fire' : 'flood',
    amount: random.next() < 0.3 ? null : random.integer(1000),
    entityId: '',
    attrs: '{}',
    ...changes,
  };
}
const rows = (n: number, prefix = 'e') => Array.from({ length: n }, (_, i) => row(`${prefix}${i}`));
const count = (isNew: boolean[]) => isNew.filter(Boolean).length;

const storedEvents = defineQuery<{ namespace: string }, { event_id: string; ts: string; seq: string }>(
  'test.events',
  `SELECT event_id, toString(toUnixTimestamp64Milli(ts)) AS ts, toString(ingest_seq) AS seq FROM events
   WHERE namespace_id = {namespace:String} ORDER BY event_id`,
);
const storedKeys = defineQuery<{ namespace: string }, { event_id: string; same: number }>(
  'test.keys',
  `SELECT event_id, toUInt8(any(id_hash) = bitShiftRight(halfMD5(event_id), 11)) AS same FROM event_keys
   WHERE namespace_id = {namespace:String} GROUP BY event_id ORDER BY event_id`,
);
interface Hour extends Record<string, unknown> {
  type: string;
  cell: string;
  hour: string;
  events: string;
  amount: number;
  first: string;
  last: string;
}
const storedHours = defineQuery<{ namespace: string }, Hour>(
  'test.hours',
  `SELECT event_type AS type, h3ToString(cell) AS cell, toString(toUnixTimestamp64Second(hour)) AS hour,
          toString(sum(events)) AS events, sum(amount) AS amount,
          toString(toUnixTimestamp64Milli(min(first_ts))) AS first, toString(toUnixTimestamp64Milli(max(last_ts))) AS last
   FROM cell_hours WHERE namespace_id = {namespace:String}
   GROUP BY type, cell_hours.cell, hour ORDER BY type, cell, hour`,
);

/** The hourly aggregates counted over from the rows themselves. */
function hoursOf(events: readonly EventRow[]): Hour[] {
  const groups = new Map<string, EventRow[]>();
  for (const event of events) {
    const hour = Math.floor(event.time / HOUR) * 3600;
    const key = JSON.stringify([event.eventType, event.cell, hour]);
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  const hours = [...groups].map(([key, group]) => {
    const [type, cell, hour] = JSON.parse(key) as [string, string, number];
    const times = group.map(({ time }) => time);
    return {
      type,
      cell,
      hour: String(hour),
      events: String(group.length),
      amount: group.reduce((sum, { amount }) => sum + (amount ?? 0), 0),
      first: String(Math.min(...times)),
      last: String(Math.max(...times)),
    };
  });
  return sorted(hours);
}

const sorted = (hours: Hour[]) =>
  hours.toSorted((a, b) => {
    const [one, other] = [a, b].map(({ type, cell, hour }) => `${type} ${cell} ${hour}`);
    return (one ?? '') < (other ?? '') ? -1 : 1;
  });

/** Table, keys and aggregates hold exactly these events, each once. */
async function expectExactly(expected: readonly EventRow[], of = namespace): Promise<void> {
  const ids = expected.map(({ eventId }) => eventId).sort();
  const byId = new Map(expected.map((one) => [one.eventId, one]));
  const events = await clickhouse.query(storedEvents, { namespace: of });
  expect(events.map(({ event_id }) => event_id).sort()).toEqual(ids);
  for (const { event_id, ts } of events) expect(Number(ts)).toBe(byId.get(event_id)?.time);
  const keys = await clickhouse.query(storedKeys, { namespace: of });
  expect(keys.map(({ event_id }) => event_id).sort()).toEqual(ids);
  expect(keys.every(({ same }) => same === 1)).toBe(true);
  expect(sorted(await clickhouse.query(storedHours, { namespace: of }))).toEqual(hoursOf(expected));
  const left = await stores.postgres.query<unknown[]>(`SELECT 1 FROM ingest_batches WHERE namespace_id = $1`, [of]);
  expect(left).toEqual([]);
}

describe('the hash of an id', () => {
  it('is what ClickHouse computes of it, for any text', async () => {
    const ids = [
      '',
      'a',
      'tor8092',
      'ä€😀',
      "'; --",
      'x'.repeat(128),
      ...Array.from({ length: 200 }, (_, i) => `ci${i * 7919}`),
    ];
    const hashes = defineQuery<{ ids: string[] }, { hash: string }>(
      'test.hash',
      `SELECT toString(bitShiftRight(halfMD5(id), 11)) AS hash FROM (SELECT arrayJoin({ids:Array(String)}) AS id)`,
    );
    const computed = await clickhouse.query(hashes, { ids });
    expect(ids.map(keyHash).map(String)).toEqual(computed.map(({ hash }) => hash));
    expect(ids.every((id) => Number.isSafeInteger(keyHash(id)))).toBe(true);
  });
});

describe('writing events', () => {
  it('keeps each once: sent again, in another order, within one batch or over several', async () => {
    const events = rows(500);
    expect(count(await store.write(namespace, events))).toBe(500);
    await expectExactly(events);
    expect(count(await store.write(namespace, events.toReversed()))).toBe(0);
    // Of one id the first that came counts, whatever the others say.
    const [first, second, fresh] = [row('twice'), row('twice'), row('fresh')];
    const known = row('e3', { amount: 1e6, time: BASE });
    expect(await store.write(namespace, [first, second, known, fresh])).toEqual([true, false, false, true]);
    await expectExactly([...events, first, fresh]);
  });

  it('keeps the same id once in each namespace', async () => {
    const other = await makeNamespace();
    const events = rows(20);
    expect(count(await store.write(namespace, events))).toBe(20);
    expect(count(await store.write(other, events))).toBe(20);
    await expectExactly(events);
    await expectExactly(events, other);
  });

  it('keeps events of any time since 1900, to the millisecond, in one batch', async () => {
    const times = [
      Date.UTC(1900, 0, 1),
      Date.UTC(1950, 5, 1, 3, 25, 7, 250),
      -HOUR,
      -1,
      0,
      1,
      Date.UTC(1972, 1, 1, 0, 0, 0, 5),
      Date.UTC(2001, 8, 9, 1, 46, 39, 999),
      Date.UTC(2024, 1, 29, 23, 59, 59, 999),
    ];
    const events = times.map((time, i) => row(`t${i}`, { time }));
    expect(count(await store.write(namespace, events))).toBe(times.length);
    await expectExactly(events);
  });

  it('keeps ids and texts as they are, whatever stands in them', async () => {
    const texts = [
      "'; DROP TABLE events; --",
      '{namespace:String}',
      'ä€😀',
      '\\',
      '"',
      '\t\n\r',
      '\u0001',
      '%s',
      'NULL',
      '\\N',
    ];
    const events = texts.map((text, i) =>
      row(text, { entityId: text, eventType: `t${i}`, attrs: JSON.stringify({ a: text }) }),
    );
    await store.write(namespace, events);
    await expectExactly(events);
    expect(count(await store.write(namespace, events))).toBe(0);
  });

  it('looks 20,000 ids up at once', async () => {
    const events = rows(20_000);
    expect(count(await store.write(namespace, events))).toBe(20_000);
    expect(count(await store.write(namespace, [...events.slice(0, 19_999), row('the new one')]))).toBe(1);
  });

  it('gives positions that rise by one a batch and are seen when the batch is whole', async () => {
    const data = new TrainingData(clickhouse, stores.postgres);
    expect(await data.position(namespace)).toBe(0);
    await store.write(namespace, rows(3, 'a'));
    await store.write(namespace, rows(3, 'a'));
    await store.write(namespace, rows(3, 'b'));
    expect(await data.position(namespace)).toBe(2);
    const events = await clickhouse.query(storedEvents, { namespace });
    expect(new Set(events.map(({ event_id, seq }) => `${event_id[0]}${seq}`))).toEqual(new Set(['a1', 'b2']));
  });
});

describe('several writers at once', () => {
  it('of one process and of two keep ids that overlap once', async () => {
    const second = new EventStore(await stores.connect(), clickhouse, POOL);
    const pool = rows(900);
    const batches = Array.from({ length: 12 }, () => {
      const from = random.integer(700);
      return pool.slice(from, from + 200);
    });
    const isNew = await Promise.all(batches.map((batch, i) => (i % 2 === 0 ? store : second).write(namespace, batch)));
    const union = [...new Map(batches.flat().map((one) => [one.eventId, one])).values()];
    expect(isNew.reduce((sum, one) => sum + count(one), 0)).toBe(union.length);
    // Who was told "new" is new exactly once.
    const told = batches.flatMap((batch, b) => batch.filter((_, i) => isNew[b]?.[i]).map(({ eventId }) => eventId));
    expect(new Set(told).size).toBe(told.length);
    await expectExactly(union);
  });

  it('of more namespaces than there are connections do not wait for each other for ever', async () => {
    const connections = 4;
    const crowded = new EventStore(await stores.connect(connections), clickhouse, { DATABASE_POOL: connections });
    const namespaces = await Promise.all(Array.from({ length: 12 }, makeNamespace));
    const written = await Promise.all(namespaces.map((id) => crowded.write(id, rows(5))));
    expect(written.map(count)).toEqual(namespaces.map(() => 5));
  });
});

describe('a writer that died half way', () => {
  const announce = (events: readonly EventRow[]) => {
    const times = events.map(({ time }) => time);
    return stores.postgres.query(
      `INSERT INTO ingest_batches (batch_id, namespace_id, from_time, to_time) VALUES (gen_random_uuid(), $1, $2, $3)`,
      [namespace, new Date(Math.min(...times)), new Date(Math.max(...times))],
    );
  };
  const insertOnly = async (table: 'events', events: readonly EventRow[], seq: number) =>
    clickhouse.insert(
      table,
      [
        'namespace_id',
        'event_type',
        'cell',
        'ts',
        'event_id',
        'lat',
        'lon',
        'amount',
        'entity_id',
        'attrs',
        'ingest_seq',
      ],
      events.map((one) => [
        namespace,
        one.eventType,
        BigInt(`0x${one.cell}`).toString(),
        new Date(one.time).toISOString(),
        one.eventId,
        one.lat,
        one.lon,
        one.amount,
        one.entityId,
        one.attrs,
        seq,
      ]),
      `died-${made}-${seq}`,
    );
  const forget = (table: string, ids: string[]) =>
    clickhouse.command(
      'test.forget',
      `ALTER TABLE ${table} DELETE WHERE namespace_id = {namespace:String}
       ${table === 'event_keys' ? 'AND event_id IN {ids:Array(String)}' : ''} SETTINGS mutations_sync = 1`,
      { namespace, ids },
    );

  it('before the insert leaves nothing, and the batch sent again is taken', async () => {
    const before = rows(50, 'before');
    await store.write(namespace, before);
    const batch = rows(30, 'batch');
    await announce(batch);
    expect(count(await store.write(namespace, batch))).toBe(30);
    await expectExactly([...before, ...batch]);
  });

  it('after the insert leaves all, and the batch sent again is repeated and read by forecasts', async () => {
    const data = new TrainingData(clickhouse, stores.postgres);
    const before = rows(50, 'before');
    await store.write(namespace, before);
    const position = await data.position(namespace);
    const batch = rows(30, 'batch');
    await announce(batch);
    await insertOnly('events', batch, position + 1);
    expect(count(await store.write(namespace, batch))).toBe(0);
    await expectExactly([...before, ...batch]);
    // Nobody came after it: it must be read all the same.
    const span = { namespaceId: namespace, eventType: 'all', from: 0, to: BASE + 1000 * HOUR, minAmount: null };
    const untilSeq = await data.position(namespace);
    const text = await data.read({ ...span, afterSeq: position, untilSeq }, new AbortController().signal);
    expect((JSON.parse(text) as unknown[][])[3]).toHaveLength(30);
  });

  it.each([
    ['event_keys', true, false],
    ['cell_hours', false, true],
    ['both', true, true],
  ])('between the table and its views (%s) is made good before anything is added', async (_what, keys, hours) => {
    const before = rows(80, 'before');
    await store.write(namespace, before);
    const batch = rows(40, 'batch');
    await announce(batch);
    await insertOnly('events', batch, 2);
    if (keys)
      await forget(
        'event_keys',
        batch.map(({ eventId }) => eventId),
      );
    if (hours) await forget('cell_hours', []);
    // Another client's rows come first; the repair must not wait for the batch to be sent again.
    const after = rows(20, 'after');
    expect(count(await store.write(namespace, after))).toBe(20);
    if (!hours) {
      await expectExactly([...before, ...batch, ...after]);
    } else {
      // The hours of the batch's span are right again; those outside it were thrown away by the test itself.
      const times = batch.map(({ time }) => time);
      const [from, to] = [Math.floor(Math.min(...times) / HOUR) * 3600, Math.floor(Math.max(...times) / HOUR) * 3600];
      const inSpan = (hour: Hour) => Number(hour.hour) >= from && Number(hour.hour) <= to;
      const found = (await clickhouse.query(storedHours, { namespace })).filter(inSpan);
      expect(sorted(found)).toEqual(hoursOf([...before, ...batch, ...after]).filter(inSpan));
    }
    expect(count(await store.write(namespace, batch))).toBe(0);
  });

  it('again and again in the same hours costs nothing that was counted', async () => {
    const events = rows(60);
    await store.write(namespace, events);
    for (let i = 0; i < 3; i++) {
      await announce(events);
      expect(count(await store.write(namespace, events))).toBe(0);
      await expectExactly(events);
    }
  });

  it('several at once, with their positions, are all made good', async () => {
    const data = new TrainingData(clickhouse, stores.postgres);
    const [one, two] = [rows(10, 'one'), rows(10, 'two')];
    await announce(one);
    await insertOnly('events', one, 1);
    await announce(two);
    await insertOnly('events', two, 2);
    expect(count(await store.write(namespace, [...one, ...two]))).toBe(0);
    await expectExactly([...one, ...two]);
    expect(await data.position(namespace)).toBeGreaterThanOrEqual(2);
  });

  it('leaves its announcement when ClickHouse refuses the batch, and the next writer goes on', async () => {
    const failing = { ...fakeClickHouse(), insert: () => Promise.reject(new AppError('UNAVAILABLE', 'away')) };
    const events = rows(25);
    const broken = new EventStore(stores.postgres, failing as unknown as ClickHouse, POOL);
    await expect(broken.write(namespace, events)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const left = await stores.postgres.query<unknown[]>(`SELECT 1 FROM ingest_batches WHERE namespace_id = $1`, [
      namespace,
    ]);
    expect(left).toHaveLength(1);
    expect(count(await store.write(namespace, events))).toBe(25);
    await expectExactly(events);
  });

  it('whose answer was lost after the insert, too', async () => {
    const lossy = {
      ...fakeClickHouse(),
      insert: async (...args: Parameters<ClickHouse['insert']>) => {
        await clickhouse.insert(...args);
        throw new AppError('UNAVAILABLE', 'the answer was lost');
      },
    };
    const events = rows(25);
    const broken = new EventStore(stores.postgres, lossy as unknown as ClickHouse, POOL);
    await expect(broken.write(namespace, events)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(count(await store.write(namespace, events))).toBe(0);
    await expectExactly(events);
  });

  /** The real one, with methods that can be replaced. */
  const fakeClickHouse = () => ({
    query: clickhouse.query.bind(clickhouse),
    command: clickhouse.command.bind(clickhouse),
    insert: clickhouse.insert.bind(clickhouse),
  });
});

describe('migrations', () => {
  const tables = defineQuery<Record<string, never>, { name: string }>(
    'test.tables',
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND name NOT LIKE '.%' ORDER BY name`,
  );

  it('run again do nothing, in either store', async () => {
    const before = await clickhouse.query(tables, {});
    const ledger = await names(stores.postgres);
    expect(ledger).not.toEqual([]);
    expect(before.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'cell_hours',
        'cell_hours_mv',
        'event_keys',
        'event_keys_mv',
        'events',
        'schema_migrations',
      ]),
    );
    expect(await migrateClickHouse(clickhouse, riskClickHouseMigrations)).toEqual([]);
    expect(await clickhouse.query(tables, {})).toEqual(before);
    await migratePostgres(stores.postgresUrl, POOL, POSTGRES_MIGRATIONS, () => Promise.resolve());
    expect(await names(stores.postgres)).toEqual(ledger);
  });

  it('that died half way are gone on with, and keep what is there', async () => {
    await store.write(namespace, rows(10));
    // As after a death between the statements and the ledger.
    await clickhouse.command(
      'test.forget',
      `ALTER TABLE schema_migrations DELETE WHERE id != '0001-events' SETTINGS mutations_sync = 1`,
    );
    await clickhouse.command('test.drop', 'DROP VIEW cell_hours_mv');
    expect(await migrateClickHouse(clickhouse, riskClickHouseMigrations)).toEqual([
      '0002-event-keys',
      '0003-cell-hours',
      '0004-events-by-time',
      '0005-assessments',
    ]);
    expect(count(await store.write(namespace, rows(12)))).toBe(2);
    const hours = await clickhouse.query(storedHours, { namespace });
    expect(hours.reduce((sum, { events }) => sum + Number(events), 0)).toBe(12);
  });

  it('of processes that start together run once', async () => {
    const ledger = await names(stores.postgres);
    let running = 0;
    let together = 0;
    const also = async () => {
      together = Math.max(together, ++running);
      await new Promise(setImmediate);
      running--;
    };
    await Promise.all(
      Array.from({ length: 4 }, () => migratePostgres(stores.postgresUrl, POOL, POSTGRES_MIGRATIONS, also)),
    );
    expect(together).toBe(1);
    expect(await names(stores.postgres)).toEqual(ledger);
  });

  const names = (postgres: DataSource) =>
    postgres.query<unknown[]>(`SELECT id, name FROM schema_migrations ORDER BY id`);
});

// Last, for with hundreds of partitions every repair takes seconds.
describe('a history of decades', () => {
  it('writes batches over many months at once', async () => {
    const events = Array.from({ length: 300 }, (_, i) => row(`m${i}`, { time: Date.UTC(1980, i, 1, 5) }));
    expect(count(await store.write(namespace, events))).toBe(300);
    await expectExactly(events);
  });
});
