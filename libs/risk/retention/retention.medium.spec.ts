import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessMigrations, AccessModule, NamespacesService } from '#access';
import { eraseParams, type Retention, retentionParams } from '#contracts';
import { type JobContext, jobsMigrations } from '#jobs';
import {
  ClickHouse,
  Config,
  defineQuery,
  migrateClickHouse,
  migratePostgres,
  PLATFORM_CONFIG,
  PlatformModule,
  type Stores,
} from '#platform';
import { createDatabase, type TestDatabase } from '#testing';
import { DAY_MS, daysBefore, type DayOfRows } from '../days.js';
import { IngestService } from '../events/ingest.service.js';
import { decodeRows, encodeRows } from '../events/spool/spool-codec.js';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import { riskConfig } from '../risk.config.js';
import { RiskModule, RiskWorkerModule } from '../risk.module.js';
import { EraseHandler } from './erase.handler.js';
import { RetentionHandler } from './retention.handler.js';

let database: TestDatabase;
let directory: string;
let module: TestingModule;
let postgres: DataSource;
let clickhouse: ClickHouse;
let made = 0;
let town: string;
let other: string;

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-retention-'));
  const config = Config.read([...PLATFORM_CONFIG, riskConfig], {
    LOG_LEVEL: 'silent',
    CLICKHOUSE_READ_CONNECTIONS: '2',
  });
  const stores: Stores = {
    dataDir: directory,
    postgresUrl: database.url,
    clickhouse: { embeddedPath: join(directory, 'clickhouse') },
    redisUrl: undefined,
    close: () => Promise.resolve(),
  };
  const migrations = [...accessMigrations, ...jobsMigrations, ...riskMigrations];
  await migratePostgres(database.url, { DATABASE_POOL: 4 }, migrations, () => Promise.resolve());
  module = await Test.createTestingModule({
    imports: [PlatformModule.forRoot(config, stores), AccessModule, RiskModule, RiskWorkerModule],
  })
    .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
    .compile();
  postgres = module.get(DataSource);
  clickhouse = module.get(ClickHouse);
  await migrateClickHouse(clickhouse, riskClickHouseMigrations);
  other = await newNamespace('other');
});
afterAll(async () => {
  await module?.close();
  await database.drop();
  await rm(directory, { recursive: true });
});
afterEach(() => vi.restoreAllMocks());

/** Ages of the events in days, on both sides of the line and of the day on which it is drawn. */
const AGES = [132, 131, 130, 120, 101, 100, 99, 98];
const OLD = 5;
/** Noon, so that the line, at the beginning of a day, lies between two of them. */
const timeOf = (age: number) => daysBefore(Date.now(), age) + DAY_MS / 2;
const eventsOf = (entity: string | null, prefix: string) =>
  AGES.map((age, i) => ({
    event_id: `${prefix}${i}`,
    timestamp: new Date(timeOf(age)).toISOString(),
    lat: 50.1,
    lon: 8.6,
    event_type: 'fire',
    amount: 10,
    ...(entity === null ? {} : { entity_id: entity }),
  }));

interface Held {
  ids: string[];
  /** As the list reads them, from the projection. */
  listed: string[];
  keys: string[];
  hours: number;
}
const held = defineQuery<{ namespace: string }, Held>(
  'test.held',
  `SELECT (SELECT arraySort(groupArray(event_id)) FROM events WHERE namespace_id = {namespace:String}) AS ids,
          (SELECT arraySort(groupArray(event_id)) FROM (
             SELECT event_id FROM events WHERE namespace_id = {namespace:String}
             ORDER BY namespace_id DESC, ts DESC, event_id DESC LIMIT 1000)) AS listed,
          (SELECT arraySort(groupUniqArray(event_id)) FROM event_keys WHERE namespace_id = {namespace:String}) AS keys,
          (SELECT toUInt32(sum(events)) FROM cell_hours WHERE namespace_id = {namespace:String}) AS hours`,
);
/** The store holds exactly these: the events, their keys, their counts. */
async function expectHeld(namespace: string, ids: readonly string[]): Promise<void> {
  const sorted = ids.toSorted();
  expect(await clickhouse.query(held, { namespace })).toEqual([
    { ids: sorted, listed: sorted, keys: sorted, hours: ids.length },
  ]);
}
const idsOf = (...prefixes: string[]) => prefixes.flatMap((prefix) => AGES.map((_, i) => `${prefix}${i}`));
const EVERY = idsOf('a', 'b', 'c');

async function ingest(namespaceId: string, events: readonly object[]) {
  const namespace = await module.get(NamespacesService).require(namespaceId);
  return module.get(IngestService).ingest(namespace, events);
}

async function newNamespace(name: string): Promise<string> {
  const id = `${name}-${made++}`;
  await module.get(NamespacesService).ensure({
    namespace_id: id,
    h3_resolution: 6,
    time_zone: 'UTC',
    levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
    amount_kind: 'amount',
  });
  const events = [...eventsOf(null, 'a'), ...eventsOf('anna', 'b'), ...eventsOf('ben', 'c')];
  expect(await ingest(id, events)).toMatchObject({ accepted: events.length });
  return id;
}
beforeEach(async () => {
  town = await newNamespace('town');
});

const ROOT = {
  tokenId: '00000000-0000-4000-8000-000000000000',
  name: 'root',
  scopes: ['admin' as const],
  namespaceId: null,
  requestId: 'r1',
};
const keep = (retention: Partial<Retention>, namespaceId = town) =>
  module.get(NamespacesService).patch(ROOT, namespaceId, { retention }, undefined);

function context(namespaceId = town, onProgress: () => void = () => undefined, stop = new AbortController()) {
  const made: JobContext = {
    jobId: '00000000-0000-4000-8000-000000000001',
    namespaceId,
    requestId: 'r7',
    tokenId: null,
    fence: 1,
    log: () => undefined,
    signal: stop.signal,
    progress: onProgress,
  };
  return made;
}
const retain = (params: object = {}, of = context()) =>
  module.get(RetentionHandler).run(retentionParams.parse(params), of);
const erase = (params: object, of = context()) => module.get(EraseHandler).run(eraseParams.parse(params), of);

/** Commands of this name fail at their first call, before or after they have done their work. */
function killAt(step: string, done: boolean) {
  const command = clickhouse.command.bind(clickhouse);
  let dead = false;
  return vi.spyOn(clickhouse, 'command').mockImplementation(async (name, ...rest) => {
    const dies = name === step && !dead;
    if (!dies || done) await command(name, ...rest);
    if (!dies) return;
    dead = true;
    throw new Error('killed');
  });
}
/** As it is where every day has as many events as are dealt with at once. */
function dayByDay(): void {
  const query = clickhouse.query.bind(clickhouse);
  vi.spyOn(clickhouse, 'query').mockImplementation(async (asked, params, options) => {
    const rows = await query(asked, params, options);
    if (asked.name === 'erase.days' || asked.name === 'retention.days')
      for (const row of rows as DayOfRows[]) row.among = 5_000_000;
    return rows;
  });
}
const audited = (action: string) =>
  postgres.query<{ subject: string; after: object; request_id: string }[]>(
    `SELECT subject, after, request_id FROM audit_log WHERE namespace_id = $1 AND action = $2`,
    [town, action],
  );
const YOUNG = ['a', 'b', 'c'].flatMap((prefix) => AGES.slice(OLD).map((_, i) => `${prefix}${i + OLD}`));

describe('retention', () => {
  const before = new Date(daysBefore(Date.now(), 100)).toISOString();

  it('deletes nothing where nobody has said so', async () => {
    expect(await retain()).toEqual({ dry_run: false, events: null, assessments: null, risks: null });
    await expectHeld(town, EVERY);
    expect(await audited('retention.apply')).toEqual([]);
  });

  it('deletes old events with their keys and counts, of this namespace alone', async () => {
    await keep({ events_days: 100 });
    const rows = 3 * OLD;
    expect(await retain({ dry_run: true })).toMatchObject({ dry_run: true, events: { before, rows } });
    await expectHeld(town, EVERY);
    expect(await audited('retention.apply')).toEqual([]);

    expect(await retain()).toMatchObject({ dry_run: false, events: { before, rows }, risks: null });
    await expectHeld(town, YOUNG);
    await expectHeld(other, EVERY);
    expect(await audited('retention.apply')).toMatchObject([{ after: { events: { rows } }, request_id: 'r7' }]);
    expect(await retain()).toMatchObject({ events: { rows: 0 } });
    // Their ids are free again.
    expect(await ingest(town, eventsOf(null, 'a'))).toMatchObject({ accepted: OLD, duplicates: AGES.length - OLD });
  });

  it.each([
    { step: 'retention.keys', done: true },
    { step: 'retention.events', done: true },
    { step: 'retention.hours', done: true },
  ])('comes to the same where it dies at $step (done: $done)', async ({ step, done }) => {
    await keep({ events_days: 100 });
    const kill = killAt(step, done);
    await expect(retain()).rejects.toThrow('killed');
    kill.mockRestore();
    await retain();
    await expectHeld(town, YOUNG);
    await expectHeld(other, EVERY);
  });

  it('stops between two spans of days when it is cancelled', async () => {
    dayByDay();
    await keep({ events_days: 100 });
    const stop = new AbortController();
    let spans = 0;
    const cancelling = context(town, () => void (++spans === 2 && stop.abort(new Error('cancelled'))), stop);
    await expect(retain({}, cancelling)).rejects.toThrow('cancelled');
    vi.restoreAllMocks();
    await retain();
    await expectHeld(town, YOUNG);
  });

  it('follows the rule that stands when it begins, whatever was known of it before', async () => {
    await keep({ events_days: 100 });
    await module.get(NamespacesService).require(town);
    // By another process, whose word has not come here.
    await postgres.query(
      `UPDATE namespaces SET retention = '{"events_days": null, "assessments_days": null, "risks_days": null}' WHERE namespace_id = $1`,
      [town],
    );
    expect(await retain()).toMatchObject({ events: null });
    await expectHeld(town, EVERY);
  });

  it('deletes old assessments, those in the archive too', async () => {
    const columns: [string, ...string[]] = [
      'namespace_id',
      'event_type',
      'horizon_hours',
      'issued_at',
      'version',
      'cell',
    ];
    const rows = (of: string) =>
      AGES.map((age, i) => [of, 'fire', 24, new Date(timeOf(age)).toISOString(), i, String(i)]);
    for (const of of [town, other]) {
      await clickhouse.insert('assessments', columns, rows(of).slice(1), `a ${of}`);
      // The second stands in both, as it does while it is moved.
      await clickhouse.insert('assessments_archive', columns, rows(of).slice(0, 2), `b ${of}`);
    }
    const versions = defineQuery<{ namespace: string }, { version: number }>(
      'test.versions',
      `SELECT toUInt32(version) AS version FROM (SELECT * FROM assessments UNION ALL SELECT * FROM assessments_archive)
       WHERE namespace_id = {namespace:String} ORDER BY version`,
    );
    const left = async (namespace: string) =>
      (await clickhouse.query(versions, { namespace })).map(({ version }) => version);
    await keep({ assessments_days: 100 });
    expect(await retain({ dry_run: true })).toMatchObject({ assessments: { before, rows: OLD } });
    expect(await left(town)).toHaveLength(AGES.length + 1);
    const kill = killAt('retention.archived', false);
    await expect(retain()).rejects.toThrow('killed');
    kill.mockRestore();
    await retain();
    expect(await left(town)).toEqual([5, 6, 7]);
    expect(await left(other)).toHaveLength(AGES.length + 1);
  });

  it('deletes risks that are closed for long, and no live one', async () => {
    const add = (namespaceId: string, status: string, age: number, n: number) =>
      postgres.query(
        `INSERT INTO risks (risk_id, namespace_id, status, level, event_type, cell, lat, lon, p_event, expected_count,
           horizon_hours, model_version, opened_at, updated_at, version)
         SELECT 'rsk_' || $1 || '-' || $2 || '-' || $3 || '-' || n, $1, $2, 'HIGH', 'fire', 'cell-' || $2 || '-' || n,
                50, 8, 0.2, 0.3, 24, 'fire-1', $4, $4, 1
         FROM generate_series(1, $5::int) AS n`,
        [namespaceId, status, String(age), new Date(timeOf(age)), n],
      );
    for (const of of [town, other]) {
      await add(of, 'open', 300, 2);
      await add(of, 'acknowledged', 300, 2);
      await add(of, 'resolved', 300, 3);
      // More than go in one statement.
      await add(of, 'expired', 101, 4_500);
      await add(of, 'expired', 100, 5);
    }
    const count = async (namespaceId: string) =>
      postgres.query<{ status: string; n: number }[]>(
        `SELECT status, count(*)::int AS n FROM risks WHERE namespace_id = $1 GROUP BY status ORDER BY status`,
        [namespaceId],
      );
    const whole = await count(other);
    await keep({ risks_days: 100 });
    expect(await retain({ dry_run: true })).toMatchObject({ risks: { before, rows: 4_503 } });
    expect(await count(town)).toEqual(whole);
    expect(await retain()).toMatchObject({ events: null, risks: { rows: 4_503 } });
    expect(await count(town)).toEqual([
      { status: 'acknowledged', n: 2 },
      { status: 'expired', n: 5 },
      { status: 'open', n: 2 },
    ]);
    expect(await count(other)).toEqual(whole);
  });

  it('is changed in parts', async () => {
    await keep({ events_days: 100, risks_days: 7 });
    const { retention } = await keep({ risks_days: null });
    expect(retention).toEqual({ events_days: 100, assessments_days: null, risks_days: null });
  });
});

describe('erasure of an entity', () => {
  const OTHERS = idsOf('a', 'c');

  it('takes its events with their keys and counts, and leaves those of others and of other namespaces', async () => {
    expect(await erase({ entity_id: 'anna', dry_run: true })).toEqual({ dry_run: true, events: 8, parked: 0 });
    await expectHeld(town, EVERY);
    expect(await audited('events.erase')).toEqual([]);

    expect(await erase({ entity_id: 'anna' })).toEqual({ dry_run: false, events: 8, parked: 0 });
    await expectHeld(town, OTHERS);
    await expectHeld(other, EVERY);
    expect(await audited('events.erase')).toEqual([
      { subject: `sha256:${hash('sha256', 'anna')}`, after: { events: 8, parked: 0 }, request_id: 'r7' },
    ]);
    expect(await erase({ entity_id: 'nobody' })).toMatchObject({ events: 0 });
    await expectHeld(town, OTHERS);
  });

  it.each([
    { step: 'erase.keys', done: false },
    { step: 'erase.keys', done: true },
    { step: 'erase.events', done: true },
    { step: 'events.repair-keys', done: true },
    { step: 'events.repair-drop-hours', done: true },
    { step: 'events.repair-hours', done: true },
  ])('leaves nothing wrong where it dies at $step (done: $done)', async ({ step, done }) => {
    const kill = killAt(step, done);
    await expect(erase({ entity_id: 'anna' })).rejects.toThrow('killed');
    kill.mockRestore();
    // Whoever writes next finds it, whether the job is taken up again or not.
    const late = { ...eventsOf('ben', 'late')[0] };
    await ingest(town, [late]);
    const { ids, keys, hours } = (await clickhouse.query(held, { namespace: town }))[0] as Held;
    expect(keys).toEqual(ids);
    expect(hours).toBe(ids.length);
    await erase({ entity_id: 'anna' });
    await expectHeld(town, [...OTHERS, 'late0']);
    await expectHeld(other, EVERY);
  });

  it('stops between two spans of days when it is cancelled', async () => {
    dayByDay();
    const stop = new AbortController();
    let spans = 0;
    const cancelling = context(town, () => void (++spans === 2 && stop.abort(new Error('cancelled'))), stop);
    await expect(erase({ entity_id: 'anna' }, cancelling)).rejects.toThrow('cancelled');
    vi.restoreAllMocks();
    await erase({ entity_id: 'anna' });
    await expectHeld(town, OTHERS);
  });

  it('takes its events out of what the store had refused', async () => {
    const park = async (position: number, entities: string[]) => {
      const payload = await encodeRows(
        entities.map((entityId, i) => ({
          eventId: `p${position}-${i}`,
          time: timeOf(3),
          lat: 50,
          lon: 8,
          cell: '861fb4667ffffff',
          eventType: 'fire',
          amount: null,
          entityId,
          attrs: '{}',
        })),
      );
      await postgres.query(
        `INSERT INTO ingest_parked (namespace_id, position, part, rows, bytes, payload, error, spooled_at)
         VALUES ($1, $2, 0, $3, $4, $5, 'refused', now())`,
        [town, position, entities.length, payload.length + 100, payload],
      );
    };
    await park(1, ['anna', 'ben', 'anna']);
    await park(2, ['anna']);
    await park(3, ['ben']);
    expect(await erase({ entity_id: 'anna', dry_run: true })).toMatchObject({ events: 8, parked: 3 });
    expect(await erase({ entity_id: 'anna' })).toMatchObject({ events: 8, parked: 3 });
    const left = await postgres.query<{ position: string; rows: number; bytes: number; payload: Buffer }[]>(
      `SELECT position, rows, bytes, payload FROM ingest_parked WHERE namespace_id = $1 ORDER BY position`,
      [town],
    );
    expect(left.map(({ position, rows }) => ({ position, rows }))).toEqual([
      { position: '1', rows: 1 },
      { position: '3', rows: 1 },
    ]);
    for (const { payload, bytes } of left) {
      expect((await decodeRows(payload)).map(({ entityId }) => entityId)).toEqual(['ben']);
      expect(bytes).toBe(payload.length + 100);
    }
  });

  it('waits while events lie in the spool, for they may be among them', async () => {
    await postgres.query(
      `INSERT INTO ingest_spools (namespace_id, batches, rows, bytes) VALUES ($1, 1, 1, 1)
       ON CONFLICT (namespace_id) DO UPDATE SET batches = 1`,
      [town],
    );
    await expect(erase({ entity_id: 'anna' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expectHeld(town, EVERY);
    await postgres.query(`UPDATE ingest_spools SET batches = 0, rows = 0, bytes = 0 WHERE namespace_id = $1`, [town]);
    await erase({ entity_id: 'anna' });
    await expectHeld(town, OTHERS);
  });
});
