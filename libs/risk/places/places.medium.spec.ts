import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { cellArea, gridDisk, latLngToCell } from 'h3-js';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessConfig, AccessHttpModule, accessMigrations, NamespacesService, TokensService } from '#access';
import {
  type Group,
  group,
  type Problem,
  type Risk,
  type RiskStats,
  type Target,
  target,
  type TargetRisk,
} from '#contracts';
import { countQuantiles, probabilitiesOfAny } from '#forecast';
import { cover } from '#geo';
import { jobsMigrations } from '#jobs';
import {
  API_PREFIX,
  Cache,
  Config,
  createHttpApp,
  httpConfig,
  HttpModule,
  migratePostgres,
  OUTSIDE_PREFIX,
  PLATFORM_CONFIG,
  PlatformModule,
  Postgres,
  type Stores,
} from '#platform';
import { createDatabase, type TestDatabase } from '#testing';
import { riskMigrations } from '../migrations/index.js';
import { riskConfig } from '../risk.config.js';
import { RiskHttpModule } from '../risk.module.js';
import { RiskOpener } from '../risks/risk-opener.js';
import type { LiveSurface } from '../surfaces/live-surface.js';
import { LiveSurfaces } from '../surfaces/live-surfaces.js';
import { RiskView } from '../surfaces/risk-view.js';
import { WatchedTargets } from './watched-targets.js';

let database: TestDatabase;
let directory: string;
let app: NestFastifyApplication;
let namespace = '';
let made = 0;

const token = (of: string, scope: string) => `${of}-${scope.replace(':', '-')}-${'x'.repeat(40)}`;
const LEVELS = { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 };

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-places-'));
  const migrations = [...accessMigrations, ...jobsMigrations, ...riskMigrations];
  await migratePostgres(database.url, { DATABASE_POOL: 4 }, migrations, () => Promise.resolve());
  const config = Config.read([...PLATFORM_CONFIG, accessConfig, riskConfig], {
    LOG_LEVEL: 'silent',
    CLICKHOUSE_READ_CONNECTIONS: '2',
    RATE_LIMIT_PER_MINUTE: '100000',
  });
  const stores: Stores = {
    dataDir: directory,
    postgresUrl: database.url,
    clickhouse: { embeddedPath: join(directory, 'clickhouse') },
    redisUrl: undefined,
    close: () => Promise.resolve(),
  };
  @Module({
    imports: [
      PlatformModule.forRoot(config, stores),
      HttpModule,
      AccessHttpModule.forRoot(config.get(accessConfig)),
      RiskHttpModule,
    ],
  })
  class App {}
  app = await createHttpApp(App, { config: config.get(httpConfig) });
  app.setGlobalPrefix(API_PREFIX, { exclude: OUTSIDE_PREFIX });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(async () => {
  await app.close();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function newNamespace(resolution = 7): Promise<string> {
  const namespaceId = `n${made++}`;
  await app.get(NamespacesService).ensure({
    namespace_id: namespaceId,
    h3_resolution: resolution,
    time_zone: 'UTC',
    levels: LEVELS,
    amount_kind: 'amount',
  });
  for (const scope of ['risk:read', 'risk:write'] as const)
    await app.get(TokensService).ensure(token(namespaceId, scope), { name: scope, scopes: [scope], namespaceId });
  return namespaceId;
}
beforeEach(async () => {
  namespace = await newNamespace();
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Reply<T> {
  status: number;
  headers: Record<string, string>;
  body: T;
}

async function call<T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  payload?: object,
  options: { of?: string; ifMatch?: string } = {},
): Promise<Reply<T>> {
  const answer = await app.inject({
    method,
    url: `/${API_PREFIX}${path}`,
    headers: {
      authorization: `Bearer ${token(options.of ?? namespace, method === 'GET' ? 'risk:read' : 'risk:write')}`,
      ...(options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch }),
    },
    ...(payload ? { payload } : {}),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers as Record<string, string>,
    body: (answer.body === '' ? undefined : answer.json()) as T,
  };
}

const circleAt = (lat: number, lon: number, radius_m = 2_000) => ({
  type: 'circle' as const,
  center: { lat, lon },
  radius_m,
});
const aTarget = (over: object = {}) => ({ name: 'A place', shape: circleAt(43.65, -79.38), ...over });
const makeTarget = async (over: object = {}) => (await call<Target>('POST', '/targets', aTarget(over))).body;
const makeGroup = async (name = 'A group') => (await call<Group>('POST', '/groups', { name })).body;
const namesOf = async (path: string) => {
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Reply<{ data: { name: string }[]; page: { next_cursor: string | null } }> = await call(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    expect(page.status).toBe(200);
    names.push(...page.body.data.map(({ name }) => name));
    cursor = page.body.page.next_cursor;
  }
  return names;
};
const problemOf = ({ status, body }: Reply<unknown>) => {
  const { code, errors } = body as Problem;
  return { status, code, paths: errors.map(({ path }) => path) };
};
const audited = async (action: string) =>
  app
    .get(DataSource)
    .query<{ subject: string; before: unknown; after: unknown }[]>(
      `SELECT subject, before, after FROM audit_log WHERE namespace_id = $1 AND action = $2 ORDER BY audit_id`,
      [namespace, action],
    );

describe('groups', () => {
  it('are made, read, changed and deleted, each change with its version and in the audit log', async () => {
    const created = await call<Group>('POST', '/groups', { name: ' Schools ', attrs: { owner: 'board' } });
    expect(created.status).toBe(201);
    expect(group.parse(created.body)).toMatchObject({ name: 'Schools', description: null, version: 1 });
    const path = `/groups/${created.body.group_id}`;
    expect(created.headers).toMatchObject({ location: `/api/v1${path}`, etag: '"1"' });
    const read = await call<Group>('GET', path);
    expect(read.body).toEqual(created.body);
    expect(read.headers['etag']).toBe('"1"');

    const changed = await call<Group>('PATCH', path, { description: 'All of them' }, { ifMatch: '"1"' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Schools', description: 'All of them', version: 2 } });
    expect(changed.headers['etag']).toBe('"2"');
    // What was kept of it is not served any more.
    expect((await call<Group>('GET', path)).body).toEqual(changed.body);

    expect(problemOf(await call('DELETE', path, undefined, { ifMatch: '"1"' }))).toMatchObject({
      status: 412,
      code: 'VERSION_CONFLICT',
    });
    expect(await call('DELETE', path, undefined, { ifMatch: '"2"' })).toMatchObject({ status: 204, body: undefined });
    expect(problemOf(await call('GET', path))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await audited('group.patch')).toEqual([
      { subject: created.body.group_id, before: created.body, after: changed.body },
    ]);
    expect(await audited('group.delete')).toMatchObject([{ before: changed.body, after: null }]);
  });

  it('with targets go only when these are let go, who know it by their version', async () => {
    const { group_id } = await makeGroup();
    const { target_id } = await makeTarget({ group_id });
    await makeTarget({ name: 'elsewhere' });
    expect(problemOf(await call('DELETE', `/groups/${group_id}`))).toEqual({
      status: 409,
      code: 'GROUP_NOT_EMPTY',
      paths: ['targets'],
    });
    expect(problemOf(await call('DELETE', `/groups/${group_id}?targets=burn`))).toMatchObject({ status: 400 });
    expect((await call('DELETE', `/groups/${group_id}?targets=detach`)).status).toBe(204);
    expect((await call<Target>('GET', `/targets/${target_id}`)).body).toMatchObject({ group_id: null, version: 2 });
    expect(await audited('group.delete')).toMatchObject([{ after: { detached_targets: [target_id] } }]);
  });

  it('are listed newest first and by the beginning of their names', async () => {
    for (const name of ['Parks', 'park_s', 'par%ks', 'Schools', 'PARKING']) await makeGroup(name);
    expect(await namesOf('/groups')).toEqual(['PARKING', 'Schools', 'par%ks', 'park_s', 'Parks']);
    expect(await namesOf('/groups?q=PARK')).toEqual(['PARKING', 'park_s', 'Parks']);
    expect(await namesOf('/groups?q=park_')).toEqual(['park_s']);
    expect(await namesOf(`/groups?q=${encodeURIComponent('par%')}`)).toEqual(['par%ks']);
  });
});

describe('targets', () => {
  it('are made, read, changed and deleted, each change with its version and in the audit log', async () => {
    const { group_id } = await makeGroup();
    const created = await call<Target>('POST', '/targets', aTarget({ group_id, attrs: { kind: 'station' } }));
    expect(created.status).toBe(201);
    const expected = cover(circleAt(43.65, -79.38), 7, 1_000);
    expect(target.parse(created.body)).toMatchObject({
      name: 'A place',
      group_id,
      shape: circleAt(43.65, -79.38),
      attrs: { kind: 'station' },
      levels: null,
      cells_count: expected.cells.length,
      version: 1,
    });
    expect(created.body.area_km2).toBeCloseTo(Math.PI * 4, 3);
    const path = `/targets/${created.body.target_id}`;
    expect(created.headers).toMatchObject({ location: `/api/v1${path}`, etag: '"1"' });
    expect((await call<Target>('GET', path)).body).toEqual(created.body);

    const changed = await call<Target>('PATCH', path, { shape: circleAt(10, 10, 50), group_id: null, levels: LEVELS });
    expect(changed).toMatchObject({
      status: 200,
      body: { group_id: null, cells_count: 1, levels: LEVELS, version: 2 },
    });
    expect((await call<Target>('GET', path)).body).toEqual(changed.body);
    expect((await call('DELETE', path)).status).toBe(204);
    expect(problemOf(await call('GET', path))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(problemOf(await call('DELETE', path))).toMatchObject({ status: 404 });
    expect(await audited('target.create')).toMatchObject([{ before: null, after: created.body }]);
    expect(await audited('target.patch')).toMatchObject([{ before: created.body, after: changed.body }]);
    expect(await audited('target.delete')).toMatchObject([{ before: changed.body, after: null }]);
  });

  it('are nobody else’s', async () => {
    const { group_id } = await makeGroup();
    const { target_id } = await makeTarget({ group_id });
    const other = { of: await newNamespace() };
    for (const path of [`/targets/${target_id}`, `/groups/${group_id}`]) {
      expect((await call('GET', path, undefined, other)).status).toBe(404);
      expect((await call('PATCH', path, { name: 'x' }, other)).status).toBe(404);
      expect((await call('DELETE', path, undefined, other)).status).toBe(404);
    }
    expect((await call('GET', `/targets/${target_id}/risk`, undefined, other)).status).toBe(404);
    expect(problemOf(await call('POST', '/targets', aTarget({ group_id }), other))).toEqual({
      status: 422,
      code: 'GROUP_UNKNOWN',
      paths: ['group_id'],
    });
    for (const list of ['/targets', '/groups', `/targets?group_id=${group_id}`])
      expect((await call<{ data: unknown[] }>('GET', list, undefined, other)).body.data).toEqual([]);
    expect((await call('GET', `/targets/${target_id}`)).status).toBe(200);
  });

  it.each<[string, object, number, string, string]>([
    ['no name', { name: ' ' }, 400, 'REQUEST_INVALID', 'name'],
    ['no shape', { shape: undefined }, 400, 'REQUEST_INVALID', 'shape'],
    ['a shape of no kind', { shape: { type: 'square' } }, 400, 'REQUEST_INVALID', 'shape.type'],
    ['no radius', { shape: circleAt(0, 0, 0) }, 400, 'REQUEST_INVALID', 'shape.radius_m'],
    ['too large a radius', { shape: circleAt(0, 0, 200_001) }, 400, 'REQUEST_INVALID', 'shape.radius_m'],
    ['a place that is none', { shape: circleAt(91, 0) }, 400, 'REQUEST_INVALID', 'shape.center.lat'],
    ['something more', { color: 'red' }, 400, 'REQUEST_INVALID', ''],
    ['levels that fall', { levels: { ...LEVELS, HIGH: 0.01 } }, 400, 'REQUEST_INVALID', 'levels'],
    ['a group that is none', { group_id: 'grp_00000000' }, 422, 'GROUP_UNKNOWN', 'group_id'],
    [
      'an open ring',
      {
        shape: {
          type: 'polygon',
          coordinates: [
            [
              [0, 0],
              [1, 0],
              [1, 1],
              [0, 1],
            ],
          ],
        },
      },
      422,
      'SHAPE_INVALID',
      'shape.coordinates.0',
    ],
    [
      'a bow tie',
      {
        shape: {
          type: 'polygon',
          coordinates: [
            [
              [0, 0],
              [1, 1],
              [1, 0],
              [0, 1],
              [0, 0],
            ],
          ],
        },
      },
      422,
      'SHAPE_INVALID',
      'shape.coordinates.0.0',
    ],
    [
      'a corner nowhere',
      {
        shape: {
          type: 'polygon',
          coordinates: [
            [
              [0, 0],
              [1, 1],
              [1, 95],
              [0, 0],
            ],
          ],
        },
      },
      400,
      'REQUEST_INVALID',
      'shape.coordinates.0.2.1',
    ],
    [
      'a country',
      {
        shape: {
          type: 'polygon',
          coordinates: [
            [
              [0, 0],
              [3, 0],
              [3, 3],
              [0, 3],
              [0, 0],
            ],
          ],
        },
      },
      422,
      'SHAPE_TOO_LARGE',
      'shape',
    ],
  ])('with %s are refused with its path', async (_, over, status, code, path) => {
    expect(problemOf(await call('POST', '/targets', aTarget(over)))).toEqual({ status, code, paths: [path] });
  });

  it('take a circle of 200 km at resolution 7', async () => {
    const created = await call<Target>('POST', '/targets', aTarget({ shape: circleAt(43.65, -79.38, 200_000) }));
    expect(created.status).toBe(201);
    expect(created.body.cells_count).toBeGreaterThan(20_000);
  });

  it('are made many at once, or none', async () => {
    const { group_id } = await makeGroup();
    const some = Array.from({ length: 1_000 }, (_, i) => aTarget({ name: `t${i}`, group_id }));
    const bad = some.with(
      3,
      aTarget({
        shape: {
          type: 'polygon',
          coordinates: [
            [
              [0, 0],
              [1, 1],
              [1, 0],
              [0, 1],
              [0, 0],
            ],
          ],
        },
      }),
    );
    bad[7] = aTarget({
      shape: {
        type: 'polygon',
        coordinates: [
          [
            [0, 0],
            [0, 0],
            [1, 0],
            [0, 0],
          ],
        ],
      },
    });
    expect(problemOf(await call('POST', '/targets/bulk', { targets: bad }))).toEqual({
      status: 422,
      code: 'SHAPE_INVALID',
      paths: ['targets.3.shape.coordinates.0.0', 'targets.7.shape.coordinates.0.1'],
    });
    const strangers = some.with(999, aTarget({ group_id: 'grp_00000000' }));
    expect(problemOf(await call('POST', '/targets/bulk', { targets: strangers }))).toEqual({
      status: 422,
      code: 'GROUP_UNKNOWN',
      paths: ['targets.999.group_id'],
    });
    expect((await call<{ data: unknown[] }>('GET', '/targets')).body.data).toEqual([]);
    expect(await audited('target.create')).toEqual([]);

    const created = await call<{ created: number; targets: Target[] }>('POST', '/targets/bulk', { targets: some });
    expect(created).toMatchObject({ status: 201, body: { created: 1_000 } });
    expect(created.body.targets.map(({ name }) => name)).toEqual(some.map(({ name }) => name));
    expect(await audited('target.create')).toHaveLength(1_000);
    expect(problemOf(await call('POST', '/targets/bulk', { targets: [...some, ...some] }))).toMatchObject({
      status: 400,
      paths: ['targets'],
    });
    expect(problemOf(await call('POST', '/targets/bulk', { targets: [] }))).toMatchObject({ status: 400 });
    // Twelve circles of 200 km are more than one request may ask for.
    const vast = Array.from({ length: 12 }, () => aTarget({ shape: circleAt(43.65, -79.38, 200_000) }));
    expect(problemOf(await call('POST', '/targets/bulk', { targets: vast }))).toEqual({
      status: 422,
      code: 'SHAPE_TOO_LARGE',
      paths: ['targets.10.shape'],
    });
  });

  it('that are changed by several at once with the same version are changed by one', async () => {
    const { target_id } = await makeTarget();
    const path = `/targets/${target_id}`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => call<Target>('PATCH', path, { name: `by ${i}` }, { ifMatch: '"1"' })),
    );
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(7);
    const winner = answers.find(({ status }) => status === 200);
    expect((await call<Target>('GET', path)).body).toEqual(winner?.body);
    expect(winner?.body.version).toBe(2);
    expect(await audited('target.patch')).toHaveLength(1);
  });

  it('are listed by group, name, box and cell, over pages, wherever they lie', async () => {
    const { group_id } = await makeGroup();
    await makeTarget({ name: 'Toronto', group_id });
    await makeTarget({ name: 'Fiji', shape: circleAt(-17, 179.99, 9_000), group_id });
    await makeTarget({ name: 'Fiji west', shape: circleAt(-17, 179.5, 1_000) });
    await makeTarget({ name: 'Fiji east', shape: circleAt(-17, -179.5, 1_000) });
    await makeTarget({ name: 'North pole', shape: circleAt(90, 0, 5_000) });
    await makeTarget({
      name: 'South pole',
      shape: {
        type: 'polygon',
        coordinates: [
          [
            [0, -89.9],
            [120, -89.9],
            [-120, -89.9],
            [0, -89.9],
          ],
        ],
      },
    });
    expect(await namesOf('/targets')).toEqual([
      'South pole',
      'North pole',
      'Fiji east',
      'Fiji west',
      'Fiji',
      'Toronto',
    ]);
    expect(await namesOf(`/targets?group_id=${group_id}`)).toEqual(['Fiji', 'Toronto']);
    expect(await namesOf('/targets?q=fiji')).toEqual(['Fiji east', 'Fiji west', 'Fiji']);
    expect(await namesOf(`/targets?q=fiji&group_id=${group_id}`)).toEqual(['Fiji']);
    const boxed = (box: string) => namesOf(`/targets?bbox=${box}`);
    expect(await boxed('-80,43,-79,44')).toEqual(['Toronto']);
    expect(await boxed('179.4,-18,-179.4,-16')).toEqual(['Fiji east', 'Fiji west', 'Fiji']);
    expect(await boxed('-179.98,-18,-179,-16')).toEqual(['Fiji east', 'Fiji']);
    expect(await boxed('179,-18,179.8,-16')).toEqual(['Fiji west']);
    expect(await boxed('-180,-90,180,90')).toHaveLength(6);
    expect(await boxed('50,89.99,51,90')).toEqual(['North pole']);
    expect(await boxed('50,-90,51,-89.99')).toEqual(['South pole']);
    const inCell = (lat: number, lon: number) => namesOf(`/targets?cell=${latLngToCell(lat, lon, 7)}`);
    expect(await inCell(43.65, -79.38)).toEqual(['Toronto']);
    expect(await inCell(-17, 179.99)).toEqual(['Fiji']);
    expect(await inCell(-17, -179.95)).toEqual(['Fiji']);
    expect(await inCell(90, 0)).toEqual(['North pole']);
    expect(await inCell(-89.99, 77)).toEqual(['South pole']);
    expect(await inCell(43.7, -79.38)).toEqual([]);
    expect(problemOf(await call('GET', `/targets?cell=${latLngToCell(0, 0, 6)}`))).toMatchObject({
      code: 'CELL_RESOLUTION_WRONG',
    });
  });

  it('in a cell are those whose cover has it', async () => {
    const shapes = [circleAt(43.65, -79.38, 4_000), circleAt(43.66, -79.36, 500), circleAt(43.6, -79.3, 2_500)];
    for (const [i, shape] of shapes.entries()) await makeTarget({ name: `t${i}`, shape });
    for (const cell of gridDisk(latLngToCell(43.65, -79.38, 7), 3)) {
      const expected = shapes.flatMap((shape, i) => (cover(shape, 7, 1_000).cells.includes(cell) ? [`t${i}`] : []));
      expect((await namesOf(`/targets?cell=${cell}`)).toSorted()).toEqual(expected);
    }
  });
});

/** Cells around a place with these means; what the surface says at 24 hours and twice as much at 48. */
function surfaceOf(
  means: (cell: string, i: number) => number,
  version = 1,
  eventType = 'fire',
  issuedAt = new Date(Date.UTC(2026, 0, 1, version)),
): LiveSurface {
  const cells = gridDisk(latLngToCell(43.65, -79.38, 7), 3);
  const indexOf = (cell: string) => cells.indexOf(cell);
  const region = { cells, indexOf };
  const views = new Map<number, RiskView>();
  const view = (horizon: number) => {
    const expectedCount = Float64Array.from(cells, (cell, i) => (means(cell, i) * horizon) / 24);
    const [q05, q50, q95] = countQuantiles(expectedCount, [0.05, 0.5, 0.95], 1.5);
    const none = new Uint32Array();
    const slice = {
      cells,
      dispersion: 1.5,
      expectedCount,
      expectedLoss: expectedCount.map((mean) => 1_000 * mean),
      pEvent: probabilitiesOfAny(expectedCount, 1.5),
      q05: q05 ?? none,
      q50: q50 ?? none,
      q95: q95 ?? none,
    };
    return new RiskView(slice, horizon, indexOf);
  };
  return {
    head: { namespaceId: namespace, eventType, version, modelVersion: `${eventType}-1`, issuedAt, dataUntil: issuedAt },
    surface: { region },
    view: (horizon: number) => {
      const known = views.get(horizon) ?? view(horizon);
      views.set(horizon, known);
      return known;
    },
  } as unknown as LiveSurface;
}

/** Makes it the one of the namespace. */
function serve(surface: LiveSurface): void {
  vi.spyOn(app.get(LiveSurfaces), 'require').mockReturnValue(surface);
}
const riskOf = (targetId: string, query = '') => call<TargetRisk>('GET', `/targets/${targetId}/risk${query}`);

describe('the risk of a target', () => {
  it('adds its cells up by the shares of their areas', async () => {
    const mean = (_: string, i: number) => 0.05 + i / 100;
    const surface = surfaceOf(mean);
    serve(surface);
    const { target_id } = await makeTarget();
    const { cells, shares } = cover(circleAt(43.65, -79.38), 7, 1_000);
    const indexOf = (cell: string) => surface.surface.region.indexOf(cell);
    const count = cells.reduce((sum, cell, i) => sum + (shares[i] ?? 0) * mean(cell, indexOf(cell)), 0);
    const answer = await riskOf(target_id);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      target_id,
      event_type: 'fire',
      model_version: 'fire-1',
      issued_at: '2026-01-01T01:00:00.000Z',
      valid_to: '2026-01-02T01:00:00.000Z',
      horizon_hours: 24,
      coverage: 1,
    });
    expect(answer.body.expected_count).toBeCloseTo(count, 4);
    expect(answer.body.expected_loss).toBeCloseTo(1_000 * count, 1);
    const twice = await riskOf(target_id, '?horizon=48&event_type=fire');
    expect(twice.body.expected_count).toBeCloseTo(2 * count, 4);
    expect(twice.body.p_event).toBeGreaterThan(answer.body.p_event);
    expect(twice.body.valid_to).toBe('2026-01-03T01:00:00.000Z');
  });

  it('of a small place in one cell is the share of the cell', async () => {
    serve(surfaceOf(() => 0.4));
    const { target_id } = await makeTarget({ shape: circleAt(43.65, -79.38, 10) });
    const share = (Math.PI * 1e-4) / cellArea(latLngToCell(43.65, -79.38, 7), 'km2');
    const { body } = await riskOf(target_id);
    expect(body.expected_count / (0.4 * share)).toBeCloseTo(1, 3);
    expect(body.p_event / (0.4 * share)).toBeCloseTo(1, 3);
    expect(body).toMatchObject({ level: 'LOW', q95: 0, relative_risk: 1 });
  });

  it('says how much of it the surface covers, and is none where that is nothing', async () => {
    serve(surfaceOf(() => 0.4));
    const near = await makeTarget({ shape: circleAt(43.65, -79.38, 30_000) });
    const { body } = await riskOf(near.target_id);
    expect(body.coverage).toBeGreaterThan(0.03);
    expect(body.coverage).toBeLessThan(0.1);
    const far = await makeTarget({ shape: circleAt(10, 10) });
    expect(problemOf(await riskOf(far.target_id))).toEqual({ status: 404, code: 'CELL_UNKNOWN', paths: ['target_id'] });
  });

  it('follows the target when that is changed, and goes with it', async () => {
    serve(surfaceOf(() => 0.1));
    const { target_id } = await makeTarget();
    const before = (await riskOf(target_id)).body;
    await call('PATCH', `/targets/${target_id}`, { shape: circleAt(43.65, -79.38, 1_000) });
    expect((await riskOf(target_id)).body.expected_count / before.expected_count).toBeCloseTo(1 / 4, 2);
    await call('PATCH', `/targets/${target_id}`, { levels: { MODERATE: 1e-6, HIGH: 1e-5, CRITICAL: 1e-4 } });
    expect((await riskOf(target_id)).body.level).toBe('CRITICAL');
    await call('DELETE', `/targets/${target_id}`);
    expect((await riskOf(target_id)).status).toBe(404);
  });

  it.each(['?horizon=0', '?horizon=721', '?horizon=x', '?horizon=1.5', '?event_type='])('refuses %s', async (query) => {
    serve(surfaceOf(() => 0.1));
    const { target_id } = await makeTarget();
    expect((await riskOf(target_id, query)).status).toBe(400);
  });
});

describe('risks of targets', () => {
  const watched = () => new WatchedTargets(app.get(Postgres));
  async function reconcile(surface: LiveSurface, watching = watched()) {
    const targets = await watching.find(surface, 24, LEVELS, 0.9);
    const { namespaceId, eventType, modelVersion, issuedAt } = surface.head;
    return new RiskOpener(app.get(Postgres), app.get(Cache)).reconcile({
      namespaceId,
      eventType,
      modelVersion,
      issuedAt,
      hot: [],
      expireBelow: 0.9 * LEVELS.HIGH,
      pEventOf: () => 0,
      targets,
    });
  }
  const risks = async (query = '') => (await call<{ data: Risk[] }>('GET', `/risks${query}`)).body.data;

  it('open, follow, and expire as those of cells do, by thresholds of their own', async () => {
    const { group_id } = await makeGroup();
    const hot = await makeTarget({ name: 'hot', group_id });
    await makeTarget({ name: 'far', shape: circleAt(10, 10) });
    await makeTarget({ name: 'patient', levels: { MODERATE: 0.9, HIGH: 0.95, CRITICAL: 0.99 } });
    const keen = await makeTarget({ name: 'keen', levels: { MODERATE: 0.001, HIGH: 0.01, CRITICAL: 0.3 } });
    const watching = watched();
    expect(
      await reconcile(
        surfaceOf(() => 0.12),
        watching,
      ),
    ).toEqual({ opened: 2, expired: 0 });
    const [risk] = await risks(`?target_id=${hot.target_id}`);
    expect(risk).toMatchObject({
      target_id: hot.target_id,
      status: 'open',
      level: 'HIGH',
      event_type: 'fire',
      version: 1,
    });
    // It lies in several cells; shown is the one that holds most of it.
    expect(risk?.cell.id).toBe(latLngToCell(43.65, -79.38, 7));
    serve(surfaceOf(() => 0.12));
    expect(risk?.p_event).toBeCloseTo((await riskOf(hot.target_id)).body.p_event, 4);
    expect(await risks(`?group_id=${group_id}`)).toEqual([risk]);
    expect(await risks(`?group_id=grp_00000000`)).toEqual([]);

    expect(
      await reconcile(
        surfaceOf(() => 0.2, 2),
        watching,
      ),
    ).toEqual({ opened: 0, expired: 0 });
    expect(await risks(`?target_id=${hot.target_id}`)).toMatchObject([{ risk_id: risk?.risk_id, version: 2 }]);
    // The keen one's is over its threshold still.
    expect(
      await reconcile(
        surfaceOf(() => 0.01, 3),
        watching,
      ),
    ).toEqual({ opened: 0, expired: 1 });
    expect((await risks('?status=open')).map(({ target_id }) => target_id)).toEqual([keen.target_id]);
    // A target that grew is looked at anew.
    await call('PATCH', `/targets/${hot.target_id}`, { levels: { MODERATE: 1e-5, HIGH: 1e-4, CRITICAL: 0.9 } });
    expect(
      await reconcile(
        surfaceOf(() => 0.01, 4),
        watching,
      ),
    ).toEqual({ opened: 1, expired: 0 });
  });

  it('stand beside that of the cell they lie in, one a target and type however many reconcile at once', async () => {
    const a = await makeTarget();
    const b = await makeTarget();
    const results = await Promise.all([1, 2, 3, 4].map((version) => reconcile(surfaceOf(() => 0.2, version))));
    expect(results.reduce((sum, { opened }) => sum + opened, 0)).toBe(2);
    await reconcile(surfaceOf(() => 0.2, 5, 'flood'));
    expect((await risks('?status=open')).map(({ target_id, event_type }) => `${target_id} ${event_type}`)).toEqual(
      expect.arrayContaining([a, b].flatMap(({ target_id }) => [`${target_id} fire`, `${target_id} flood`])),
    );
    expect(await risks('?status=open')).toHaveLength(4);
  });

  it('expire with their target and stay for the record', async () => {
    const { target_id } = await makeTarget();
    await reconcile(surfaceOf(() => 0.2));
    const [risk] = await risks();
    expect((await call<Risk>('GET', `/risks/${risk?.risk_id}`)).body.status).toBe('open');
    expect((await call('DELETE', `/targets/${target_id}`)).status).toBe(204);
    expect(await risks(`?target_id=${target_id}`)).toMatchObject([{ target_id, status: 'expired' }]);
    expect((await call<Risk>('GET', `/risks/${risk?.risk_id}`)).body.status).toBe('expired');
    expect(await reconcile(surfaceOf(() => 0.2, 2))).toEqual({ opened: 0, expired: 0 });
  });

  it('are not opened for a target that goes meanwhile', async () => {
    for (let round = 0; round < 10; round++) {
      const { target_id } = await makeTarget();
      await Promise.all([reconcile(surfaceOf(() => 0.2, round)), call('DELETE', `/targets/${target_id}`)]);
      expect(await risks(`?target_id=${target_id}&status=open`)).toEqual([]);
    }
  });

  it('are counted', async () => {
    const { group_id } = await makeGroup();
    const { target_id } = await makeTarget({ group_id });
    await makeTarget();
    await reconcile(surfaceOf(() => 0.2, 1, 'fire', new Date()));
    const [risk] = await risks(`?target_id=${target_id}`);
    await call('PATCH', `/risks/${risk?.risk_id}`, { status: 'acknowledged' });
    const { body } = await call<RiskStats>('GET', '/risks/stats');
    expect(body).toMatchObject({
      total: 2,
      complete: true,
      by_status: { open: 1, acknowledged: 1, resolved: 0, expired: 0 },
      by_event_type: { fire: 2 },
    });
    expect(body.opened_per_day.at(-1)?.opened).toBe(2);
    expect(body.mean_time_to_acknowledge_seconds).toBeLessThan(60);
    for (const query of [`target_id=${target_id}`, `group_id=${group_id}`])
      expect((await call<RiskStats>('GET', `/risks/stats?${query}`)).body).toMatchObject({
        total: 1,
        by_status: { acknowledged: 1 },
      });
    expect((await call<RiskStats>('GET', '/risks/stats?event_type=flood')).body.total).toBe(0);
  });
});
