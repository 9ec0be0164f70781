import { isDeepStrictEqual } from 'node:util';
import { latLngToCell } from 'h3-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AssessAnswer, CellDetail, CellFeatures, Event, Job, Model, Paged, Risk, RiskMap } from '#contracts';
import { CITY_RESOLUTION } from '#forecast';
import { startServer, type TestServer } from '#testing';
import { Client, ENV, expectProblem, until } from './platform.js';
import { createTown, sendBulk, toNdjson, TOWN_TYPE, townEvents, train } from './town.js';

interface Reply {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions: { code: string } }[];
}

let server: TestServer;
let town: Client;
let map: RiskMap;

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  const admin = new Client(server);
  await createTown(admin, 'town');
  town = admin.as(admin.token, 'town');
  expect((await sendBulk(town, toNdjson(townEvents(14)))).status).toBe(201);
  map = await train(town);
  await until('a risk', 30_000, async () => (await town.get<Paged<Risk>>('/risks')).data[0]);
});
afterAll(() => server.stop());

async function ask<T>(query: string, variables: object = {}, client = town): Promise<T> {
  const { data, errors } = await client.json<Reply>('POST', '//graphql', { query, variables }, 200);
  expect(errors ?? []).toEqual([]);
  return data as T;
}

it('answers in one request what REST answers in many', async () => {
  const query = `{
    namespace { namespace_id h3_resolution levels { MODERATE HIGH CRITICAL } }
    event_types { event_type events }
    events(limit: 5) { data { event_id timestamp lat lon cell event_type amount entity_id attrs } page { next_cursor has_more limit } }
    risks(limit: 5) { data { risk_id timestamp status level cell { id center { lat lon } } target_id event_type p_event expected_count
      horizon_hours model_version acknowledged_by comment updated_at version } page { next_cursor has_more limit } }
    models { data { model_version status passes events } }
    model(model_version: "${map.model_version}") { model_version parameters diagnostics notes scores { passes forecasters { name pai } } }
  }`;
  const data = await ask<Record<string, never>>(query);
  expect(data['events']).toEqual(await town.get<Paged<Event>>('/events?limit=5'));
  expect(data['risks']).toEqual(await town.get<Paged<Risk>>('/risks?limit=5'));
  const model = await town.get<Model>(`/models/${map.model_version}`);
  expect(data['model']).toMatchObject({
    parameters: model.parameters,
    diagnostics: model.diagnostics,
    notes: model.notes,
  });
});

it('shows jobs as REST does', async () => {
  // A refresh may come, start or end between the two.
  const newest = await until('the same newest job both ways', 10_000, async () => {
    const { jobs } = await ask<{ jobs: unknown }>('{ jobs(limit: 1) { data { job_id type state result params } } }');
    const { data } = await town.get<Paged<Job>>('/jobs?limit=1');
    const asked = data.map(({ job_id, type, state, result, params }) => ({ job_id, type, state, result, params }));
    return isDeepStrictEqual(jobs, { data: asked }) ? data : undefined;
  });
  expect(newest).toHaveLength(1);
});

it('shows the map with its highest cells first', async () => {
  const fields = 'cell p_event expected_count q05 q50 q95 expected_loss risk_score level';
  const data = await ask<{ risk_map: RiskMap; high: RiskMap }>(
    `{ risk_map(limit: 10) { model_version cell_count valid_to cells { ${fields} } } high: risk_map(min_level: HIGH, limit: 5000) { cell_count cells { level } } }`,
  );
  const byCount = map.cells.toSorted((a, b) => b.expected_count - a.expected_count);
  expect(data.risk_map.cell_count).toBe(map.cell_count);
  expect(data.risk_map.cells.map((cell) => cell.expected_count)).toEqual(
    byCount.slice(0, 10).map((cell) => cell.expected_count),
  );
  expect(map.cells).toContainEqual(data.risk_map.cells[0]);
  expect(data.high.cells.every(({ level }) => level === 'HIGH' || level === 'CRITICAL')).toBe(true);
});

it('assesses places as REST does', async () => {
  const [first] = map.cells;
  const cell = first?.cell ?? '';
  const center = (await town.get<CellDetail>(`/cells/${cell}`)).center;
  const data = await ask<{ assess: AssessAnswer }>(
    `query ($points: [PointInput!], $cells: [CellId!]) { assess(points: $points, cells: $cells, n_scenarios: 3, seed: 7, horizon_hours: 48) {
      horizon_hours assessments { cell point { lat lon } p_event expected_count level relative_risk scenarios { scenario_id count risk_value } } } }`,
    { points: [center], cells: [cell] },
  );
  const rest = await town.json<AssessAnswer>('POST', '/risk/assess', {
    points: [center],
    cells: [cell],
    n_scenarios: 3,
    seed: 7,
    horizon_hours: 48,
  });
  expect(data.assess.horizon_hours).toBe(48);
  expect(data.assess.assessments.map(({ p_event, scenarios }) => ({ p_event, scenarios }))).toEqual(
    rest.assessments.map(({ p_event, scenarios }) => ({ p_event, scenarios })),
  );
  expect(data.assess.assessments.map(({ point }) => point)).toEqual([center, null]);
});

it('shows a cell with its features', async () => {
  const [event] = (await town.get<Paged<Event>>('/events?limit=1')).data;
  const at = new Date().toISOString();
  const data = await ask<{ cell: CellDetail & { features: Record<string, unknown> } }>(
    `query ($cell: CellId!, $at: DateTime) { cell(cell: $cell) { cell area_km2 neighbors event_types { event_type events } risk { level }
      features(at: $at) { event_type counts { h1 h24 d7 d28 } rings { ring cells counts { d7 } } hour_of_week { index share } } } }`,
    { cell: event?.cell, at },
  );
  const features = await town.get<CellFeatures>(`/cells/${event?.cell}/features?at=${at}`);
  expect(data.cell.features).toMatchObject({
    event_type: TOWN_TYPE,
    counts: {
      h1: features.counts['1h'],
      h24: features.counts['24h'],
      d7: features.counts['7d'],
      d28: features.counts['28d'],
    },
    hour_of_week: { index: features.hour_of_week.index },
  });
  const elsewhere = latLngToCell(-45, 170, CITY_RESOLUTION);
  const { data: none, errors } = await town.json<Reply>(
    'POST',
    '//graphql',
    { query: `{ cell(cell: "${elsewhere}") { area_km2 } }` },
    200,
  );
  expect([none, errors?.map(({ extensions }) => extensions.code)]).toEqual([{ cell: null }, ['CELL_UNKNOWN']]);
});

it('shows watched places with their risk', async () => {
  const center = (await town.get<CellDetail>(`/cells/${map.cells[0]?.cell}`)).center;
  const group = await town.json<{ group_id: string }>('POST', '/groups', { name: 'Stations' }, 201);
  const target = await town.json<{ target_id: string }>(
    'POST',
    '/targets',
    { name: 'One', group_id: group.group_id, shape: { type: 'circle', center, radius_m: 900 } },
    201,
  );
  const data = await ask<Record<string, unknown>>(
    `query ($id: String!) { target(target_id: $id) { name group { name targets { name } } risk(horizon: 48) { p_event horizon_hours coverage } } groups { data { name } } }`,
    { id: target.target_id },
  );
  const rest = await town.get<{ p_event: number; coverage: number }>(`/targets/${target.target_id}/risk?horizon=48`);
  expect(data).toEqual({
    target: {
      name: 'One',
      group: { name: 'Stations', targets: [{ name: 'One' }] },
      risk: { p_event: rest.p_event, horizon_hours: 48, coverage: rest.coverage },
    },
    groups: { data: [{ name: 'Stations' }] },
  });
});

it('answers with problems outside of GraphQL, and with the limits of every address', async () => {
  expectProblem(
    await town.as(null).ask('POST', '//graphql', { json: { query: '{ me { name } }' } }),
    401,
    'TOKEN_MISSING',
  );
  expectProblem(await town.ask('GET', '//graphql?query={me{name}}'), 405, 'METHOD_NOT_ALLOWED');
  expectProblem(await town.ask('POST', '//graphql', { json: [{ query: '{ me { name } }' }] }), 400, 'REQUEST_INVALID');
  const answer = await town.ask('POST', '//graphql', { json: { query: '{ me { name } }' } });
  expect(answer.headers.get('ratelimit-limit')).not.toBeNull();
  expect(answer.headers.get('x-request-id')).not.toBeNull();
  expect(answer.headers.get('cache-control')).toBe('no-store');
});
