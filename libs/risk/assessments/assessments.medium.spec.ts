import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessMigrations, AccessModule, NamespaceRemovals, NamespacesService } from '#access';
import { archiveParams } from '#contracts';
import { CITY_RESOLUTION, CITY_TIME_ZONE, simulateCity } from '#forecast';
import { type JobContext, jobsMigrations } from '#jobs';
import {
  AppError,
  ClickHouse,
  Config,
  defineQuery,
  migrateClickHouse,
  migratePostgres,
  PLATFORM_CONFIG,
  PlatformModule,
  type Stores,
  Threads,
} from '#platform';
import { createDatabase, type TestDatabase } from '#testing';
import { DAY_MS, daysBefore, type DayOfRows } from '../days.js';
import { IngestService } from '../events/ingest.service.js';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import { train, type TrainInput } from '../models/train.js';
import { TrainHandler } from '../models/training.handlers.js';
import { riskConfig } from '../risk.config.js';
import { RiskModule, RiskWorkerModule } from '../risk.module.js';
import { LiveSurfaces } from '../surfaces/live-surfaces.js';
import { refresh, type RefreshInput } from '../surfaces/refresh.js';
import { RefreshHandler } from '../surfaces/refresh.handler.js';
import { ArchiveHandler } from './archive.handler.js';
import { AssessmentKeeper } from './assessment-keeper.js';
import { AssessmentsOfRemoved } from './assessments-of-removed.js';

let database: TestDatabase;
let directory: string;
let module: TestingModule;
let postgres: DataSource;
let clickhouse: ClickHouse;

/** The same functions in this thread: the compiled modules that piscina loads are not there in a test. */
const inThisThread = {
  run: (_file: URL, name: string, input: object): Promise<object> =>
    name === 'train' ? train(input as TrainInput, () => undefined) : Promise.resolve(refresh(input as RefreshInput)),
  onApplicationShutdown: () => undefined,
};

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-assessments-'));
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
    .overrideProvider(Threads)
    .useValue(inThisThread)
    .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
    .compile();
  postgres = module.get(DataSource);
  clickhouse = module.get(ClickHouse);
  await migrateClickHouse(clickhouse, riskClickHouseMigrations);
});
afterAll(async () => {
  await module?.close();
  await database.drop();
  await rm(directory, { recursive: true });
});
afterEach(() => vi.restoreAllMocks());

/** Rows as they lie there, also such as a merge would put together. */
const stored = defineQuery<
  { namespace: string; archive: number },
  { version: string; horizon_hours: number; cell: string; p_event: number; rows: number }
>(
  'test.stored',
  `SELECT version, horizon_hours, lower(trim(LEADING '0' FROM hex(cell))) AS cell, p_event, toUInt32(count()) AS rows
   FROM (SELECT * FROM assessments WHERE {archive:UInt8} = 0 UNION ALL SELECT * FROM assessments_archive WHERE {archive:UInt8} = 1)
   WHERE namespace_id = {namespace:String}
   GROUP BY version, horizon_hours, cell, p_event ORDER BY version, horizon_hours, cell, p_event`,
);
const hot = (namespace: string) => clickhouse.query(stored, { namespace, archive: 0 });
const archived = (namespace: string) => clickhouse.query(stored, { namespace, archive: 1 });

function context(namespaceId: string, onProgress: () => void = () => undefined, stop = new AbortController()) {
  const made: JobContext = {
    jobId: '00000000-0000-4000-8000-000000000001',
    namespaceId,
    requestId: 'r1',
    tokenId: null,
    fence: 1,
    log: () => undefined,
    signal: stop.signal,
    progress: onProgress,
  };
  return made;
}

const TOWN_INPUT = {
  h3_resolution: CITY_RESOLUTION,
  time_zone: CITY_TIME_ZONE,
  levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
  amount_kind: 'amount',
} as const;

describe('what a surface says', () => {
  const TOWN = 'town';
  const events = simulateCity({ now: new Date(Date.now() - 60_000), seed: 12, days: 12 }).events.map((event) => ({
    ...event,
    event_type: 'incident',
  }));
  const doRefresh = () => module.get(RefreshHandler).run({ event_type: 'incident' }, context(TOWN));
  const current = () => {
    const surface = module.get(LiveSurfaces).find(TOWN, 'incident');
    if (!surface) throw new Error('There is no surface');
    return surface;
  };
  const keptOf = async (version: number) => (await hot(TOWN)).filter((row) => Number(row.version) === version);

  beforeAll(async () => {
    const namespace = await module.get(NamespacesService).ensure({ ...TOWN_INPUT, namespace_id: TOWN });
    await module.get(IngestService).ingest(namespace, events);
    await module.get(TrainHandler).run({ event_type: 'incident', activate: true, force: true }, context(TOWN));
  }, 60_000);

  it('is kept of every cell for each horizon, once', async () => {
    const { version } = await doRefresh();
    const surface = current();
    expect(surface.head.version).toBe(version);
    const kept = await keptOf(surface.head.version);
    const said = [24, 168].flatMap((horizon) => {
      const { slice } = surface.view(horizon);
      return slice.cells.map((cell, i) => ({
        horizon_hours: horizon,
        cell,
        p_event: expect.closeTo(slice.pEvent[i] ?? -1, 6) as number,
        rows: 1,
      }));
    });
    expect(kept.map(({ horizon_hours, cell, p_event, rows }) => ({ horizon_hours, cell, p_event, rows }))).toEqual(
      said.toSorted((a, b) => a.horizon_hours - b.horizon_hours || (a.cell < b.cell ? -1 : 1)),
    );
    await module.get(AssessmentKeeper).keep(surface, new AbortController().signal);
    expect(await keptOf(surface.head.version)).toEqual(kept);
  });

  it('is written by the next refresh where ClickHouse did not take it, and the surface is in service all the same', async () => {
    const before = (await hot(TOWN)).length;
    const { cells } = current().view(24).slice;
    const insert = clickhouse.insert.bind(clickhouse);
    let refused = 0;
    vi.spyOn(clickhouse, 'insert').mockImplementation((table, ...rest) => {
      // The second horizon, so that the first one is there already and comes again.
      if (table === 'assessments' && ++refused === 2) return Promise.reject(new AppError('UNAVAILABLE', 'away'));
      return insert(table, ...rest);
    });
    const { version: lost } = await doRefresh();
    expect(current().head.version).toBe(lost);
    expect(await hot(TOWN)).toHaveLength(before + cells.length);
    const { version: next } = await doRefresh();
    expect(await keptOf(Number(lost))).toHaveLength(2 * cells.length);
    expect(await keptOf(Number(next))).toHaveLength(2 * cells.length);
    expect((await hot(TOWN)).every(({ rows }) => rows === 1)).toBe(true);
    expect(await postgres.query(`SELECT assessments_kept FROM surfaces`)).toEqual([{ assessments_kept: true }]);
  });

  it('is written by the next refresh where the worker died before it said so', async () => {
    await postgres.query(`UPDATE surfaces SET assessments_kept = false`);
    const before = await hot(TOWN);
    const { version } = await doRefresh();
    const after = await hot(TOWN);
    expect(after.filter((row) => Number(row.version) !== version)).toEqual(before);
  });

  it('holds nobody up where the surface cannot be read any more', async () => {
    await postgres.query(`UPDATE surfaces SET assessments_kept = false, payload = 'damaged'`);
    const { version } = await doRefresh();
    expect((await keptOf(Number(version))).length).toBeGreaterThan(0);
  });
});

describe('the archive', () => {
  const NOW = Date.now();
  const TYPES = ['fire', 'flood'];
  const HORIZONS = [24, 168];
  /** Days before today on which surfaces were issued; the first three are to be archived. */
  const AGES = [95, 92, 91, 90, 1];
  const OLD = 3 * TYPES.length * HORIZONS.length * 50;
  const OTHER = 'other';
  let made = 0;
  let town: string;
  let all: Awaited<ReturnType<typeof hot>>;

  async function fill(namespaceId: string): Promise<void> {
    const rows = TYPES.flatMap((type) =>
      HORIZONS.flatMap((horizon) =>
        AGES.flatMap((age, n) =>
          Array.from({ length: 50 }, (_, i) => {
            const at = new Date(daysBefore(NOW, age) + n * 60_000).toISOString();
            const version = (type === 'fire' ? 0 : 100) + n;
            return [
              namespaceId,
              type,
              horizon,
              at,
              version,
              String(600_000 + i),
              'm-1',
              at,
              i / 50,
              i / 40,
              0,
              0,
              1,
              i,
            ];
          }),
        ),
      ),
    );
    await clickhouse.insert(
      'assessments',
      [
        'namespace_id',
        'event_type',
        'horizon_hours',
        'issued_at',
        'version',
        'cell',
        'model_version',
        'data_until',
        'p_event',
        'expected_count',
        'q05',
        'q50',
        'q95',
        'expected_loss',
      ],
      rows,
      `fill ${namespaceId}`,
    );
  }

  beforeAll(() => fill(OTHER));
  beforeEach(async () => {
    town = `archive-${made++}`;
    await fill(town);
    all = await hot(town);
  });

  const archive = (params: object = {}, of = context(town)) =>
    module.get(ArchiveHandler).run(archiveParams.parse(params), of);

  /** As it is where every day has as many assessments as are moved at once. */
  function dayByDay(): void {
    const query = clickhouse.query.bind(clickhouse);
    vi.spyOn(clickhouse, 'query').mockImplementation(async (asked, params, options) => {
      const rows = await query(asked, params, options);
      if (asked.name === 'archive.days') for (const row of rows as DayOfRows[]) row.among = 5_000_000;
      return rows;
    });
  }

  /** Everything is there once for whoever reads both tables, and what is in the wrong one is not there at all. */
  async function expectMoved(): Promise<void> {
    const [left, moved] = [await hot(town), await archived(town)];
    expect(moved).toHaveLength(OLD);
    const order = (rows: typeof all) => rows.map((row) => JSON.stringify({ ...row, rows: 1 })).toSorted();
    expect(order([...left, ...moved])).toEqual(order(all));
  }
  async function expectNothingLost(): Promise<void> {
    const key = (row: (typeof all)[number]) => JSON.stringify({ ...row, rows: 1 });
    const there = new Set([...(await hot(town)), ...(await archived(town))].map(key));
    expect([...there].toSorted()).toEqual(all.map(key).toSorted());
  }
  async function expectOtherUntouched(): Promise<void> {
    expect(await hot(OTHER)).toHaveLength(all.length);
    expect(await archived(OTHER)).toEqual([]);
  }

  it('takes what is older than 90 days, and again takes nothing', async () => {
    const before = new Date(daysBefore(Date.now(), 90)).toISOString();
    expect(await archive({ dry_run: true })).toEqual({ dry_run: true, before, days: 3, rows: OLD });
    expect(await hot(town)).toEqual(all);
    expect(await archived(town)).toEqual([]);

    expect(await archive()).toEqual({ dry_run: false, before, days: 3, rows: OLD });
    await expectMoved();
    expect(await archive()).toMatchObject({ days: 0, rows: 0 });
    await expectMoved();
    expect(await archive({ older_than_days: 89, dry_run: true })).toMatchObject({ days: 1, rows: OLD / 3 });
    await expectOtherUntouched();
  });

  it.each([
    { step: 'archive.copy', done: true },
    { step: 'archive.remove', done: true },
  ])('loses and doubles nothing where it dies at $step (done: $done)', async ({ step, done }) => {
    dayByDay();
    const command = clickhouse.command.bind(clickhouse);
    let times = 0;
    const killed = vi.spyOn(clickhouse, 'command').mockImplementation(async (name, ...rest) => {
      // Of the second of three days: one lies behind it, one before it.
      const dies = name === step && ++times === 2;
      if (!dies || done) await command(name, ...rest);
      if (dies) throw new Error('killed');
    });
    await expect(archive()).rejects.toThrow('killed');
    vi.restoreAllMocks();
    expect(killed).toHaveBeenCalled();
    await expectNothingLost();
    await archive();
    await expectMoved();
    await expectOtherUntouched();
  });

  it('goes on where a deletion had got through a part of its rows alone', async () => {
    await archive({ older_than_days: 94 });
    // The copy of the next day is whole, and its rows of half the cells are deleted.
    await clickhouse.command(
      'test.copy',
      `INSERT INTO assessments_archive SELECT * FROM assessments WHERE namespace_id = {town:String} AND issued_at < now() - INTERVAL 91 DAY`,
      { town },
    );
    await clickhouse.command(
      'test.half',
      `DELETE FROM assessments WHERE namespace_id = {town:String} AND cell % 2 = 0 AND issued_at < now() - INTERVAL 91 DAY`,
      { town },
    );
    await archive();
    await expectMoved();
  });

  it('deletes nothing of what the archive has not, or has otherwise', async () => {
    const command = clickhouse.command.bind(clickhouse);
    const lying = vi.spyOn(clickhouse, 'command').mockImplementation(async (name, ...rest) => {
      await command(name, ...rest);
      if (name !== 'archive.copy') return;
      const [sql, params] = [
        `ALTER TABLE assessments_archive UPDATE p_event = 0.5 WHERE namespace_id = {namespace:String} AND cell = 600007 SETTINGS mutations_sync = 1`,
        rest[1],
      ];
      await command('test.change', sql, params);
    });
    await expect(archive()).rejects.toThrow('nothing of them was deleted');
    expect(await hot(town)).toEqual(all);

    // Even where the comparison were wrong.
    const query = clickhouse.query.bind(clickhouse);
    const blind = vi.spyOn(clickhouse, 'query').mockImplementation(async (asked, params, options) => {
      const rows = await query(asked, params, options);
      return asked.name === 'archive.archived' || asked.name === 'archive.hot'
        ? ([{ rows: 0, checksum: '0' }] as typeof rows)
        : rows;
    });
    await archive();
    lying.mockRestore();
    blind.mockRestore();
    const stayed = (await hot(town)).filter(({ cell }) => cell === BigInt(600_007).toString(16));
    expect(stayed).toHaveLength(AGES.length * TYPES.length * HORIZONS.length);
  });

  it('stops when it is cancelled, and goes on when it is asked again', async () => {
    const stop = new AbortController();
    let steps = 0;
    dayByDay();
    const cancelling = context(town, () => void (++steps === 2 && stop.abort(new Error('cancelled'))), stop);
    await expect(archive({}, cancelling)).rejects.toThrow('cancelled');
    expect(steps).toBe(2);
    await expectNothingLost();
    expect((await hot(town)).length).toBeLessThan(all.length);
    await archive();
    await expectMoved();
  });

  it('goes with its namespace', async () => {
    await archive();
    await module.get(NamespacesService).ensure({ ...TOWN_INPUT, namespace_id: town });
    module.get(AssessmentsOfRemoved).onModuleInit();
    const removals = module.get(NamespaceRemovals);
    const by = {
      tokenId: '00000000-0000-4000-8000-000000000000',
      name: 'root',
      scopes: [],
      namespaceId: null,
      requestId: 'r1',
    };
    await expect(removals.remove(by, town, false, undefined)).rejects.toMatchObject({
      code: 'NAMESPACE_NOT_EMPTY',
    });
    await removals.remove(by, town, true, undefined);
    await removals.purge();
    expect(await hot(town)).toEqual([]);
    expect(await archived(town)).toEqual([]);
    await expectOtherUntouched();
  });

  it('leaves alone what is of the day on which the line is drawn', async () => {
    await archive({ older_than_days: 1 });
    const [last] = (await hot(town)).slice(-1);
    expect(last).toMatchObject({ version: '104' });
    expect(await hot(town)).toHaveLength(all.length / AGES.length);
    expect(daysBefore(Date.now(), 1) % DAY_MS).toBe(0);
  });
});
