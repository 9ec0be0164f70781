import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BatchAnswer, type Job, type Paged, type Risk, type Scope, SCOPES } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { withPostgres } from './embedded.js';
import { type Answer, type Ask, Client, ENV, expectProblem, until } from './platform.js';
import { createTown, sendBulk, toNdjson, TOWN_TYPE, townEvents, train } from './town.js';

/** In every name, id and text of the namespace that must not be seen, and nowhere else. */
const MARK = 'alpha';

/** Who needs no token: what must answer before there is one, and what says how to get along here. */
const OPEN = [
  'GET /api/v1/docs',
  // By a link that is signed for one file.
  'GET /api/v1/jobs/{job_id}/result/file',
  'GET /api/v1/openapi.json',
  'GET /health',
  'GET /ready',
];
/** The files of the reference page, which the document does not speak of. */
const HIDDEN = ['GET /api/v1/docs/{file}', 'GET /api/v1/docs/start.js'];
/** Good for every token: they tell of the token itself, or ask for the right scope with what stands in the request. */
const FOR_ANY_TOKEN = [
  'GET /api/v1/namespaces',
  'GET /api/v1/namespaces/{namespace_id}',
  'GET /api/v1/tokens/self',
  'POST /api/v1/batch',
  'POST /graphql',
];
/** What reads although its method is POST. */
const READING_POSTS = ['POST /api/v1/risk/assess'];
/** An administrator's matters, whatever the method. */
const OF_ADMINISTRATORS =
  /^(?:POST|PATCH|PUT|DELETE) \/api\/v1\/namespaces|\/api\/v1\/(?:tokens(?!\/self)|monitoring|audit|dead-letters|events\/spool|jobs\/(?:counts|board))|^GET \/api\/v1\/jobs$|^GET \/metrics$/;
const STREAM = 'GET /api/v1/jobs/{job_id}/events';
/** Bodies that would change something, were they let in; an empty one for the others. */
const BODIES: Record<string, unknown> = {
  'PATCH /api/v1/risks/{risk_id}': { comment: 'mine' },
  'PATCH /api/v1/groups/{group_id}': { name: 'mine' },
  'PATCH /api/v1/targets/{target_id}': { name: 'mine' },
  'POST /api/v1/models/train': { from: 'never' },
};

interface Operation {
  /** `GET /api/v1/risks/{risk_id}` */
  name: string;
  method: string;
  path: string;
  scope: Scope | 'any' | 'public';
  /** Whether it acts in the namespace of the token. */
  ofNamespace: boolean;
}

let server: TestServer;
let admin: Client;
let alpha: Client;
let beta: Client;
/** By the names of path parameters: what belongs to the first namespace. */
let known: Record<string, string>;
let operations: Operation[];

interface Document {
  paths: Record<string, Record<string, { security: { bearer: string[] }[]; parameters?: { $ref?: string }[] }>>;
}

async function readOperations(): Promise<Operation[]> {
  const { paths } = await new Client(server, null).get<Document>('/openapi.json');
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([verb, { security, parameters = [] }]) => ({
      name: `${verb.toUpperCase()} ${path}`,
      method: verb.toUpperCase(),
      path,
      scope: security.length === 0 ? 'public' : ((security[0]?.bearer[0] ?? 'any') as Scope | 'any'),
      ofNamespace: parameters.some(({ $ref }) => $ref?.endsWith('/Namespace')),
    })),
  );
}

/** Sends an Authorization header as it is, or none. */
class Stranger extends Client {
  constructor(
    to: TestServer,
    private readonly authorization: string | undefined,
  ) {
    super(to, null);
  }

  override ask(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const headers = { ...ask.headers };
    if (this.authorization !== undefined) headers['authorization'] = this.authorization;
    return super.ask(method, path, { ...ask, headers });
  }
}

const guarded = () => operations.filter(({ scope }) => scope !== 'public');
const isAllowed = ({ scope }: Operation, scopes: readonly Scope[]) =>
  scope === 'any' || scopes.includes('admin') || scopes.some((one) => one === scope);

/** The address of what belongs to the first namespace. */
function pathOf({ name, path }: Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
    // Of jobs most have completed, and one is among the dead letters.
    const value = known[name.includes('/dead-letters/') ? 'dead_job_id' : parameter];
    if (value === undefined) throw new Error(`${name}: the test knows no ${parameter} of the first namespace`);
    return value;
  });
}

/** Asks for what belongs to the first namespace. */
function call(client: Client, operation: Operation, as = operation.method): Promise<Answer> {
  const { name, method } = operation;
  const filled = pathOf(operation);
  const address = filled.startsWith('/api/v1') ? filled.slice('/api/v1'.length) : `/${filled}`;
  return client.ask(as, address, method === 'GET' || method === 'DELETE' ? {} : { json: BODIES[name] ?? {} });
}

/** Reads are asked twice, for what is kept is answered on another way, and as HEAD, which has the rights of GET. */
async function everyWay(client: Client, operation: Operation): Promise<Answer[]> {
  const answers = [await call(client, operation)];
  if (operation.method !== 'GET') return answers;
  answers.push(await call(client, operation));
  const head = await call(client, operation, 'HEAD');
  expect([head.status, head.text], `HEAD ${operation.path}`).toEqual([answers[1]?.status, '']);
  return answers;
}

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  admin = new Client(server);
  await createTown(admin, MARK);
  alpha = admin.as(admin.token, MARK);
  const events = townEvents(14, 21).map((event) => ({ ...event, event_id: `${MARK}-${event.event_id}` }));
  expect((await sendBulk(alpha, toNdjson(events))).status).toBe(201);
  const map = await train(alpha);
  const risk = await until('a risk', 30_000, async () => (await alpha.get<Paged<Risk>>('/risks')).data[0]);
  const group = await alpha.json<{ group_id: string }>('POST', '/groups', { name: `${MARK} group` });
  const target = await alpha.json<{ target_id: string }>('POST', '/targets', {
    name: `${MARK} target`,
    group_id: group.group_id,
    shape: { type: 'circle', center: risk.cell.center, radius_m: 500 },
  });
  const schedule = await alpha.json<{ schedule_id: string }>('POST', '/schedules', {
    name: `${MARK} schedule`,
    type: 'model.train',
    cron: '30 2 * * *',
  });
  const [job] = (await alpha.get<Paged<Job>>('/jobs?type=model.train')).data;
  const dead = await alpha.json<Job>('POST', '/jobs', { type: 'model.backtest', params: { model_version: 'none-1' } });
  await until('a dead letter', 30_000, async () => (await alpha.get<Paged<unknown>>('/dead-letters')).data[0]);
  known = {
    namespace_id: MARK,
    risk_id: risk.risk_id,
    cell: risk.cell.id,
    job_id: job?.job_id ?? '',
    dead_job_id: dead.job_id,
    model_version: map.model_version,
    token_id: (await alpha.newToken(['risk:read'], `${MARK} reader`)).token_id,
    group_id: group.group_id,
    target_id: target.target_id,
    schedule_id: schedule.schedule_id,
    z: '0',
    x: '0',
    y: '0',
  };
  await admin.json('POST', '/namespaces', { namespace_id: 'beta', h3_resolution: 8 });
  beta = admin.as(admin.token, 'beta');
  const own = { event_id: 'own', timestamp: '2026-01-01T00:00:00Z', lat: 48.8, lon: 2.3, event_type: TOWN_TYPE };
  await beta.json('POST', '/events', { events: [own] });
  operations = await readOperations();
});
afterAll(() => server.stop());

describe('the document', () => {
  it('speaks of every route there is', () => {
    const mapped = [...server.stdout.matchAll(/Mapped \{(\S+), (\w+)\} route/g)].map(
      ([, path, method]) => `${method} ${path?.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
    expect(mapped.length).toBeGreaterThan(40);
    expect(mapped.toSorted()).toEqual([...operations.map(({ name }) => name), ...HIDDEN].toSorted());
  });

  it('opens nothing beyond what must be open', () => {
    const names = (scope: Operation['scope']) =>
      operations.filter((operation) => operation.scope === scope).map(({ name }) => name);
    expect(names('public').toSorted()).toEqual(OPEN);
    expect(names('any').toSorted()).toEqual(FOR_ANY_TOKEN);
  });

  it('lets nobody write with a right to read, and nobody administer but administrators', () => {
    for (const { name, method, scope } of guarded()) {
      if (FOR_ANY_TOKEN.includes(name)) continue;
      if (OF_ADMINISTRATORS.test(name)) expect(scope, name).toBe('admin');
      else if (READING_POSTS.includes(name)) expect(scope, name).toBe('risk:read');
      else if (method === 'GET') expect(['risk:read', 'jobs'], name).toContain(scope);
      else expect(['events:write', 'risk:write', 'jobs'], name).toContain(scope);
    }
  });
});

describe('without a good token', () => {
  /** What was answered otherwise than it must be; nothing where every route is closed. */
  async function open(authorization: string | undefined, code: string): Promise<string[]> {
    const found: string[] = [];
    const stranger = new Stranger(server, authorization);
    for (const operation of guarded())
      for (const answer of await everyWay(stranger, operation)) {
        const problem = JSON.parse(answer.text) as { code?: string };
        if (answer.status !== 401 || problem.code !== code || answer.headers.get('www-authenticate') !== 'Bearer')
          found.push(`${operation.name}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
    return found;
  }

  it('with none, every route is closed', async () => {
    expect(await open(undefined, 'TOKEN_MISSING')).toEqual([]);
  });

  it('with one that nobody made, every route is closed', async () => {
    expect(await open(`Bearer strisk_${randomBytes(32).toString('base64url')}`, 'TOKEN_INVALID')).toEqual([]);
  });

  it.each(['Bearer', 'Bearer x', 'Basic YWRtaW46YWRtaW4=', `Bearer ${'x'.repeat(600)}`])(
    'with what is none (%s), every route is closed',
    async (authorization) => expect(await open(authorization, 'TOKEN_INVALID')).toEqual([]),
  );

  it('with one that was revoked, every route is closed at once, though it was good a moment ago', async () => {
    const token = await beta.newToken([...SCOPES].filter((scope) => scope !== 'admin'));
    expect((await beta.as(token.token).ask('GET', '/tokens/self')).status).toBe(200);
    await beta.ask('DELETE', `/tokens/${token.token_id}`);
    expect(await open(`Bearer ${token.token}`, 'TOKEN_REVOKED')).toEqual([]);
  });

  it('with one that has expired, every route is closed', async () => {
    const token = await beta.newToken(['risk:read']);
    await withPostgres(server.dataDir, (postgres) =>
      postgres.query(`UPDATE tokens SET expires_at = now() - interval '1 second' WHERE token_id = $1`, [
        token.token_id,
      ]),
    );
    expect(await open(`Bearer ${token.token}`, 'TOKEN_EXPIRED')).toEqual([]);
  });
});

describe.each(SCOPES.map((scope) => [scope] as const))('with %s alone', (scope) => {
  let one: Client;
  let other: Client;
  beforeAll(async () => {
    one = admin.as((await alpha.newToken([scope])).token, scope === 'admin' ? MARK : undefined);
    other = admin.as((await beta.newToken([scope])).token, scope === 'admin' ? 'beta' : undefined);
  });

  it('every route of another scope is closed, at home and elsewhere', async () => {
    for (const operation of guarded().filter((route) => !isAllowed(route, [scope])))
      for (const client of [one, other])
        for (const answer of await everyWay(client, operation)) expectProblem(answer, 403, 'SCOPE_MISSING');
  });

  it('every route of this scope is open, and finds nothing of the other namespace', async () => {
    for (const operation of guarded().filter((route) => isAllowed(route, [scope]))) {
      // Namespaces are every administrator's.
      if (scope === 'admin' && !operation.ofNamespace) continue;
      const foreign = /\{\w+_(?:id|version)\}|\{cell\}/.test(operation.path);
      for (const answer of await everyWay(other, operation)) {
        const shown = `${operation.name}: ${answer.status} ${answer.text.slice(0, 300)}`;
        expect([401, 403, 500], shown).not.toContain(answer.status);
        if (foreign && (operation.method === 'GET' || BODIES[operation.name])) expect(answer.status, shown).toBe(404);
        else if (foreign) expect([400, 404], shown).toContain(answer.status);
        // Whoever asks for an address is told that address.
        const text = foreign ? answer.text.replace(/"instance":"[^"]*"/, '') : answer.text;
        if (operation.path !== '/api/v1/namespaces') expect(text, shown).not.toContain(MARK);
      }
    }
  });

  it('naming the other namespace opens nothing', async () => {
    if (scope === 'admin') return;
    const stranger = other.as(other.token, MARK);
    for (const operation of guarded().filter((route) => isAllowed(route, [scope])))
      for (const answer of await everyWay(stranger, operation)) expectProblem(answer, 403, 'NAMESPACE_FORBIDDEN');
  });

  it('a batch opens nothing that is closed', async () => {
    // A stream is no part of a batch, whoever asks for it.
    const reads = guarded().filter(
      ({ name, method, path }) => method === 'GET' && path.startsWith('/api/v1/') && name !== STREAM,
    );
    const asked: number[] = [];
    for (const operation of reads) asked.push((await call(other, operation)).status);
    const { results } = await other.json<BatchAnswer>(
      'POST',
      '/batch',
      {
        operations: reads.map((operation, i) => ({
          id: `o${i}`,
          method: 'GET',
          path: pathOf(operation).slice('/api/v1'.length),
        })),
      },
      200,
    );
    // Bytes have no place in a batch, so a tile is refused there for another reason.
    const alike = results.map(({ status }, i) => (status === 406 ? asked[i] : status));
    expect(alike).toEqual(asked);
    if (scope !== 'admin') expect(JSON.stringify(results).replaceAll(/"instance":"[^"]*"/g, '')).not.toContain(MARK);
  });
});

it('those of the house find what the others were refused', async () => {
  for (const operation of guarded().filter(({ method, ofNamespace }) => method === 'GET' && ofNamespace))
    expect((await call(alpha, operation)).status, operation.name).toBe(200);
});

it('nothing of the first namespace was changed by the other', async () => {
  const { rows } = await withPostgres(server.dataDir, (postgres) =>
    postgres.query<Record<string, unknown>>(
      `SELECT (SELECT name FROM groups WHERE group_id = $1) AS "group",
              (SELECT name FROM targets WHERE target_id = $2) AS target,
              (SELECT revoked_at FROM tokens WHERE token_id = $3) AS revoked,
              (SELECT count(*)::int FROM models WHERE namespace_id = $4) AS models,
              (SELECT count(*)::int FROM groups WHERE namespace_id = $4) AS groups,
              (SELECT count(*)::int FROM targets WHERE namespace_id = $4) AS targets,
              (SELECT count(*)::int FROM risks WHERE namespace_id = $4 AND comment IS NOT NULL) AS comments,
              (SELECT count(*)::int FROM audit_log a JOIN tokens t USING (token_id)
                WHERE a.namespace_id = $4 AND t.namespace_id <> $4) AS changes`,
      [known['group_id'], known['target_id'], known['token_id'], MARK],
    ),
  );
  expect(rows[0]).toEqual({
    group: `${MARK} group`,
    target: `${MARK} target`,
    revoked: null,
    models: 1,
    groups: 1,
    targets: 1,
    comments: 0,
    changes: 0,
  });
});
