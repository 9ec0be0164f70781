import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchAnswer, Group, Paged, Risk, Target } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { type Answer, Client, ENV, expectProblem, until } from './platform.js';
import { createTown, sendBulk, toNdjson, townEvents, train } from './town.js';

// Who may call which route, and that an address of the other namespace leads nowhere, is what rights.spec.ts shows. Here
// it is what stands inside of a request: filters, bodies, cursors and headers that name what is the other's.

/** In every name, id and text of the one namespace, and nowhere else: an answer to the other that holds it is a leak. */
const MARK = 'alpha';

let server: TestServer;
let admin: Client;
let alpha: Client;
let beta: Client;
let risk: Risk;
let group: Group;
let target: Target;

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  admin = new Client(server);
  await createTown(admin, MARK);
  alpha = admin.as(admin.token, MARK);
  const events = townEvents(14, 21).map((event, i) => ({
    ...event,
    event_id: `${MARK}-${i}`,
    event_type: `${MARK}-fire`,
    entity_id: `${MARK}-station`,
  }));
  expect((await sendBulk(alpha, toNdjson(events))).status).toBe(201);
  await train(alpha, `${MARK}-fire`);
  risk = await until('a risk', 30_000, async () => (await alpha.get<Paged<Risk>>('/risks')).data[0]);
  group = await alpha.json<Group>('POST', '/groups', { name: `${MARK} group` });
  const shape = { type: 'circle', center: risk.cell.center, radius_m: 500 };
  const inputs = ['one', 'two'].map((name) => ({ name: `${MARK} ${name}`, group_id: group.group_id, shape }));
  target = await alpha.json<Target>('POST', '/targets', inputs[0]);
  await alpha.json<Target>('POST', '/targets', inputs[1]);
  await alpha.json<Group>('POST', '/groups', { name: `${MARK} other group` });
  await alpha.newToken(['risk:read'], `${MARK} reader`);
  await alpha.newToken(['risk:read'], `${MARK} reader too`);
  // The other one has the same grid and events of its own, elsewhere.
  await admin.json('POST', '/namespaces', { namespace_id: 'beta', h3_resolution: 8 });
  beta = admin.as(admin.token, 'beta');
  const own = Array.from({ length: 5 }, (_, i) => ({
    event_id: `own-${i}`,
    timestamp: '2026-01-01T00:00:00Z',
    lat: 48.8,
    lon: 2.3,
    event_type: 'theft',
  }));
  await beta.json('POST', '/events', { events: own });
});

afterAll(() => server.stop());

it.each(['//health', '//ready'])('%s answers everyone, and tells nothing of anybody', async (path) => {
  const answer = await new Client(server, null).ask('GET', path);
  expect(answer.status).toBe(200);
  expect(answer.text).not.toMatch(/alpha|beta|\d+\.\d+\.\d+\.\d+|password/);
});

describe('a filter that names what is of the other namespace', () => {
  const whole = 'bbox=-180,-90,180,90';

  it('finds nothing', async () => {
    const { lon, lat } = risk.cell.center;
    const around = [lon - 1, lat - 1, lon + 1, lat + 1].join(',');
    for (const path of [
      `/events?event_type=${MARK}-fire`,
      `/events?entity_id=${MARK}-station`,
      `/events?cell=${risk.cell.id}`,
      `/events?bbox=${around}`,
      `/risks?cell=${risk.cell.id}`,
      `/risks?${whole}`,
      `/risks?target_id=${target.target_id}`,
      `/risks?group_id=${group.group_id}`,
      `/models?event_type=${MARK}-fire`,
      `/features/snapshot?event_type=${MARK}-fire`,
      `/targets?group_id=${group.group_id}`,
      `/targets?q=${MARK}`,
      `/targets?${whole}`,
      `/groups?q=${MARK}`,
    ]) {
      const { data } = await beta.get<Paged<unknown>>(path);
      expect(data, path).toEqual([]);
    }
    for (const path of [`/risks/stats?target_id=${target.target_id}`, `/risks/stats?group_id=${group.group_id}`])
      expect(await beta.get<{ total: number }>(path), path).toMatchObject({ total: 0 });
    expectProblem(await beta.ask('GET', `/risk-map?event_type=${MARK}-fire`), 404, 'SURFACE_NOT_READY');
    const all = await beta.get<{ data: unknown[] }>('/features/snapshot?event_type=all');
    expect(all.data).toHaveLength(1);
  });

  it('finds it for one of the house', async () => {
    for (const path of [
      `/events?event_type=${MARK}-fire`,
      `/events?entity_id=${MARK}-station`,
      `/risks?cell=${risk.cell.id}`,
      `/models?event_type=${MARK}-fire`,
      `/targets?group_id=${group.group_id}`,
      `/targets?q=${MARK}`,
      `/groups?q=${MARK}`,
    ])
      expect((await alpha.get<Paged<unknown>>(path)).data, path).not.toEqual([]);
  });

  it.each(['csv', 'ndjson', 'parquet', 'arrow'])('finds nothing as %s either', async (format) => {
    for (const path of [`/events?event_type=${MARK}-fire`, `/risks?cell=${risk.cell.id}`]) {
      const { status, text } = await beta.ask('GET', `${path}&format=${format}`);
      expect([status, text.includes(MARK)], path).toEqual([200, false]);
    }
  });
});

describe('a body that names what is of the other namespace', () => {
  it('puts no target into its groups', async () => {
    const shape = { type: 'circle', center: { lat: 48.8, lon: 2.3 }, radius_m: 500 };
    const input = { name: 'mine', group_id: group.group_id, shape };
    const before = await alpha.get<Paged<Target>>(`/targets?group_id=${group.group_id}`);
    expectProblem(await beta.ask('POST', '/targets', { json: input }), 422, 'GROUP_UNKNOWN');
    const own = await beta.json<Target>('POST', '/targets', { ...input, group_id: null });
    const patch = { json: { group_id: group.group_id } };
    expectProblem(await beta.ask('PATCH', `/targets/${own.target_id}`, patch), 422, 'GROUP_UNKNOWN');
    expect(await alpha.get<Paged<Target>>(`/targets?group_id=${group.group_id}`)).toEqual(before);
    await beta.ask('DELETE', `/targets/${own.target_id}`);
  });

  it('gets no assessment from its models', async () => {
    const json = { cells: [risk.cell.id], event_type: `${MARK}-fire` };
    expectProblem(await beta.ask('POST', '/risk/assess', { json }), 404, 'SURFACE_NOT_READY');
  });

  it('in a batch finds nothing, whatever namespace an operation would like to be of', async () => {
    const reader = admin.as((await beta.newToken(['risk:read', 'risk:write'])).token);
    const operations = [
      { id: 'read', method: 'GET', path: `/risks/${risk.risk_id}` },
      { id: 'list', method: 'GET', path: `/targets?q=${MARK}` },
      { id: 'write', method: 'PATCH', path: `/risks/${risk.risk_id}`, body: { comment: 'mine' } },
    ];
    const { results } = await reader.json<BatchAnswer>('POST', '/batch', { operations }, 200);
    expect(results.map(({ status }) => status)).toEqual([404, 200, 404]);
    expect(results[1]?.body).toMatchObject({ data: [] });
    expect(await alpha.get<Risk>(`/risks/${risk.risk_id}`)).toMatchObject({ comment: null });
  });
});

it('a cursor of the one is none in the other', async () => {
  for (const list of ['/events', '/targets', '/groups', '/tokens', '/audit-log']) {
    const page = await alpha.get<Paged<unknown>>(`${list}?limit=1`);
    expect(page.page.has_more, list).toBe(true);
    const address = `${list}?limit=1&cursor=${page.page.next_cursor}`;
    expectProblem(await beta.ask('GET', address), 400, 'CURSOR_INVALID', 'cursor');
    expect((await alpha.get<Paged<unknown>>(address)).data, list).toHaveLength(1);
  }
});

it('an entity tag of the one is not the other’s, and what is kept for the one is not sent to the other', async () => {
  for (const path of ['/targets', '/event-types', '/namespaces/alpha', '/risks/stats']) {
    const kept: Answer[] = [await alpha.ask('GET', path), await alpha.ask('GET', path)];
    const tag = kept[1]?.headers.get('etag') ?? '';
    expect((await alpha.ask('GET', path, { headers: { 'if-none-match': tag } })).status, path).toBe(304);
    if (path.startsWith('/namespaces')) continue;
    const other = await beta.ask('GET', path, { headers: { 'if-none-match': tag } });
    expect([other.status, other.text.includes(MARK)], path).toEqual([200, false]);
  }
});
