import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { cellToLatLng, gridDisk, latLngToCell } from 'h3-js';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AccessContext, accessMigrations, AccessModule, NamespacesService } from '#access';
import { assessInput, type ModelScores, modelsQuery, type Risk, riskMapQuery, riskPatch, risksQuery } from '#contracts';
import { CITY_RESOLUTION, CITY_TIME_ZONE, deserialiseState, emptyState, serialiseState, simulateCity } from '#forecast';
import { type JobContext, jobsMigrations } from '#jobs';
import {
  AnswerVersions,
  ClickHouse,
  Config,
  migrateClickHouse,
  migratePostgres,
  PLATFORM_CONFIG,
  PlatformModule,
  type Stores,
  Threads,
} from '#platform';
import { createDatabase, type TestDatabase } from '#testing';
import { IngestService } from './events/ingest.service.js';
import { riskClickHouseMigrations } from './migrations/clickhouse.js';
import { riskMigrations } from './migrations/index.js';
import { decodeArtefact } from './models/artefact.js';
import { ModelsService, type TrainedModel } from './models/models.service.js';
import { train, type TrainInput } from './models/train.js';
import { TrainHandler } from './models/training.handlers.js';
import { riskConfig } from './risk.config.js';
import { RiskModule, RiskWorkerModule } from './risk.module.js';
import { type HotCell, type Opening, RiskOpener } from './risks/risk-opener.js';
import { RisksService } from './risks/risks.service.js';
import { AssessService } from './surfaces/assess.service.js';
import { LiveSurfaces } from './surfaces/live-surfaces.js';
import { refresh, type RefreshInput } from './surfaces/refresh.js';
import { RefreshHandler } from './surfaces/refresh.handler.js';
import { RiskMapService } from './surfaces/risk-map.service.js';
import { SurfaceClock } from './surfaces/surface-clock.js';

let database: TestDatabase;
let directory: string;
let module: TestingModule;
let postgres: DataSource;

/** The same functions in this thread: the compiled modules that piscina loads are not there in a test. */
const inThisThread = {
  run: (_file: URL, name: string, input: object): Promise<object> =>
    name === 'train' ? train(input as TrainInput, () => undefined) : Promise.resolve(refresh(input as RefreshInput)),
  onApplicationShutdown: () => undefined,
};

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-risk-'));
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
  await migrateClickHouse(module.get(ClickHouse), riskClickHouseMigrations);
});
afterAll(async () => {
  await module.close();
  await database.drop();
  await rm(directory, { recursive: true });
});

let made = 0;
async function newNamespace(resolution = 6): Promise<AccessContext> {
  const namespaces = module.get(NamespacesService);
  const namespace = await namespaces.ensure({
    namespace_id: `n${made++}`,
    h3_resolution: resolution,
    time_zone: CITY_TIME_ZONE,
    levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
    amount_kind: 'amount',
  });
  const principal = { tokenId: '00000000-0000-4000-8000-000000000000', name: 'ann', scopes: [], namespaceId: null };
  return { namespace, principal, requestId: 'r1' };
}
let access: AccessContext;
beforeEach(async () => {
  access = await newNamespace();
});
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

describe('the risks of a surface', () => {
  const cells = gridDisk(latLngToCell(-17, 179.95, 6), 8);
  const hotCell = (i: number, pEvent: number): HotCell => ({
    cell: cells[i] ?? '',
    level: pEvent >= 0.4 ? 'CRITICAL' : 'HIGH',
    pEvent,
    expectedCount: 1.1 * pEvent,
  });
  const issued = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

  /** A surface with these probabilities, 0 elsewhere. */
  function surface(probabilities: Record<number, number>, hour = 0, eventType = 'fire'): Opening {
    const p = new Map(Object.entries(probabilities).map(([i, value]) => [cells[Number(i)], value]));
    return {
      namespaceId: access.namespace.namespaceId,
      eventType,
      modelVersion: `fire-${hour}`,
      issuedAt: issued(hour),
      hot: Object.entries(probabilities)
        .filter(([, value]) => value >= 0.15)
        .map(([i, value]) => hotCell(Number(i), value)),
      expireBelow: 0.9 * 0.15,
      pEventOf: (cell) => p.get(cell),
    };
  }
  const reconcile = (...of: Parameters<typeof surface>) => module.get(RiskOpener).reconcile(surface(...of));
  const list = async (parameters: Record<string, string> = {}) => {
    const all: Risk[] = [];
    let cursor: string | null = null;
    do {
      const page = await module
        .get(RisksService)
        .list(access, risksQuery.parse({ limit: '7', ...parameters, ...(cursor ? { cursor } : {}) }));
      all.push(...page.data);
      cursor = page.page.next_cursor;
    } while (cursor !== null);
    return all;
  };
  const one = async (i: number) => (await list({ cell: cells[i] ?? '' }))[0];

  it('are opened where it is over the threshold, with what it says', async () => {
    expect(await reconcile({ 0: 0.2, 1: 0.5, 2: 0.1 })).toEqual({ opened: 2, expired: 0 });
    const risk = await one(1);
    const [lat, lon] = cellToLatLng(cells[1] ?? '');
    expect(risk).toMatchObject({
      status: 'open',
      level: 'CRITICAL',
      cell: { id: cells[1], center: { lat, lon } },
      event_type: 'fire',
      p_event: 0.5,
      horizon_hours: 24,
      model_version: 'fire-0',
      timestamp: issued(0).toISOString(),
      version: 1,
    });
    expect(risk?.risk_id).toMatch(/^rsk_[\w-]{16}$/);
  });

  it('follow the next surface and are not opened twice', async () => {
    await reconcile({ 0: 0.2 });
    const before = await one(0);
    expect(await reconcile({ 0: 0.6 }, 1)).toEqual({ opened: 0, expired: 0 });
    const after = await one(0);
    expect(after).toMatchObject({
      risk_id: before?.risk_id,
      level: 'CRITICAL',
      p_event: 0.6,
      model_version: 'fire-1',
      version: 2,
    });
    expect(after?.timestamp).toBe(before?.timestamp);
    expect(after?.updated_at).toBe(issued(1).toISOString());
  });

  it('stay at the edge, and expire under it or where the surface no longer reaches', async () => {
    await reconcile({ 0: 0.2, 1: 0.2, 2: 0.2, 3: 0.2 });
    // 0.135 is where they end: a cell that wavers about 0.15 does not flutter.
    expect(await reconcile({ 0: 0.149, 1: 0.1351, 2: 0.1349 }, 1)).toEqual({ opened: 0, expired: 2 });
    const open = (await list({ status: 'open' })).map(({ cell }) => cell.id);
    expect(new Set(open)).toEqual(new Set([cells[0], cells[1]]));
    expect((await one(2))?.status).toBe('expired');
    // And what comes back is a new one.
    expect(await reconcile({ 0: 0.149, 1: 0.149, 2: 0.3 }, 2)).toEqual({ opened: 1, expired: 0 });
    expect((await list({ cell: cells[2] ?? '' })).map(({ status }) => status)).toEqual(['open', 'expired']);
  });

  it('that people took on stay theirs, and expire like the others', async () => {
    await reconcile({ 0: 0.2 });
    const risk = await one(0);
    await module
      .get(RisksService)
      .patch(access, risk?.risk_id ?? '', riskPatch.parse({ status: 'acknowledged', comment: 'looking' }), undefined);
    expect(await reconcile({ 0: 0.5 }, 1)).toEqual({ opened: 0, expired: 0 });
    expect(await one(0)).toMatchObject({
      status: 'acknowledged',
      acknowledged_by: 'ann',
      comment: 'looking',
      p_event: 0.5,
    });
    expect(await reconcile({}, 2)).toEqual({ opened: 0, expired: 1 });
    expect(await one(0)).toMatchObject({ status: 'expired', acknowledged_by: 'ann' });
  });

  it('that were resolved are opened anew while the cell is over its threshold', async () => {
    await reconcile({ 0: 0.2 });
    const risk = await one(0);
    await module
      .get(RisksService)
      .patch(access, risk?.risk_id ?? '', riskPatch.parse({ status: 'resolved' }), undefined);
    expect(await reconcile({ 0: 0.2 }, 1)).toEqual({ opened: 1, expired: 0 });
    expect((await list()).map(({ status }) => status)).toEqual(['open', 'resolved']);
  });

  it('are one a cell and type, however many workers reconcile at once', async () => {
    const probabilities = Object.fromEntries(cells.slice(0, 60).map((_, i) => [i, 0.2 + i / 1000]));
    const results = await Promise.all(Array.from({ length: 8 }, (_, hour) => reconcile(probabilities, hour)));
    expect(results.reduce((sum, { opened }) => sum + opened, 0)).toBe(60);
    expect(await list()).toHaveLength(60);
    const shifted = await Promise.all([
      reconcile({ 70: 0.3 }, 9),
      reconcile({ 70: 0.3 }, 10),
      reconcile({ 70: 0.3 }, 9, 'flood'),
    ]);
    expect(shifted.reduce((sum, { opened }) => sum + opened, 0)).toBe(2);
    expect(await list({ status: 'open' })).toHaveLength(2);
  });

  it('are listed by what they are, in order, over pages', async () => {
    for (let hour = 0; hour < 4; hour++)
      await reconcile(
        Object.fromEntries(cells.slice(hour * 10, hour * 10 + 8).map((_, i) => [hour * 10 + i, i % 2 ? 0.2 : 0.5])),
        hour,
      );
    const all = await list();
    expect(all).toHaveLength(32);
    expect(all.map(({ timestamp }) => timestamp)).toEqual(
      all
        .map(({ timestamp }) => timestamp)
        .toSorted()
        .toReversed(),
    );
    const ids = (some: Risk[]) => some.map(({ risk_id }) => risk_id);
    const expectFilter = async (parameters: Record<string, string>, keep: (risk: Risk) => boolean) => {
      expect(all.filter(keep).length).toBeGreaterThan(0);
      expect(all.filter(keep).length).toBeLessThan(all.length);
      expect(ids(await list(parameters))).toEqual(ids(all.filter(keep)));
    };
    await expectFilter({ status: 'open' }, ({ status }) => status === 'open');
    await expectFilter({ level: 'CRITICAL' }, ({ level }) => level === 'CRITICAL');
    await expectFilter({ from: issued(2).toISOString() }, ({ timestamp }) => timestamp >= issued(2).toISOString());
    await expectFilter({ to: issued(2).toISOString() }, ({ timestamp }) => timestamp < issued(2).toISOString());
    await expectFilter(
      { bbox: '179.9,-90,-179.8,90' },
      ({ cell }) => cell.center.lon >= 179.9 || cell.center.lon <= -179.8,
    );
    expect(await list({ event_type: 'flood' })).toEqual([]);
    const elsewhere = await newNamespace();
    expect((await module.get(RisksService).list(elsewhere, risksQuery.parse({}))).data).toEqual([]);
    expect(await codeOf(module.get(RisksService).read(elsewhere, all[0]?.risk_id ?? ''))).toBe('NOT_FOUND');
  });

  it('are changed under the version that was read, by one of many', async () => {
    await reconcile({ 0: 0.2 });
    const id = (await one(0))?.risk_id ?? '';
    const patch = (version: number | undefined, of = access) =>
      codeOf(module.get(RisksService).patch(of, id, riskPatch.parse({ comment: 'mine' }), version));
    const codes = await Promise.all(Array.from({ length: 5 }, () => patch(1)));
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
    expect(codes.filter((code) => code === 'VERSION_CONFLICT')).toHaveLength(4);
    expect(await patch(undefined)).toBe('none');
    expect(await patch(undefined, await newNamespace())).toBe('NOT_FOUND');
    const log = await postgres.query<{ before: Risk; after: Risk }[]>(
      `SELECT before, after FROM audit_log WHERE action = 'risk.patch' AND subject = $1 ORDER BY audit_id`,
      [id],
    );
    expect(log.map(({ before, after }) => [before.version, after.version])).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });
});

describe('models', () => {
  const scores = (passes: boolean): ModelScores => ({
    windows: 4,
    horizon_hours: 24,
    from: '',
    to: '',
    events: 1,
    forecasters: [],
    passes,
    loses_to: passes ? [] : ['kernel'],
  });
  const trained = (eventType: string, changes: Partial<TrainedModel> = {}): TrainedModel => ({
    namespaceId: access.namespace.namespaceId,
    eventType,
    artefact: Buffer.from('artefact'),
    trainedFrom: new Date(0),
    trainedTo: new Date(1),
    events: 100,
    cells: 7,
    branchingRatio: 0.3,
    minAmount: null,
    parameters: { nested: { a: [1, 2] } },
    diagnostics: {},
    scores: scores(true),
    notes: ['a note'],
    state: Buffer.from('state'),
    ingestSeq: '3',
    dataUntil: new Date(2),
    ...changes,
  });
  const keep = (eventType: string, changes: Partial<TrainedModel> = {}) =>
    module.get(ModelsService).keep(trained(eventType, changes));
  const by = () => ({ namespaceId: access.namespace.namespaceId, tokenId: null, requestId: 'r1' });
  const activate = (version: string, force = false) => module.get(ModelsService).activate(by(), version, force);

  it('are numbered by type, also when several are kept at once', async () => {
    expect(await keep('fire')).toBe('fire-1');
    const more = await Promise.all(Array.from({ length: 6 }, () => keep('fire')));
    expect(more.toSorted()).toEqual(['fire-2', 'fire-3', 'fire-4', 'fire-5', 'fire-6', 'fire-7']);
    expect(await keep('flood')).toBe('flood-1');
    expect(await keep('fire 2/β')).toBe('fire-2-1');
  });

  it('whose types make the same name share its numbers', async () => {
    const versions = [];
    for (const type of ['Theft', 'theft', 'theft!', 'пожар', 'кража', 'Theft', 'theft-2'])
      versions.push(await keep(type));
    expect(versions).toEqual(['theft-1', 'theft-2', 'theft-3', 'model-1', 'model-2', 'theft-4', 'theft-2-1']);
    expect(new Set(versions).size).toBe(versions.length);
    const [card] = (await module.get(ModelsService).list(access, modelsQuery.parse({ event_type: 'theft' }))).data;
    expect(card).toMatchObject({ model_version: 'theft-2', event_type: 'theft', status: 'candidate', passes: true });
  });

  it('go into service one at a time, and the one before retires', async () => {
    for (let i = 0; i < 3; i++) await keep('fire');
    expect((await activate('fire-1')).status).toBe('active');
    expect((await activate('fire-2')).status).toBe('active');
    const { data } = await module.get(ModelsService).list(access, modelsQuery.parse({}));
    expect(Object.fromEntries(data.map((model) => [model.model_version, model.status]))).toEqual({
      'fire-1': 'retired',
      'fire-2': 'active',
      'fire-3': 'candidate',
    });
    const log = await postgres.query<{ before: unknown; after: unknown }[]>(
      `SELECT before, after FROM audit_log WHERE action = 'model.activate' AND namespace_id = $1 ORDER BY audit_id`,
      [access.namespace.namespaceId],
    );
    expect(log.at(-1)).toEqual({
      before: { model_version: 'fire-1' },
      after: { model_version: 'fire-2', forced: false },
    });
    const jobs = await postgres.query<unknown[]>(
      `SELECT 1 FROM jobs WHERE type = 'surface.refresh' AND namespace_id = $1`,
      [access.namespace.namespaceId],
    );
    expect(jobs).toHaveLength(1);
  });

  it('that are activated at the same time leave one in service', async () => {
    for (let i = 0; i < 4; i++) await keep('fire');
    for (let round = 0; round < 3; round++) {
      const codes = await Promise.all([1, 2, 3, 4].map((i) => codeOf(activate(`fire-${i}`))));
      expect(codes).toEqual(['none', 'none', 'none', 'none']);
      const active = await postgres.query<unknown[]>(
        `SELECT 1 FROM models WHERE namespace_id = $1 AND status = 'active'`,
        [access.namespace.namespaceId],
      );
      expect(active).toHaveLength(1);
    }
  });

  it('that lose to a baseline, or were never tested, go into service by force alone', async () => {
    await keep('fire', { scores: scores(false) });
    await keep('fire', { scores: null });
    for (const version of ['fire-1', 'fire-2']) {
      expect(await codeOf(activate(version))).toBe('MODEL_LOSES_TO_BASELINE');
      expect((await activate(version, true)).status).toBe('active');
    }
    expect(await codeOf(activate('fire-9'))).toBe('NOT_FOUND');
  });

  it('show their card in their namespace alone', async () => {
    await keep('fire');
    const models = module.get(ModelsService);
    expect(await models.read(access, 'fire-1')).toMatchObject({
      parameters: { nested: { a: [1, 2] } },
      notes: ['a note'],
      events: 100,
    });
    expect(await codeOf(models.read(await newNamespace(), 'fire-1'))).toBe('NOT_FOUND');
    expect((await models.artefact(access.namespace.namespaceId, 'fire-1')).toString()).toBe('artefact');
  });
});

describe('from events to a map', () => {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const city = simulateCity({ now: new Date(now), seed: 12, days: 12 }).events;
  const events = city.map((event) => ({ ...event, event_type: 'incident' }));
  const old = events.slice(0, -120);
  const recent = events.slice(-120);

  const ingest = (some: readonly object[]) => module.get(IngestService).ingest(access.namespace, some);
  const context = (): JobContext => ({
    jobId: '00000000-0000-4000-8000-000000000001',
    namespaceId: access.namespace.namespaceId,
    requestId: 'r1',
    tokenId: null,
    fence: 1,
    log: () => undefined,
    signal: new AbortController().signal,
    progress: () => undefined,
  });
  const doTrain = () =>
    module.get(TrainHandler).run({ event_type: 'incident', activate: true, force: true }, context());
  const doRefresh = () => module.get(RefreshHandler).run({ event_type: 'incident' }, context());
  const mapOf = (live: LiveSurfaces) => new RiskMapService(live).map(access, riskMapQuery.parse({}));
  const live = () => module.get(LiveSurfaces);

  beforeEach(async () => {
    access = await newNamespace(CITY_RESOLUTION);
  });

  it('goes a fit, a state, a surface, its risks and answers', async () => {
    expect(await ingest(old)).toMatchObject({ accepted: old.length, rejected_total: 0 });
    expect(await doTrain()).toMatchObject({ model_version: 'incident-1', events: old.length, activated: true });
    const first = await doRefresh();
    expect(first).toMatchObject({ absorbed: 0, outside_region: 0 });
    const before = mapOf(live());
    expect(before.cell_count).toBeGreaterThan(100);
    expect(before.model_version).toBe('incident-1');
    const hot = before.cells.filter(({ level }) => level === 'HIGH' || level === 'CRITICAL');
    expect(first.opened).toBe(hot.length);
    expect(hot.length).toBeGreaterThan(0);

    await ingest(recent);
    // A few lie where nothing had happened before; the region is the fit's.
    const second = await doRefresh();
    expect(Number(second.absorbed) + Number(second.outside_region)).toBe(recent.length);
    expect(second.absorbed).toBeGreaterThan(100);
    const after = mapOf(live());
    expect(after).not.toEqual(before);
    expect(Date.parse(after.data_until)).toBe(Date.parse(events.at(-1)?.timestamp ?? ''));

    // A file sent again changes nothing on the map but time.
    await ingest(events);
    expect(await doRefresh()).toMatchObject({ absorbed: 0 });

    // Another process, and this one after a restart, read the same from the store.
    const other = new LiveSurfaces(postgres, new AnswerVersions());
    await other.follow();
    expect(mapOf(other)).toEqual(mapOf(live()));

    const places = assessInput.parse({
      points: [{ lat: events[0]?.lat, lon: events[0]?.lon }],
      n_scenarios: 20,
      seed: 7,
    });
    const assess = new AssessService(other);
    const answer = assess.assess(access, places);
    expect(answer.assessments[0]?.scenarios).toHaveLength(20);
    expect(assess.assess(access, places)).toEqual(answer);
    const cell = answer.assessments[0]?.cell;
    expect(mapOf(other).cells.find((one) => one.cell === cell)).toMatchObject({
      p_event: answer.assessments[0]?.p_event,
    });
    expect(() => assess.assess(access, assessInput.parse({ points: [{ lat: 10, lon: 10 }] }))).toThrow('lie outside');
  }, 60_000);

  it('comes to the same whether events came before the fit or after it', async () => {
    const whole = access;
    await ingest(events);
    await doTrain();
    await doRefresh();
    access = await newNamespace(CITY_RESOLUTION);
    await ingest(events.slice(0, 900));
    await doTrain();
    // The fit of the whole, with the state of the part: what the refresh adds is what the training had added.
    await postgres.query(
      `UPDATE models SET artefact = (SELECT artefact FROM models WHERE namespace_id = $2) WHERE namespace_id = $1`,
      [access.namespace.namespaceId, whole.namespace.namespaceId],
    );
    const { model } = decodeArtefact(
      await module.get(ModelsService).artefact(access.namespace.namespaceId, 'incident-1'),
    );
    await postgres.query(`UPDATE model_states SET state = $2, ingest_seq = 0 WHERE namespace_id = $1`, [
      access.namespace.namespaceId,
      Buffer.from(serialiseState(emptyState(model, 0))),
    ]);
    await ingest(events.slice(900));
    expect(await doRefresh()).toMatchObject({ absorbed: events.length });
    const stateOf = async (of: AccessContext) => {
      const [row] = await postgres.query<{ state: Buffer }[]>(
        `SELECT state FROM model_states WHERE namespace_id = $1`,
        [of.namespace.namespaceId],
      );
      return deserialiseState(row?.state ?? Buffer.alloc(0), model);
    };
    const [one, other] = [await stateOf(whole), await stateOf(access)];
    expect(one.events).toBe(other.events);
    for (let i = 0; i < one.values.length; i++)
      expect(Math.abs((one.values[i] ?? 0) - (other.values[i] ?? 0))).toBeLessThanOrEqual(
        1e-9 * (one.values[i] ?? 0) + 1e-25,
      );
  }, 60_000);

  it('is not set back by a refresh that another has overtaken', async () => {
    await ingest(old);
    await doTrain();
    await doRefresh();
    await ingest(recent);
    const both = await Promise.all([doRefresh(), doRefresh()]);
    const absorbed = both.filter((result) => !('superseded' in result));
    expect(absorbed.length).toBeGreaterThanOrEqual(1);
    const seen = absorbed.map((one) => Number(one.absorbed) + Number(one.outside_region));
    expect(seen.reduce((sum, n) => sum + n, 0)).toBe(recent.length);
    expect(await doRefresh()).toMatchObject({ absorbed: 0 });
  }, 60_000);

  it('writes nothing once another process has taken the refresh over', async () => {
    await ingest(old);
    await doTrain();
    await doRefresh();
    await ingest(recent);
    const compute = inThisThread.run;
    const frozen = vi.spyOn(inThisThread, 'run').mockImplementationOnce(async (...args) => {
      const output = await compute(...args);
      // As it is where this process was frozen while it computed, and the other one has begun.
      await postgres.query(`UPDATE leases SET token = token + 1, holder = gen_random_uuid() WHERE name = $1`, [
        `surface.refresh ${access.namespace.namespaceId}/incident`,
      ]);
      return output;
    });
    const before = mapOf(live());
    await expect(doRefresh()).rejects.toMatchObject({ code: 'LOCK_LOST' });
    frozen.mockRestore();
    await live().follow();
    expect(mapOf(live())).toEqual(before);
    await postgres.query(`UPDATE leases SET expires_at = '-infinity'`);
    const after = await doRefresh();
    expect(Number(after.absorbed) + Number(after.outside_region)).toBe(recent.length);
  }, 60_000);

  it('says so where there is no surface, and waits for one where asked to', async () => {
    const surfaces = new LiveSurfaces(postgres, new AnswerVersions());
    expect(() => surfaces.require(access.namespace.namespaceId, 'incident')).toThrow('train a model of it');
    expect(() => surfaces.require(access.namespace.namespaceId, undefined)).toThrow('no active model yet');
    const appeared = surfaces.appearance(access.namespace.namespaceId, 'incident', new AbortController().signal);
    await ingest(old);
    await doTrain();
    await doRefresh();
    await surfaces.follow();
    await appeared;
    expect(surfaces.types(access.namespace.namespaceId)).toEqual(['incident']);
    expect(surfaces.find(access.namespace.namespaceId, undefined)?.head.modelVersion).toBe('incident-1');
    const never = surfaces.appearance('nowhere', 'x', AbortSignal.timeout(1));
    await expect(never).rejects.toThrow();
  }, 60_000);

  it('asks for a refresh after new events of what is in service, and when time has passed', async () => {
    await ingest(old);
    await doTrain();
    const asked = () =>
      postgres.query<{ params: { event_type: string } }[]>(
        `SELECT params FROM jobs WHERE type = 'surface.refresh' AND namespace_id = $1`,
        [access.namespace.namespaceId],
      );
    const untilAsked = async () => {
      const deadline = Date.now() + 10_000;
      while ((await asked()).length === 0) {
        if (Date.now() > deadline) throw new Error('No refresh was asked for');
        await delay(20);
      }
      expect(await asked()).toEqual([{ params: { event_type: 'incident' } }]);
      await postgres.query(`DELETE FROM jobs`);
    };
    await untilAsked();
    // Of a burst over two types, one of which has no model.
    await ingest(recent.slice(0, 60));
    await ingest(recent.slice(60).map((event) => ({ ...event, event_type: 'other' })));
    await untilAsked();
    await doRefresh();
    const clock = module.get(SurfaceClock);
    const look = (seconds: number) =>
      (Reflect.get(clock, 'look') as (seconds: number) => Promise<void>).call(clock, seconds);
    await look(3600);
    expect(await asked()).toEqual([]);
    await postgres.query(`UPDATE surfaces SET issued_at = issued_at - interval '2 hours' WHERE namespace_id = $1`, [
      access.namespace.namespaceId,
    ]);
    await look(3600);
    await untilAsked();
  }, 60_000);

  it('keeps the surface it has where the next one cannot be read', async () => {
    await ingest(old);
    await doTrain();
    await doRefresh();
    const surfaces = new LiveSurfaces(postgres, new AnswerVersions());
    await surfaces.follow();
    const before = mapOf(surfaces);
    await postgres.query(
      `UPDATE surfaces SET payload = 'damaged', version = nextval('surface_versions') WHERE namespace_id = $1`,
      [access.namespace.namespaceId],
    );
    await surfaces.follow();
    expect(mapOf(surfaces)).toEqual(before);
    await doRefresh();
    await surfaces.follow();
    expect(mapOf(surfaces).issued_at).not.toBe(before.issued_at);
  }, 60_000);
});
