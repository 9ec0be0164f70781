import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { Logger } from '@nestjs/common';
import { latLngToCell } from 'h3-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessMigrations } from '#access';
import { jobsMigrations } from '#jobs';
import { AppError, ClickHouse, defineQuery } from '#platform';
import { openTestStores, startClickHouseHttp, type TestClickHouse, type TestStores } from '#testing';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import type { EventRow } from './event-row.js';
import { EventStore } from './event-store.js';

/** The real client over a real wire to a server that can be killed and frozen. */
let server: TestClickHouse;
let stores: TestStores;
let store: EventStore;
let made = 0;
let namespace: string;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startClickHouseHttp();
  stores = await openTestStores({
    postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    clickhouseMigrations: riskClickHouseMigrations,
    clickhouseUrl: server.url,
  });
  store = new EventStore(stores.postgres, stores.clickhouse, { DATABASE_POOL: 8 });
});
afterAll(async () => {
  await stores.close();
  await server.stop();
});
beforeEach(async () => {
  namespace = `n${made++}`;
  await stores.postgres.query(
    `INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
     VALUES ($1, $1, 7, 'UTC', '{}', 'amount')`,
    [namespace],
  );
});
afterEach(() => server.faults({}));

const rows = (n: number, prefix = 'e'): EventRow[] =>
  Array.from({ length: n }, (_, i) => {
    const lat = 43 + (i % 100) / 100;
    return {
      eventId: `${prefix}${i}`,
      time: Date.UTC(2024, 0, 1) + i * 60_000,
      lat,
      lon: -79,
      cell: latLngToCell(lat, -79, 7),
      eventType: 'fire',
      amount: 1,
      entityId: '',
      attrs: '{}',
    };
  });
const count = (isNew: boolean[]) => isNew.filter(Boolean).length;

const totals = defineQuery<
  { namespace: string },
  { events: number; ids: number; keys: number; hours: number; sums: number }
>(
  'test.totals',
  `SELECT toUInt32(count()) AS events, toUInt32(uniqExact(event_id)) AS ids,
          (SELECT toUInt32(uniqExact(event_id)) FROM event_keys WHERE namespace_id = {namespace:String}) AS keys,
          (SELECT toUInt32(sum(events)) FROM cell_hours WHERE namespace_id = {namespace:String}) AS hours,
          (SELECT toUInt32(sum(amount)) FROM cell_hours WHERE namespace_id = {namespace:String}) AS sums
   FROM events WHERE namespace_id = {namespace:String}`,
);
async function expectEach(n: number, clickhouse = stores.clickhouse): Promise<void> {
  const [row] = await clickhouse.query(totals, { namespace });
  expect(row).toEqual({ events: n, ids: n, keys: n, hours: n, sums: n });
}

describe('over the wire', () => {
  it('keeps a batch of 20,000 ids once, which are too many for an address', async () => {
    const batch = rows(20_000);
    expect(count(await store.write(namespace, batch))).toBe(20_000);
    expect(count(await store.write(namespace, [...batch, ...rows(5, 'more')]))).toBe(5);
    await expectEach(20_005);
  });

  it('keeps a batch once whose answer was lost', async () => {
    const batch = rows(300);
    await store.write(namespace, rows(1, 'first'));
    // The look-up goes through, the insert is done, and its answer is cut off.
    const cutAfter = await relay(server.port, (request) => request.includes('INSERT'));
    const shaky = new ClickHouse(
      { clickhouse: { url: `http://127.0.0.1:${cutAfter.port}` } },
      { CLICKHOUSE_READ_CONNECTIONS: 2, CLICKHOUSE_QUERY_TIMEOUT_MS: 5_000 },
    );
    try {
      const broken = new EventStore(stores.postgres, shaky, { DATABASE_POOL: 8 });
      await expect(broken.write(namespace, batch)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(cutAfter.cuts()).toBe(1);
    } finally {
      await shaky.onApplicationShutdown();
      await cutAfter.close();
    }
    expect(count(await store.write(namespace, batch))).toBe(0);
    await expectEach(301);
  });

  it('keeps a batch once when the server is killed in the middle of the insert', async () => {
    const before = rows(200, 'before');
    await store.write(namespace, before);
    const batch = rows(5_000, 'batch');
    // Killed as the insert's body passes: before, within or after the write, whichever comes.
    const killer = await relay(
      server.port,
      () => false,
      (request) => {
        if (request.includes('INSERT')) void server.kill();
      },
    );
    const shaky = new ClickHouse(
      { clickhouse: { url: `http://127.0.0.1:${killer.port}` } },
      { CLICKHOUSE_READ_CONNECTIONS: 2, CLICKHOUSE_QUERY_TIMEOUT_MS: 5_000 },
    );
    try {
      const broken = new EventStore(stores.postgres, shaky, { DATABASE_POOL: 8 });
      await expect(broken.write(namespace, batch)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    } finally {
      await shaky.onApplicationShutdown();
      await killer.close();
    }
    await expect(store.write(namespace, batch)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await server.start();
    await store.write(namespace, batch);
    expect(count(await store.write(namespace, [...before, ...batch]))).toBe(0);
    await expectEach(5_200);
  });

  it('waits for a frozen server as long as the insert may take, and keeps the batch once', async () => {
    const batch = rows(500);
    await store.write(namespace, rows(1, 'first'));
    let frozen: Promise<unknown> | undefined;
    const freezer = await relay(
      server.port,
      () => false,
      (request) => {
        if (!request.includes('INSERT') || frozen) return;
        server.freeze();
        frozen = new Promise((done) => setTimeout(done, 300)).then(() => server.thaw());
      },
    );
    const shaky = new ClickHouse(
      { clickhouse: { url: `http://127.0.0.1:${freezer.port}` } },
      { CLICKHOUSE_READ_CONNECTIONS: 2, CLICKHOUSE_QUERY_TIMEOUT_MS: 5_000 },
    );
    try {
      const cold = new EventStore(stores.postgres, shaky, { DATABASE_POOL: 8 });
      expect(count(await cold.write(namespace, batch))).toBe(500);
      expect(frozen).toBeDefined();
      await frozen;
    } finally {
      await shaky.onApplicationShutdown();
      await freezer.close();
    }
    expect(count(await store.write(namespace, batch))).toBe(0);
    await expectEach(501);
  });

  it('adds nothing of an insert that its sender gave up and the server takes up after all was sent again', async () => {
    // Over many months, which are partitions of their own, and with one of the ids already there.
    const batch = rows(3_000).map((row, i) => ({ ...row, time: Date.UTC(2023, i % 30, 7) }));
    await store.write(namespace, batch.slice(0, 1));
    const late = await holder(server.port);
    const shaky = new ClickHouse(
      { clickhouse: { url: `http://127.0.0.1:${late.port}` } },
      { CLICKHOUSE_READ_CONNECTIONS: 2, CLICKHOUSE_QUERY_TIMEOUT_MS: 5_000 },
    );
    try {
      const gaveUp = new AbortController();
      const broken = new EventStore(stores.postgres, shaky, { DATABASE_POOL: 8 });
      const written = broken.write(namespace, batch, gaveUp.signal);
      await late.held;
      gaveUp.abort(new AppError('UNAVAILABLE', 'It does not answer'));
      await expect(written).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(count(await store.write(namespace, batch))).toBe(2_999);
      // As a server that was frozen does with what lies in its sockets when it goes on.
      expect(await late.release()).toMatch(/^HTTP\/1.1 200/);
      await expectEach(3_000);
      expect(count(await store.write(namespace, [...batch, ...rows(10, 'more')]))).toBe(10);
      await expectEach(3_010);
    } finally {
      await shaky.onApplicationShutdown();
      await late.close();
    }
  });

  it('says that an overloaded or failing server is so, and the batch can be sent again', async () => {
    await server.faults({ failNext: { count: 1, code: 202, type: 'TOO_MANY_SIMULTANEOUS_QUERIES' } });
    await expect(store.write(namespace, rows(10))).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 });
    await server.faults({ failNext: { count: 1, code: 243, type: 'NOT_ENOUGH_SPACE' } });
    await expect(store.write(namespace, rows(10))).rejects.toMatchObject({ code: 'STORAGE_FULL', status: 507 });
    expect(count(await store.write(namespace, rows(10)))).toBe(10);
    await expectEach(10);
  });
});

describe('an insert', () => {
  it('is stopped by its id, and waited for until it has ended', async () => {
    const { clickhouse } = stores;
    const id = randomUUID();
    const long = createClient({ url: server.url, log: { level: ClickHouseLogLevel.OFF } });
    try {
      // 30 s of rows, which go nowhere but count as an insert under way.
      const query = `INSERT INTO FUNCTION null('n UInt64') SELECT sleepEachRow(0.1) FROM numbers(300) SETTINGS max_block_size = 1`;
      const ended = long.command({ query, query_id: id }).then(
        () => 'done',
        () => 'stopped',
      );
      const running = defineQuery<{ id: string }, { n: number }>(
        'test.running',
        `SELECT toUInt32(count()) AS n FROM system.processes WHERE query_id = {id:String}`,
      );
      await vi.waitFor(async () => expect(await clickhouse.query(running, { id })).toEqual([{ n: 1 }]), 10_000);
      await clickhouse.endInsert(id);
      expect(await clickhouse.query(running, { id })).toEqual([{ n: 0 }]);
      expect(await ended).toBe('stopped');
      // Of one that is not there nothing is to be done.
      await clickhouse.endInsert(randomUUID());
    } finally {
      await long.close();
    }
  });
});

describe('the client', () => {
  const impatient = () =>
    new ClickHouse(
      { clickhouse: { url: server.url } },
      { CLICKHOUSE_READ_CONNECTIONS: 2, CLICKHOUSE_QUERY_TIMEOUT_MS: 200 },
    );
  const one = defineQuery<Record<string, never>, { n: number }>('test.one', 'SELECT 1 AS n');

  it('gives a frozen server up when its time is over, on every way to it, and comes back', async () => {
    const clickhouse = impatient();
    try {
      expect(await clickhouse.query(one, {})).toEqual([{ n: 1 }]);
      server.freeze();
      const start = performance.now();
      const answers = await Promise.allSettled([
        clickhouse.query(one, {}),
        clickhouse.text(one, {}, 'CSVWithNames'),
        // More than there are lanes: those in line are not forgotten.
        clickhouse.query(one, {}),
        clickhouse.query(one, {}),
      ]);
      for (const answer of answers)
        expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
      expect(performance.now() - start).toBeLessThan(6_000);
    } finally {
      server.thaw();
    }
    expect(await clickhouse.query(one, {})).toEqual([{ n: 1 }]);
    expect(await clickhouse.ping()).toBeLessThan(1_000);
    await clickhouse.onApplicationShutdown();
  });

  it('stops asking a server that is away, and asks again after a while', async () => {
    const clickhouse = impatient();
    await server.kill();
    try {
      for (let i = 0; i < 12; i++)
        await expect(clickhouse.query(one, {})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(clickhouse.breakers).toMatchObject({ 'clickhouse-read': 'open', 'clickhouse-write': 'closed' });
      await expect(clickhouse.ping()).rejects.toThrow();
    } finally {
      await server.start();
    }
    // A sign of life goes past the breaker.
    expect(await clickhouse.ping()).toBeLessThan(5_000);
    await clickhouse.onApplicationShutdown();
  });

  it('tells a query that takes too long from one that is wrong, and neither opens the breaker', async () => {
    const clickhouse = impatient();
    const slow = defineQuery<Record<string, never>, unknown>(
      'test.slow',
      'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1',
    );
    const wrong = defineQuery<Record<string, never>, unknown>('test.wrong', 'SELECT secret_column FROM events');
    await expect(clickhouse.query(slow, {})).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    for (let i = 0; i < 12; i++)
      await expect(clickhouse.query(wrong, {})).rejects.toMatchObject({
        code: 'INTERNAL',
        message: 'The query test.wrong failed',
      });
    expect(clickhouse.breakers['clickhouse-read']).toBe('closed');
    await clickhouse.onApplicationShutdown();
  });
});

/** Passes requests on to a port but for one insert, which it keeps whole and hands over when it is told to. */
async function holder(port: number) {
  const held = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const insert: Buffer[] = [];
  const front = createServer((client) => {
    const back = connect(port, '127.0.0.1');
    for (const socket of [client, back]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (client.destroy(), back.destroy()));
    }
    let kept = false;
    client.on('data', (chunk) => {
      kept ||= insert.length === 0 && chunk.toString('latin1').includes('INSERT');
      if (!kept) back.write(chunk);
      else {
        insert.push(chunk);
        // The last chunk of a body without a length.
        if (Buffer.concat(insert.slice(-2)).toString('latin1').endsWith('0\r\n\r\n')) held.resolve();
      }
    });
    back.on('data', (chunk) => client.write(chunk));
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    held: held.promise,
    /** @returns the server's answer */
    async release(): Promise<string> {
      const socket = connect(port, '127.0.0.1');
      socket.write(Buffer.concat(insert));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return answer.toString('latin1');
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      front.close();
      await once(front, 'close');
    },
  };
}

/** Passes requests on to a port; the answer of one that `cut` chooses is cut off when it begins to come. */
async function relay(
  port: number,
  cut: (request: string) => boolean,
  seen: (request: string) => void = () => undefined,
) {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const front = createServer((client) => {
    const back = connect(port, '127.0.0.1');
    let chosen = false;
    for (const socket of [client, back]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (client.destroy(), back.destroy()));
    }
    client.on('data', (chunk) => {
      const request = chunk.toString('latin1');
      seen(request);
      chosen ||= cut(request);
      back.write(chunk);
    });
    back.on('data', (chunk) => {
      if (!chosen) client.write(chunk);
      else {
        cuts++;
        client.destroy();
      }
    });
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cuts: () => cuts,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      front.close();
      await once(front, 'close');
    },
  };
}
