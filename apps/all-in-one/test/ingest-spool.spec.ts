import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client as PostgresClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventTypeSummary, IngestAnswer, SpoolState } from '#contracts';
import {
  Child,
  startClickHouseHttp,
  startPostgres,
  startServer,
  type TestClickHouse,
  type TestPostgres,
  type TestServer,
} from '#testing';
import { faultsOf, IngestLoad, type LoadShape } from './ingest-load.js';
import { ADMIN, Client, ENV, expectProblem, until } from './platform.js';

/** `npm run chaos:ingest` runs the full measure; every other run a small one. */
const FULL = (import.meta as ImportMeta & { env: { MODE: string } }).env.MODE === 'chaos';
const FREEZE: LoadShape & { frozenMs: number } = FULL
  ? { senders: 40, eventsPerRequest: 10, eventsPerSecond: 2_000, frozenMs: 60_000 }
  : { senders: 20, eventsPerRequest: 5, eventsPerSecond: 500, frozenMs: 8_000 };
const KILLS: LoadShape = { senders: 12, eventsPerRequest: 5, eventsPerSecond: 300 };
/** By then it is known that the store is away, and nobody waits to find it out. */
const FOUND_OUT_MS = 3_500;

const WORKER = fileURLToPath(new URL('../../../dist/apps/worker/main.js', import.meta.url));

let folder: string;
let postgres: TestPostgres;
let clickhouse: TestClickHouse;
let env: Record<string, string>;
let api: TestServer;
let worker: Child;
/** Beside the platform's connections; it comes back by itself when PostgreSQL was killed. */
async function sql<Row>(text: string): Promise<Row[]> {
  const client = new PostgresClient({ connectionString: postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as Row[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

const startWorker = () =>
  new Child({
    command: process.execPath,
    args: [WORKER],
    env: { ...env, PATH: '/usr/bin:/bin', DATA_DIR: folder, UV_THREADPOOL_SIZE: '16' },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strisk-spool-'));
  // What it has acknowledged must be there after it was killed.
  [postgres, clickhouse] = await Promise.all([
    startPostgres({ settings: ['synchronous_commit=on'] }),
    startClickHouseHttp(),
  ]);
  env = { ...ENV, LOG_LEVEL: 'warn', DATABASE_URL: postgres.url, CLICKHOUSE_URL: clickhouse.url };
  api = await startServer('apps/api/main', env);
  worker = startWorker();
});
afterAll(async () => {
  clickhouse.thaw();
  await Promise.all([worker.stop(40_000), api.stop()]);
  await Promise.all([clickhouse.stop(), postgres.stop()]);
  await rm(folder, { recursive: true, force: true });
});

async function namespaceOf(name: string): Promise<Client> {
  await new Client(api).json('POST', '/namespaces', { namespace_id: name, h3_resolution: 7, time_zone: 'UTC' }, 201);
  return new Client(api, ADMIN, name);
}

/** The rows as they lie in ClickHouse, asked past the platform. */
async function storedOf(namespace: string): Promise<{ event_id: string; seq: number }[]> {
  const query = `SELECT event_id, toUInt32(ingest_seq) AS seq FROM events WHERE namespace_id = '${namespace}' FORMAT JSONEachRow`;
  const response = await fetch(clickhouse.url, { method: 'POST', body: query });
  const lines = (await response.text()).trimEnd().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as { event_id: string; seq: number });
}

/** All that was acknowledged is there once, in order, in events and counts; and events go the direct way again. */
async function expectAllOf(load: IngestLoad, client: Client): Promise<void> {
  await until('the spool is empty', 120_000, async () =>
    (await client.get<SpoolState>('/events/spool')).waiting.batches === 0 ? true : undefined,
  );
  const ids = load.eventIds;
  expect(new Set(ids).size).toBe(ids.length);
  const stored = await storedOf(client.namespace ?? '');
  expect(faultsOf(ids, stored)).toEqual({ missing: [], doubled: [], overtaken: [] });
  const { data } = await client.get<{ data: EventTypeSummary[] }>('/event-types');
  expect(data.map(({ events }) => events)).toEqual([stored.length]);
  expect((await client.get<SpoolState>('/events/spool')).parked.batches).toBe(0);
  expect(await until('a direct answer', 10_000, () => direct(client))).toBe(true);
}

async function direct(client: Client): Promise<true | undefined> {
  const event = {
    event_id: randomUUID(),
    timestamp: new Date().toISOString(),
    lat: 43.6,
    lon: -79.4,
    event_type: 'fire',
  };
  const answer = await client.ask('POST', '/events', { json: { events: [event] } });
  const { buffered } = JSON.parse(answer.text) as IngestAnswer;
  expect(answer.status).toBe(buffered ? 202 : 201);
  return buffered ? undefined : true;
}

const metric = async (name: string) => {
  const { text } = await new Client(api).ask('GET', '//metrics');
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
};

describe('while ClickHouse is frozen', () => {
  it(
    `for ${FREEZE.frozenMs / 1000} s under ${FREEZE.eventsPerSecond} events a second nothing is refused, lost, doubled or overtaken`,
    async () => {
      const client = await namespaceOf('frozen');
      await direct(client);
      const load = new IngestLoad([client], FREEZE);
      await until('events in the store', 20_000, () => Promise.resolve(load.acknowledged.length > 50 || undefined));
      const frozenAt = performance.now();
      clickhouse.freeze();
      await delay(FREEZE.frozenMs);
      const depth = await client.get<SpoolState>('/events/spool');
      expect(await metric('strisk_ingest_store_away')).toBe(1);
      expect(await metric('strisk_ingest_spool_rows')).toBeGreaterThan(0);
      expect(await metric('strisk_ingest_spool_oldest_seconds')).toBeGreaterThan(FREEZE.frozenMs / 2000);
      const thawedAt = performance.now();
      clickhouse.thaw();
      // While the load goes on: it has to find back to the direct way, too.
      await until('direct answers under load', 60_000, () =>
        Promise.resolve(load.acknowledged.slice(-FREEZE.senders).every(({ buffered }) => !buffered) || undefined),
      );
      const directAt = performance.now();
      await load.stop();
      await expectAllOf(load, client);
      const drainedAt = performance.now();

      expect([...load.refusals]).toEqual([]);
      const before = load.p99(0, frozenAt);
      const finding = load.p99(frozenAt, frozenAt + FOUND_OUT_MS);
      const frozen = load.p99(frozenAt + FOUND_OUT_MS, thawedAt);
      const draining = load.p99(thawedAt, directAt);
      const figures = {
        events: load.eventIds.length,
        in_spool_at_thaw: depth.waiting.rows,
        bytes_per_event: Math.round(depth.waiting.bytes / Math.max(1, depth.waiting.rows)),
        p99_before_ms: Math.round(before),
        p99_finding_out_ms: Math.round(finding),
        p99_frozen_ms: Math.round(frozen),
        p99_draining_ms: Math.round(draining),
        direct_again_s: Math.round((directAt - thawedAt) / 100) / 10,
        all_written_s: Math.round((drainedAt - thawedAt) / 100) / 10,
      };
      if (FULL) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
      const buffered = load.acknowledged.filter((one) => one.buffered).flatMap(({ eventIds }) => eventIds);
      expect(buffered.length).toBeGreaterThan((FREEZE.eventsPerSecond * FREEZE.frozenMs) / 1000 / 2);
      // Below the time that any one of them would have waited for the store.
      expect(finding).toBeLessThan(5_000);
      expect(frozen).toBeLessThan(1_000);
    },
    FREEZE.frozenMs + 240_000,
  );

  it('a bulk stream is taken too, and says so', async () => {
    const client = await namespaceOf('bulk-frozen');
    const lines = Array.from({ length: 1_000 }, (_, i) =>
      JSON.stringify({
        event_id: `s0-${i % 900}`,
        timestamp: new Date().toISOString(),
        lat: 43.6,
        lon: -79.4,
        event_type: 'fire',
      }),
    );
    clickhouse.freeze();
    try {
      const answer = await client.ask('POST', '/events/bulk', {
        body: `${lines.join('\n')}\nnot json\n`,
        headers: { 'content-type': 'application/x-ndjson' },
      });
      expect(answer.status, answer.text).toBe(202);
      // The repeats within the stream are known, those in the store are not.
      expect(JSON.parse(answer.text)).toMatchObject({
        accepted: 900,
        duplicates: 100,
        rejected_total: 1,
        buffered: true,
      });
    } finally {
      clickhouse.thaw();
    }
    await until('all of them', 30_000, async () => ((await storedOf('bulk-frozen')).length === 900 ? true : undefined));
  });
});

describe('whatever is killed while events wait or are written', () => {
  /** Waits until a batch is on its way into ClickHouse: the time to die in. */
  const underWay = () =>
    until('a batch under way', 60_000, async () =>
      (await sql(`SELECT 1 FROM ingest_batches`)).length > 0 ? true : undefined,
    );

  it('nothing that was acknowledged is lost, doubled or overtaken', async () => {
    const client = await namespaceOf('killed');
    await direct(client);
    const load = new IngestLoad([client], KILLS);
    const acknowledged = (more: number, buffered?: boolean) => {
      const of = () => load.acknowledged.filter((one) => buffered === undefined || one.buffered === buffered).length;
      const goal = of() + more;
      return until(`${more} more answers`, 60_000, () => Promise.resolve(of() >= goal || undefined));
    };
    const restart = async () => {
      api = await startServer('apps/api/main', env, { port: api.port, dataDir: api.dataDir, readyWithinMs: 60_000 });
    };
    try {
      await acknowledged(50, false);
      // The store in the middle of what it was writing, and then the API in the middle of what it was spooling.
      await clickhouse.kill();
      await acknowledged(100, true);
      await api.kill();
      await restart();
      await acknowledged(100, true);

      // The drain takes several rounds, and everything that drains is killed in the middle of one.
      await clickhouse.start();
      await clickhouse.faults({ delayMs: 150 });
      await underWay();
      await Promise.all([api.kill(), worker.kill()]);
      worker = startWorker();
      await restart();

      // PostgreSQL: one of its processes is killed, and it throws everybody out and recovers from its log.
      await underWay();
      const [backend] = await sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'strisk' LIMIT 1`,
      );
      process.kill(backend?.pid ?? 0, 'SIGKILL');
      // Buffered or not: by then the spool may be drained.
      await acknowledged(50);
      await clickhouse.faults({});
      await acknowledged(100, false);
    } finally {
      await clickhouse.faults({}).catch(() => undefined);
      await load.stop();
    }
    await expectAllOf(load, client);
    expect((await sql(`SELECT 1 FROM ingest_batches`)).length).toBe(0);
  });
});

describe('a spool that is full', () => {
  it('turns events away with 503 and Retry-After, and takes them again when it was drained', async () => {
    const small = await startServer('apps/api/main', { ...env, INGEST_SPOOL_MAX_MB: '1' });
    try {
      const client = new Client(small, ADMIN, 'full');
      await new Client(small).json('POST', '/namespaces', { namespace_id: 'full', h3_resolution: 7, time_zone: 'UTC' });
      const events = (request: number) =>
        Array.from({ length: 50 }, (_, i) => ({
          event_id: `s${request}-${i}`,
          timestamp: new Date().toISOString(),
          lat: 43.6,
          lon: -79.4,
          event_type: 'fire',
          attrs: Object.fromEntries(Array.from({ length: 8 }, (__, j) => [`a${j}`, randomUUID().repeat(10)])),
        }));
      await clickhouse.kill();
      let taken = 0;
      const refused = await until('no more room', 60_000, async () => {
        const answer = await client.ask('POST', '/events', { json: { events: events(taken) } });
        if (answer.status === 202) taken++;
        return answer.status === 202 ? undefined : answer;
      });
      expectProblem(refused, 503, 'INGEST_SPOOL_FULL');
      expect(refused.headers.get('retry-after')).toBe('30');
      expect(taken).toBeGreaterThan(1);
      await clickhouse.start();
      await until('room', 30_000, async () => {
        const { status } = await client.ask('POST', '/events', { json: { events: events(taken) } });
        return status === 201 ? true : undefined;
      });
      expect((await storedOf('full')).length).toBe((taken + 1) * 50);
    } finally {
      expect(await small.stop()).toEqual({ code: 0, signal: null });
    }
  });
});
