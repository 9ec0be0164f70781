import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { latLngToCell } from 'h3-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessMigrations } from '#access';
import { jobsMigrations } from '#jobs';
import { ClickHouse, defineQuery, Postgres } from '#platform';
import { openTestStores, startClickHouseHttp, type TestClickHouse, type TestStores } from '#testing';
import { riskClickHouseMigrations } from '../../migrations/clickhouse.js';
import { riskMigrations } from '../../migrations/index.js';
import type { EventRow } from '../event-row.js';
import { EventStore } from '../event-store.js';
import type { IngestSignal } from '../ingest-signal.js';
import { EventKeeper } from './event-keeper.js';
import { IngestSpool } from './ingest-spool.js';
import { ParkedBatches } from './parked-batches.js';
import { SpoolDrain } from './spool-drain.js';
import { StoreWatch } from './store-watch.js';

/** PostgreSQL, and ClickHouse as a server that can be killed and frozen. */
let server: TestClickHouse;
let stores: TestStores;
let namespace: string;
let made = 0;
let signalled: string[] = [];
const signal: Pick<IngestSignal, 'ingested'> = { ingested: (_id, types) => void signalled.push(...types) };

/** What one process has of it. */
async function newProcess(maxMb = 64) {
  const postgres = await stores.connect();
  const store = new EventStore(postgres, stores.clickhouse, { DATABASE_POOL: 8 });
  const spool = new IngestSpool(postgres, { INGEST_SPOOL_MAX_MB: maxMb });
  const watch = new StoreWatch(stores.clickhouse);
  const keeper = new EventKeeper(store, spool, watch, signal as IngestSignal);
  const drain = new SpoolDrain(store, spool, watch, signal as IngestSignal);
  return { store, spool, watch, keeper, drain, parked: new ParkedBatches(new Postgres(postgres)) };
}
type Process = Awaited<ReturnType<typeof newProcess>>;
let one: Process;
let other: Process;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startClickHouseHttp();
  stores = await openTestStores({
    postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    clickhouseMigrations: riskClickHouseMigrations,
    clickhouseUrl: server.url,
  });
});
afterAll(async () => {
  await stores.close();
  await server.stop();
});
beforeEach(async () => {
  namespace = `n${made++}`;
  signalled = [];
  await stores.postgres.query(
    `INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
     VALUES ($1, $1, 7, 'UTC', '{}', 'amount')`,
    [namespace],
  );
  [one, other] = [await newProcess(), await newProcess()];
});
afterEach(async () => {
  vi.restoreAllMocks();
  one.watch.onApplicationShutdown();
  other.watch.onApplicationShutdown();
  await server.faults({});
});

const row = (eventId: string, changes: Partial<EventRow> = {}): EventRow => ({
  eventId,
  time: Date.UTC(2026, 0, 1),
  lat: 43.6,
  lon: -79.4,
  cell: latLngToCell(43.6, -79.4, 7),
  eventType: 'fire',
  amount: 1,
  entityId: 'e',
  attrs: '{}',
  ...changes,
});
const rows = (n: number, prefix = 'r') => Array.from({ length: n }, (_, i) => row(`${prefix}${i}`));
const add = (batch: EventRow[], to = one) => to.spool.add(namespace, batch, { onlyBehind: false });
/** Rounds until nothing is left, as the loop of a process does them. */
async function drained(by = one): Promise<number> {
  let rounds = 0;
  await vi.waitFor(async () => {
    while (await by.drain.drain(namespace)) rounds++;
    expect((await by.spool.depths()).map(({ namespaceId }) => namespaceId)).not.toContain(namespace);
  }, 20_000);
  return rounds;
}

interface Stored extends Record<string, unknown> {
  event_id: string;
  seq: number;
}
const stored = defineQuery<{ namespace: string }, Stored>(
  'test.stored',
  `SELECT event_id, toUInt32(ingest_seq) AS seq FROM events WHERE namespace_id = {namespace:String} ORDER BY seq, event_id`,
);
const idsOf = async () =>
  (await stores.clickhouse.query(stored, { namespace })).map(({ event_id }) => event_id).toSorted();
const totals = defineQuery<{ namespace: string }, { events: number; keys: number; hours: number }>(
  'test.totals',
  `SELECT toUInt32(count()) AS events,
          (SELECT toUInt32(uniqExact(event_id)) FROM event_keys WHERE namespace_id = {namespace:String}) AS keys,
          (SELECT toUInt32(sum(events)) FROM cell_hours WHERE namespace_id = {namespace:String}) AS hours
   FROM events WHERE namespace_id = {namespace:String}`,
);
async function expectEach(n: number): Promise<void> {
  expect(await stores.clickhouse.query(totals, { namespace })).toEqual([{ events: n, keys: n, hours: n }]);
}
const tally = async () => {
  const [found] = await stores.postgres.query<{ batches: number; rows: number; bytes: number }[]>(
    `SELECT batches, rows::int, bytes::int FROM ingest_spools WHERE namespace_id = $1`,
    [namespace],
  );
  const [sums] = await stores.postgres.query<{ batches: number; rows: number; bytes: number }[]>(
    `SELECT count(*)::int AS batches, coalesce(sum(rows), 0)::int AS rows, coalesce(sum(bytes), 0)::int AS bytes
     FROM ingest_spool WHERE namespace_id = $1`,
    [namespace],
  );
  expect(found).toEqual(sums);
  return found;
};

describe('the spool', () => {
  it('keeps what is put in by many at once, and counts it', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => add(rows(5, `b${i}-`), i % 2 === 0 ? one : other)));
    expect(await tally()).toMatchObject({ batches: 40, rows: 200 });
    const [depth] = (await one.spool.depths()).filter(({ namespaceId }) => namespaceId === namespace);
    expect(depth).toMatchObject({ batches: 40, rows: 200 });
    expect(Date.now() - (depth?.oldest.getTime() ?? 0)).toBeLessThan(20_000);
    await drained();
    expect(await tally()).toMatchObject({ batches: 0, rows: 0, bytes: 0 });
    await expectEach(200);
  });

  it('takes nothing behind nothing', async () => {
    expect(await one.spool.add(namespace, rows(1), { onlyBehind: true })).toBe(false);
    await add(rows(1));
    expect(await one.spool.add(namespace, rows(1, 'b'), { onlyBehind: true })).toBe(true);
    await drained();
    expect(await one.spool.add(namespace, rows(1, 'c'), { onlyBehind: true })).toBe(false);
    await expectEach(2);
  });

  it('has a bound, of which a namespace may take half; what it holds is kept, and there is room after a drain', async () => {
    const small = await newProcess(1);
    // Nothing to be compressed: 100 KB and more a batch.
    const noise = (i: number) =>
      Array.from({ length: 40 }, (_, j) =>
        row(`n${i}-${j}`, { attrs: JSON.stringify({ a: Array.from({ length: 120 }, () => randomUUID()).join('') }) }),
      );
    let batches = 0;
    const fill = async () => {
      for (; ; batches++) await add(noise(batches), small);
    };
    await expect(fill()).rejects.toMatchObject({
      code: 'INGEST_SPOOL_FULL',
      status: 503,
      headers: { 'Retry-After': '30' },
    });
    expect(batches).toBeGreaterThan(2);
    const held = await tally();
    expect(held?.bytes).toBeLessThanOrEqual(512 * 1024);
    expect(held?.batches).toBe(batches);
    await drained();
    await add(rows(1, 'after'), small);
    await drained();
    await expectEach(batches * 40 + 1);
  });
});

describe('a drain', () => {
  it('writes many small batches at once, in their order, each id once', async () => {
    await one.store.write(namespace, rows(1, 'b0-'));
    for (let i = 0; i < 30; i++) await add(rows(3, `b${i}-`));
    await add(rows(3, 'b7-'));
    expect(await drained()).toBe(1);
    await expectEach(90);
    expect(signalled).toContain('fire');
  });

  it('keeps the order over rounds', async () => {
    for (let i = 0; i < 4; i++) await add(rows(11_000, `b${i}-`));
    expect(await drained()).toBeGreaterThan(1);
    const found = await stores.clickhouse.query(stored, { namespace });
    const last = Math.max(...found.filter(({ event_id }) => event_id.startsWith('b0-')).map(({ seq }) => seq));
    const first = Math.min(...found.filter(({ event_id }) => event_id.startsWith('b3-')).map(({ seq }) => seq));
    expect(first).toBeGreaterThan(last);
    await expectEach(44_000);
  });

  it('is one of a namespace at a time', async () => {
    for (let i = 0; i < 10; i++) await add(rows(10, `b${i}-`));
    await Promise.all([drained(one), drained(other), drained(one), drained(other)]);
    expect(await tally()).toMatchObject({ batches: 0 });
    await expectEach(100);
  });

  it('that was written and died before its batches were taken out does no harm', async () => {
    await add(rows(50));
    vi.spyOn(one.spool, 'remove').mockRejectedValueOnce(new Error('killed'));
    expect(await one.drain.drain(namespace)).toBe(false);
    expect(await tally()).toMatchObject({ batches: 1 });
    await drained(other);
    await expectEach(50);
  });

  it('loses nothing to a store that is frozen in its middle, and goes on when that is back', async () => {
    await add(rows(500));
    const insert = stores.clickhouse.insert.bind(stores.clickhouse);
    vi.spyOn(stores.clickhouse, 'insert').mockImplementationOnce((...args) => {
      server.freeze();
      return insert(...args);
    });
    try {
      expect(await one.drain.drain(namespace)).toBe(false);
      expect(one.watch.away).toBe(true);
      expect(await tally()).toMatchObject({ batches: 1, rows: 500 });
      // Another process finds out for itself.
      expect(await other.drain.drain(namespace)).toBe(false);
      expect(other.watch.away).toBe(true);
    } finally {
      server.thaw();
    }
    await vi.waitFor(() => expect([one.watch.away, other.watch.away]).toEqual([false, false]), 10_000);
    await Promise.all([drained(one), drained(other)]);
    await expectEach(500);
  });
});

describe('a stream without a pause', () => {
  it('leaves the spool again, and nothing of it overtakes', async () => {
    await add(rows(5_000, 'old'));
    let going = true;
    const buffered: boolean[] = [];
    const send = async (entity: string, process: Process) => {
      for (let i = 0; going; i++) {
        const kept = await process.keeper.keep(namespace, [row(`${entity}-${i}`, { entityId: entity })], Infinity);
        buffered.push(kept.buffered);
      }
    };
    const senders = [send('a', one), send('b', one), send('c', other), send('d', other)];
    await vi.waitFor(() => expect(buffered).toContain(true), 5_000);
    one.drain.onApplicationBootstrap();
    try {
      await vi.waitFor(() => expect(buffered.slice(-8)).toEqual(Array.from({ length: 8 }, () => false)), 20_000);
    } finally {
      going = false;
      await Promise.all(senders);
      await one.drain.beforeApplicationShutdown();
    }
    await expectEach(5_000 + buffered.length);
    const seqs = new Map<string, number>();
    for (const { event_id, seq } of await stores.clickhouse.query(stored, { namespace })) seqs.set(event_id, seq);
    for (const entity of ['a', 'b', 'c', 'd'])
      for (let i = 1; seqs.has(`${entity}-${i}`); i++)
        expect(seqs.get(`${entity}-${i}`), `${entity}-${i}`).toBeGreaterThanOrEqual(
          seqs.get(`${entity}-${i - 1}`) ?? 0,
        );
  });
});

describe('what ClickHouse refuses', () => {
  it('is found among what is beside it and set aside, and the rest goes on in its order', async () => {
    const refuses = refusing(/^poison/);
    vi.spyOn(stores.clickhouse, 'insert').mockImplementation(refuses);
    await add(rows(10, 'before'));
    await add([...rows(20, 'beside'), row('poison-1'), ...rows(11, 'beyond')]);
    await add([row('poison-2')]);
    await add(rows(10, 'after'));
    await drained();
    expect(await idsOf()).toEqual(
      [...rows(10, 'before'), ...rows(20, 'beside'), ...rows(11, 'beyond'), ...rows(10, 'after')]
        .map(({ eventId }) => eventId)
        .toSorted(),
    );
    await expectEach(51);
    expect(await one.parked.state(namespace)).toMatchObject({
      waiting: { batches: 0, rows: 0, bytes: 0, oldest_at: null },
      parked: { batches: 2, rows: 2, last_error: expect.stringContaining('Cannot read DateTime') as unknown },
    });
    // Once the cause is mended they are tried again.
    vi.restoreAllMocks();
    expect(await one.parked.retry(namespace)).toEqual({ batches: 2, rows: 2 });
    await drained();
    expect(await idsOf()).toContain('poison-1');
    await expectEach(53);
    expect(await one.parked.retry(namespace)).toEqual({ batches: 0, rows: 0 });
  });

  it('is told from a store that is away, which costs a batch nothing', async () => {
    await add(rows(3));
    await server.faults({ failNext: { count: 3, code: 202, type: 'TOO_MANY_SIMULTANEOUS_QUERIES' } });
    for (let i = 0; i < 3; i++) expect(await one.drain.drain(namespace)).toBe(false);
    const refusals = await stores.postgres.query<{ refusals: number }[]>(
      `SELECT refusals FROM ingest_spool WHERE namespace_id = $1`,
      [namespace],
    );
    expect(refusals).toEqual([{ refusals: 0 }]);
    await drained();
    await expectEach(3);
  });

  it('or what cannot be read any more does not hold up the rest', async () => {
    await add(rows(3));
    await add(rows(3, 'next'));
    await stores.postgres.query(
      `UPDATE ingest_spool SET payload = 'damaged' WHERE namespace_id = $1
       AND position = (SELECT min(position) FROM ingest_spool WHERE namespace_id = $1)`,
      [namespace],
    );
    await drained();
    expect(await idsOf()).toEqual(['next0', 'next1', 'next2']);
    expect(await one.parked.state(namespace)).toMatchObject({ parked: { batches: 1, rows: 3 } });
  });

  /** The insert as it is, but for rows of such ids: ClickHouse answers that it does not take them. */
  function refusing(ids: RegExp): ClickHouse['insert'] {
    const insert = stores.clickhouse.insert.bind(stores.clickhouse);
    return async (table, columns, values, ...rest) => {
      if (!values.some((fields) => ids.test(String(fields[4])))) return insert(table, columns, values, ...rest);
      const broken = values.map((fields) => fields.with(3, 'refused'));
      return insert(table, columns, broken, ...rest);
    };
  }
});
