import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, type Paged, type Risk, type Scope, SCOPES } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { type Answer, Client, ENV, expectProblem, until } from './platform.js';
import { createTown, sendBulk, toNdjson, townEvents, train } from './town.js';

/** In every name, id and text of the one namespace, and nowhere else: an answer to the other that holds it is a leak. */
const MARK = 'alpha';

let server: TestServer;
let admin: Client;
let alpha: Client;
let beta: Client;
let ids: { risk: string; job: string; model: string; cell: string; token: string };

interface Route {
  /** What its caller needs; `public` where nobody is asked. */
  scope: Scope | 'any' | 'public';
  /** Of no namespace: an administrator's matter, whatever X-Namespace says. */
  global?: true;
  body?: unknown;
  /** What asking for something of the other namespace is answered with; left out where the address names nothing. */
  foreign?: [status: number, code: string];
}

/** Every route of the platform. The first test holds it against those that the process itself says it has. */
const ROUTES: Record<string, Route> = {
  'GET /api/v1/namespaces': { scope: 'any', global: true },
  'POST /api/v1/namespaces': { scope: 'admin', global: true, body: { namespace_id: 'A bad id' } },
  'GET /api/v1/namespaces/:namespace_id': { scope: 'any', global: true, foreign: [404, 'NAMESPACE_NOT_FOUND'] },
  'PATCH /api/v1/namespaces/:namespace_id': { scope: 'admin', global: true, body: {} },
  'GET /api/v1/tokens/self': { scope: 'any' },
  'GET /api/v1/tokens': { scope: 'admin' },
  'POST /api/v1/tokens': { scope: 'admin', body: { name: '', scopes: [] } },
  'POST /api/v1/tokens/:token_id/rotate': { scope: 'admin', body: {}, foreign: [404, 'NOT_FOUND'] },
  'DELETE /api/v1/tokens/:token_id': { scope: 'admin', foreign: [404, 'NOT_FOUND'] },
  'POST /api/v1/jobs': { scope: 'jobs', body: { type: 'none' } },
  'GET /api/v1/jobs': { scope: 'admin' },
  'GET /api/v1/jobs/:job_id': { scope: 'jobs', foreign: [404, 'NOT_FOUND'] },
  'POST /api/v1/events': { scope: 'events:write', body: { events: [] } },
  'POST /api/v1/events/bulk': { scope: 'events:write', body: {} },
  'GET /api/v1/events': { scope: 'risk:read' },
  'GET /api/v1/event-types': { scope: 'risk:read' },
  'GET /api/v1/cells/:cell': { scope: 'risk:read', foreign: [404, 'CELL_UNKNOWN'] },
  'GET /api/v1/cells/:cell/features': { scope: 'risk:read', foreign: [404, 'CELL_UNKNOWN'] },
  'GET /api/v1/features/snapshot': { scope: 'risk:read' },
  'GET /api/v1/models': { scope: 'risk:read' },
  'POST /api/v1/models/train': { scope: 'jobs', body: { from: 'never' } },
  'GET /api/v1/models/:model_version': { scope: 'risk:read', foreign: [404, 'NOT_FOUND'] },
  'POST /api/v1/models/:model_version/activate': { scope: 'jobs', body: {}, foreign: [404, 'NOT_FOUND'] },
  'POST /api/v1/models/:model_version/backtest': { scope: 'jobs', body: {}, foreign: [404, 'NOT_FOUND'] },
  'GET /api/v1/risks': { scope: 'risk:read' },
  'GET /api/v1/risks/:risk_id': { scope: 'risk:read', foreign: [404, 'NOT_FOUND'] },
  'PATCH /api/v1/risks/:risk_id': { scope: 'risk:write', body: { comment: 'mine' }, foreign: [404, 'NOT_FOUND'] },
  'POST /api/v1/risk/assess': { scope: 'risk:read', body: { cells: [':cell'] } },
  'GET /api/v1/risk-map': { scope: 'risk:read' },
  'GET /health': { scope: 'public' },
  'GET /ready': { scope: 'public' },
  'GET /metrics': { scope: 'admin', global: true },
};

const names = Object.keys(ROUTES);
const routeOf = (name: string): Route => ROUTES[name]!;
const guarded = names.filter((name) => routeOf(name).scope !== 'public');

/** Calls a route about what belongs to the first namespace. */
function call(client: Client, name: string): Promise<Answer> {
  const [method = '', path = ''] = name.split(' ');
  const filled = (text: string) =>
    text
      .replace(':namespace_id', MARK)
      .replace(':token_id', ids.token)
      .replace(':job_id', ids.job)
      .replace(':model_version', ids.model)
      .replace(':risk_id', ids.risk)
      .replace(':cell', ids.cell);
  const { body } = routeOf(name);
  const address = path.startsWith('/api/v1') ? filled(path.slice('/api/v1'.length)) : `/${path}`;
  return client.ask(method, address, body === undefined ? {} : { json: JSON.parse(filled(JSON.stringify(body))) });
}

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
  const map = await train(alpha, `${MARK}-fire`);
  const risk = await until('a risk', 30_000, async () => (await alpha.get<Paged<Risk>>('/risks')).data[0]);
  await alpha.json('PATCH', `/risks/${risk.risk_id}`, { comment: `${MARK} looks into it` });
  const [job] = (await alpha.get<Paged<Job>>('/jobs?type=model.train')).data;
  const token = await alpha.newToken(['risk:read'], `${MARK} reader`);
  ids = {
    risk: risk.risk_id,
    job: job?.job_id ?? '',
    model: map.model_version,
    cell: risk.cell.id,
    token: token.token_id,
  };
  // The other one has events of its own, elsewhere.
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

/** Every set of scopes but an administrator's, the empty one left out. */
const COMBINATIONS: Scope[][] = Array.from({ length: 15 }, (_, i) =>
  SCOPES.filter((scope) => scope !== 'admin').filter((_scope, bit) => ((i + 1) >> bit) & 1),
);

it('is tested on every route there is', () => {
  const mapped = [...server.stdout.matchAll(/Mapped \{(\S+), (\w+)\} route/g)].map(
    ([, path, method]) => `${method} ${path}`,
  );
  expect(mapped.length).toBeGreaterThan(20);
  expect(mapped.toSorted()).toEqual(names.toSorted());
});

it.each(guarded)('%s answers nobody without a token', async (name) => {
  const { instance, ...told } = expectProblem(await call(new Client(server, null), name), 401, 'TOKEN_MISSING');
  expect(instance).not.toBe('');
  // The address that was asked for stands in `instance`; nothing else knows of it.
  expect(JSON.stringify(told)).not.toContain(MARK);
});

it.each(['GET /health', 'GET /ready'])('%s answers everyone, and tells nothing of anybody', async (name) => {
  const answer = await call(new Client(server, null), name);
  expect(answer.status).toBe(200);
  expect(answer.text).not.toMatch(/alpha|beta|\d+\.\d+\.\d+\.\d+|password/);
});

describe.each(COMBINATIONS.map((scopes) => [scopes.join(' '), scopes] as const))('with %s', (_, scopes) => {
  let one: Client;
  let other: Client;

  beforeAll(async () => {
    one = admin.as((await alpha.newToken(scopes)).token);
    other = admin.as((await beta.newToken(scopes)).token);
  });

  const allowed = (name: string) => {
    const { scope } = routeOf(name);
    return scope === 'any' || scopes.some((own) => own === scope);
  };

  it('every route whose scope is missing is closed, in the own namespace too', async () => {
    for (const name of guarded.filter((route) => !allowed(route))) {
      expectProblem(await call(other, name), 403, 'SCOPE_MISSING');
      expectProblem(await call(one, name), 403, 'SCOPE_MISSING');
    }
  });

  it('every other route is open, and shows nothing of the other namespace', async () => {
    for (const name of guarded.filter(allowed)) {
      const answer = await call(other, name);
      expect([401, 403], `${name}: ${answer.text}`).not.toContain(answer.status);
      const { foreign } = routeOf(name);
      if (foreign !== undefined) expectProblem(answer, ...foreign);
      else expect(answer.text, name).not.toContain(MARK);
      // The same call by one of the house finds it: so it was there to be seen.
      if (foreign !== undefined && name.startsWith('GET')) expect((await call(one, name)).status, name).toBe(200);
    }
  });

  it('naming the other namespace opens nothing', async () => {
    for (const name of guarded.filter(allowed)) {
      const answer = await call(other.as(other.token, MARK), name);
      expectProblem(answer, 403, 'NAMESPACE_FORBIDDEN');
    }
  });
});

it('an administrator who is in one namespace finds nothing of the other by its id', async () => {
  let tried = 0;
  for (const name of guarded) {
    const { foreign, global } = routeOf(name);
    if (foreign === undefined || global !== undefined) continue;
    expectProblem(await call(beta, name), ...foreign);
    tried++;
  }
  expect(tried).toBeGreaterThan(8);
});

it('no route of the one has changed anything of the other', async () => {
  const risk = await alpha.get<Risk>(`/risks/${ids.risk}`);
  expect(risk.comment).toBe(`${MARK} looks into it`);
  const { data } = await alpha.get<Paged<{ token_id: string; revoked_at: string | null }>>('/tokens?limit=1000');
  expect(data.find(({ token_id }) => token_id === ids.token)?.revoked_at).toBeNull();
  expect((await alpha.get<Paged<unknown>>('/models')).data).toHaveLength(1);
  expect((await beta.get<Paged<unknown>>('/models')).data).toHaveLength(0);
});

it('a filter that names what is of the other namespace finds nothing', async () => {
  for (const path of [
    `/events?event_type=${MARK}-fire`,
    `/events?entity_id=${MARK}-station`,
    `/events?cell=${ids.cell}`,
    '/events?bbox=-180,-90,180,90&from=2026-06-01T00:00:00Z',
    `/risks?cell=${ids.cell}`,
    '/risks?bbox=-180,-90,180,90',
    `/models?event_type=${MARK}-fire`,
    `/features/snapshot?event_type=${MARK}-fire`,
  ]) {
    const { data } = await beta.get<Paged<unknown>>(path);
    expect(data, path).toEqual([]);
  }
  expectProblem(await beta.ask('GET', `/risk-map?event_type=${MARK}-fire`), 404, 'SURFACE_NOT_READY');
  const all = await beta.get<{ data: unknown[] }>('/features/snapshot?event_type=all');
  expect(all.data).toHaveLength(1);
});

it('a cursor of the one goes no further in the other', async () => {
  const page = await alpha.get<Paged<unknown>>('/events?limit=10');
  const next = await beta.get<Paged<unknown>>(`/events?limit=10&cursor=${page.page.next_cursor}`);
  expect(JSON.stringify(next)).not.toContain(MARK);
});
