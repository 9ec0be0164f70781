import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { gridDisk, latLngToCell } from 'h3-js';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest';
import { accessConfig, AccessHttpModule, accessMigrations, NamespacesService, TokensService } from '#access';
import { type Scope, SCOPES } from '#contracts';
import { jobsConfig, JobsHttpModule, jobsMigrations } from '#jobs';
import {
  API_PREFIX,
  ClickHouse,
  Config,
  createHttpApp,
  httpConfig,
  HttpModule,
  migrateClickHouse,
  migratePostgres,
  OUTSIDE_PREFIX,
  PLATFORM_CONFIG,
  PlatformModule,
  type Stores,
} from '#platform';
import { riskClickHouseMigrations, riskConfig, RiskHttpModule, riskMigrations } from '#risk';
import { createDatabase, type TestDatabase } from '#testing';
import { GraphqlHttpModule, graphqlConfig } from './index.js';
import { sha256 } from './persisted/persisted-queries.js';

const CELLS = gridDisk(latLngToCell(43.7, -79.4, 7), 4);
const ROWS = 50;

let database: TestDatabase;
let directory: string;
let app: NestFastifyApplication;
let secrets: Record<Scope | 'other', string>;

interface Reply {
  status: number;
  type: string;
  data: Record<string, unknown> | null | undefined;
  errors: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> & { code: string } }[];
  text: string;
}

async function start(env: Record<string, string> = {}): Promise<NestFastifyApplication> {
  const config = Config.read([...PLATFORM_CONFIG, accessConfig, jobsConfig, riskConfig, graphqlConfig], {
    LOG_LEVEL: 'silent',
    CLICKHOUSE_READ_CONNECTIONS: '2',
    ...env,
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
      JobsHttpModule,
      RiskHttpModule,
      GraphqlHttpModule,
    ],
  })
  class App {}
  const made = await createHttpApp(App, { config: config.get(httpConfig) });
  made.setGlobalPrefix(API_PREFIX, { exclude: [...OUTSIDE_PREFIX, 'graphql'] });
  try {
    await made.init();
    await made.getHttpAdapter().getInstance().ready();
    return made;
  } catch (error) {
    await made.close();
    throw error;
  }
}

async function post(
  payload: unknown,
  token: string | null = secrets['admin'],
  headers: Record<string, string> = {},
  to = app,
): Promise<Reply> {
  const answer = await to.inject({
    method: 'POST',
    url: '/graphql',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(token === secrets['admin'] ? { 'x-namespace': 'city' } : {}),
      ...headers,
    },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  const body = answer.json<Partial<Reply> & { code?: string }>();
  return {
    status: answer.statusCode,
    type: String(answer.headers['content-type']),
    data: body.data,
    errors: body.errors ?? [],
    text: answer.body,
  };
}

const ask = (query: string, variables?: Record<string, unknown>, token?: string) => post({ query, variables }, token);
const codes = ({ errors }: Reply) => errors.map(({ extensions }) => extensions.code);

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-graphql-'));
  const migrations = [...accessMigrations, ...jobsMigrations, ...riskMigrations];
  await migratePostgres(database.url, { DATABASE_POOL: 4 }, migrations, () => Promise.resolve());
  app = await start();
  await migrateClickHouse(app.get(ClickHouse), riskClickHouseMigrations);
  const namespaces = app.get(NamespacesService);
  const input = {
    h3_resolution: 7,
    time_zone: 'UTC',
    levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
    amount_kind: 'amount' as const,
  };
  for (const namespace_id of ['city', 'county']) await namespaces.ensure({ ...input, namespace_id });
  const tokens = app.get(TokensService);
  secrets = Object.fromEntries(
    await Promise.all(
      [...SCOPES, 'other' as const].map(async (name) => {
        const secret = `${name.replace(':', '-')}-${'x'.repeat(40)}`;
        const namespaceId = name === 'admin' ? null : name === 'other' ? 'county' : 'city';
        await tokens.ensure(secret, { name, scopes: [name === 'other' ? 'risk:read' : name], namespaceId });
        return [name, secret];
      }),
    ),
  ) as typeof secrets;
  await app.get(DataSource).query(
    `INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, event_type, p_event, expected_count,
       horizon_hours, model_version, updated_at, version)
     SELECT 'rsk_' || lpad(i::text, 8, '0'), 'city', now() - make_interval(mins => i::int), 'resolved', 'HIGH', cell, 43.7, -79.4, 'fire', 0.2, 0.22, 24, 'fire-1', now(), 1
     FROM unnest($1::text[]) WITH ORDINALITY AS t(cell, i)`,
    [CELLS.slice(0, ROWS)],
  );
});
afterAll(async () => {
  await app.close();
  await database.drop();
  await rm(directory, { recursive: true });
});

describe('a query', () => {
  it('answers several things with the fields that were asked for', async () => {
    const reply = await ask(
      '{ me { name namespace { namespace_id levels { HIGH } } } risks(limit: 2) { data { risk_id level cell { center { lat } } } page { has_more limit } } }',
    );
    expect(reply).toMatchObject({ status: 200, errors: [] });
    expect(reply.type).toMatch(/^application\/json/);
    expect(reply.data).toEqual({
      me: { name: 'admin', namespace: { namespace_id: 'city', levels: { HIGH: 0.15 } } },
      risks: {
        data: ['rsk_00000001', 'rsk_00000002'].map((risk_id) => ({
          risk_id,
          level: 'HIGH',
          cell: { center: { lat: 43.7 } },
        })),
        page: { has_more: true, limit: 2 },
      },
    });
  });

  it('goes through a list by its cursor', async () => {
    const query = 'query ($c: String) { risks(limit: 20, cursor: $c) { data { risk_id } page { next_cursor } } }';
    const seen: unknown[] = [];
    for (let c: string | null = null, i = 0; i < 3; i++) {
      const { data } = await ask(query, { c });
      const { data: rows, page } = data!['risks'] as {
        data: { risk_id: string }[];
        page: { next_cursor: string | null };
      };
      seen.push(...rows.map(({ risk_id }) => risk_id));
      c = page.next_cursor;
    }
    expect(new Set(seen).size).toBe(ROWS);
  });

  it('takes a name of an operation, fragments and directives', async () => {
    const query =
      'query A { me { ...M } } query B($no: Boolean!) { me { name @skip(if: $no) token_id } } fragment M on Me { name }';
    expect((await post({ query, operationName: 'A' })).data).toEqual({ me: { name: 'admin' } });
    expect(
      Object.keys((await post({ query, operationName: 'B', variables: { no: true } })).data?.['me'] as object),
    ).toEqual(['token_id']);
    expect(codes(await post({ query }))).toEqual(['GRAPHQL_INVALID']);
    expect(codes(await post({ query, operationName: 'C' }))).toEqual(['GRAPHQL_INVALID']);
  });

  it('of one field that fails keeps the others', async () => {
    const reply = await ask(
      '{ me { name } lost: risk(risk_id: "rsk_none0000") { level } risk_map { cell_count } bad: risks(limit: 0) { data { level } } }',
    );
    expect(reply.status).toBe(200);
    expect(reply.data).toEqual({ me: { name: 'admin' }, lost: null, risk_map: null, bad: null });
    expect(Object.fromEntries(reply.errors.map(({ path, extensions }) => [path?.join('.'), extensions.code]))).toEqual({
      lost: 'NOT_FOUND',
      risk_map: 'SURFACE_NOT_READY',
      bad: 'REQUEST_INVALID',
    });
    expect(reply.errors.find(({ path }) => path?.[0] === 'bad')?.extensions['errors']).toEqual([
      { path: 'limit', message: expect.any(String) as string },
    ]);
  });

  it('answers in the media type of GraphQL over HTTP where it is accepted', async () => {
    const reply = await post({ query: '{ me { name } }' }, secrets['admin'], {
      accept: 'application/graphql-response+json',
    });
    expect(reply.type).toMatch(/^application\/graphql-response\+json/);
  });
});

describe('rights', () => {
  const FIELDS: Record<string, Scope | 'any'> = {
    'me { name }': 'any',
    'namespace { name }': 'any',
    'namespaces { data { name } }': 'any',
    'event_types { event_type }': 'risk:read',
    'events { data { event_id } }': 'risk:read',
    [`cell(cell: "${CELLS[0]}") { area_km2 }`]: 'risk:read',
    'feature_snapshot(event_type: "fire") { at }': 'risk:read',
    'risk_map { cell_count }': 'risk:read',
    [`assess(cells: ["${CELLS[0]}"]) { issued_at }`]: 'risk:read',
    'risks { data { risk_id } }': 'risk:read',
    'risk(risk_id: "rsk_00000001") { level }': 'risk:read',
    'risk_stats { total by_status }': 'risk:read',
    'models { data { model_version } }': 'risk:read',
    'model(model_version: "fire-1") { notes }': 'risk:read',
    'groups { data { name } }': 'risk:read',
    'group(group_id: "grp_none0000") { name }': 'risk:read',
    'targets { data { name } }': 'risk:read',
    'target(target_id: "tgt_none0000") { name }': 'risk:read',
    'jobs { data { job_id } }': 'admin',
    'job(job_id: "00000000-0000-4000-8000-000000000000") { state }': 'jobs',
  };

  it('stand here for every field of the root', async () => {
    const reply = await ask('{ __type(name: "Query") { fields { name } } }');
    const { fields } = reply.data!['__type'] as { fields: { name: string }[] };
    expect(
      Object.keys(FIELDS)
        .map((field) => /^\w+/.exec(field)?.[0] ?? '')
        .toSorted(),
    ).toEqual(fields.map(({ name }) => name).toSorted());
  });

  it.each(SCOPES)('of a token with %s alone open what its scope opens', async (scope) => {
    for (const [field, needs] of Object.entries(FIELDS)) {
      const reply = await ask(`{ ${field} }`, undefined, secrets[scope]);
      const may = needs === 'any' || scope === 'admin' || needs === scope;
      expect(reply.status, field).toBe(200);
      expect(codes(reply).includes('SCOPE_MISSING'), `${scope}: ${field}`).toBe(!may);
    }
  });

  it('of another namespace show nothing of this one', async () => {
    const reply = await ask(
      '{ risks { data { risk_id } } risk(risk_id: "rsk_00000001") { level } namespace(namespace_id: "city") { name } namespaces { data { namespace_id } } }',
      undefined,
      secrets['other'],
    );
    expect(reply.data).toEqual({
      risks: { data: [] },
      risk: null,
      namespace: null,
      namespaces: { data: [{ namespace_id: 'county' }] },
    });
    expect(codes(reply).toSorted()).toEqual(['NAMESPACE_NOT_FOUND', 'NOT_FOUND']);
    const forbidden = await post({ query: '{ me { name } }' }, secrets['other'], { 'x-namespace': 'city' });
    expect([forbidden.status, forbidden.text]).toEqual([403, expect.stringContaining('NAMESPACE_FORBIDDEN')]);
  });

  it('are asked for before anything else', async () => {
    for (const token of [null, 'nobody-knows-this-token-at-all']) {
      const reply = await post({ query: '{ me { name } }' }, token);
      expect(reply.status).toBe(401);
      expect(reply.type).toMatch(/^application\/problem\+json/);
    }
  });
});

describe('what leads to something else', () => {
  const QUERY = `query ($n: Int) { risks(limit: $n) { data { risk_id target_id target {
    target_id name group { group_id name few: targets(limit: 2) { name } targets(limit: 5) { name group { name } } } } } } }`;
  interface Row {
    target_id: string;
    target: {
      target_id: string;
      name: string;
      group: { name: string; few: { name: string }[]; targets: { name: string; group: { name: string } }[] };
    };
  }
  let statements: MockInstance<DataSource['logger']['logQuery']>;

  const rest = async (path: string, payload: object): Promise<Record<string, unknown>> => {
    const answer = await app.inject({
      method: 'POST',
      url: `/api/v1${path}`,
      headers: { authorization: `Bearer ${secrets['admin']}`, 'x-namespace': 'city' },
      payload,
    });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json();
  };

  beforeAll(async () => {
    const groups = await Promise.all(Array.from({ length: 10 }, (_, i) => rest('/groups', { name: `group ${i}` })));
    const targets = Array.from({ length: ROWS }, (_, i) => ({
      name: `target ${i}`,
      group_id: groups[i % groups.length]?.['group_id'],
      shape: { type: 'circle', center: { lat: 43.6 + i / 1000, lon: -79.4 }, radius_m: 300 },
    }));
    await rest('/targets/bulk', { targets });
    await app.get(DataSource).query(
      `UPDATE risks SET target_id = t.target_id FROM (SELECT target_id, substring(name from 8)::int AS i FROM targets) t
       WHERE risks.risk_id = 'rsk_' || lpad((t.i + 1)::text, 8, '0')`,
    );
    statements = vi.spyOn(app.get(DataSource).logger, 'logQuery');
  });
  afterAll(() => statements.mockRestore());

  async function rows(n: number): Promise<{ data: Row[]; asked: number }> {
    statements.mockClear();
    const reply = await ask(QUERY, { n });
    expect(reply.errors).toEqual([]);
    return {
      data: (reply.data?.['risks'] as { data: Row[] } | undefined)?.data ?? [],
      // Others go on meanwhile: the look for newer surfaces, every second.
      asked: statements.mock.calls.filter(([sql]) => /\b(?:risks|targets|groups)\b/.test(sql)).length,
    };
  }

  it('is asked for once for all rows together', async () => {
    await rows(1);
    const few = await rows(2);
    const many = await rows(ROWS);
    expect(many.data).toHaveLength(ROWS);
    // Risks, their targets, the targets' groups, the ids of the groups' targets, those targets, their groups.
    expect(many.asked).toBe(few.asked);
    expect(many.asked).toBeLessThanOrEqual(7);
  });

  it('is what belongs to each row', async () => {
    const { data } = await rows(ROWS);
    for (const [i, { target_id, target }] of data.entries()) {
      expect(target.target_id).toBe(target_id);
      expect(target.name).toBe(`target ${i}`);
      expect(target.group.name).toBe(`group ${i % 10}`);
      expect(target.group.few).toHaveLength(2);
      expect(target.group.targets).toHaveLength(5);
      expect(target.group.few.map(({ name }) => name)).toEqual(
        target.group.targets.slice(0, 2).map(({ name }) => name),
      );
      expect(target.group.targets.every(({ group }) => group.name === target.group.name)).toBe(true);
    }
  });

  it('is null where it is gone, and refused in words where it is asked for wrongly', async () => {
    await app.get(DataSource).query(`UPDATE risks SET target_id = 'tgt_gone00000' WHERE risk_id = 'rsk_00000001'`);
    const gone = await ask('{ risks(limit: 1) { data { target { name } } } }');
    expect(gone.data).toEqual({ risks: { data: [{ target: null }] } });
    const reply = await ask('{ groups(limit: 2) { data { name targets(limit: 1000) { name } } } }');
    expect(reply.data).toMatchObject({ groups: { data: [{ targets: null }, { targets: null }] } });
    expect(codes(reply)).toEqual(['REQUEST_INVALID', 'REQUEST_INVALID']);
  });

  it('of one target answers as REST does', async () => {
    const list = (
      await ask('{ targets(limit: 1, q: "target 7") { data { target_id name cells_count shape levels { HIGH } } } }')
    ).data?.['targets'] as {
      data: { target_id: string }[];
    };
    expect(list.data).toMatchObject([{ name: 'target 7', levels: null, shape: { type: 'circle', radius_m: 300 } }]);
    const risk = await ask('query ($id: String!) { target(target_id: $id) { name risk(horizon: 48) { p_event } } }', {
      id: list.data[0]?.target_id,
    });
    expect(risk.data).toEqual({ target: { name: 'target 7', risk: null } });
    expect(codes(risk)).toEqual(['SURFACE_NOT_READY']);
  });
});

describe('a bad query', () => {
  it.each([
    ['{', /Syntax Error/],
    ['', /./],
    ['{ nothing }', /Cannot query field .*nothing/],
    ['{ risks }', /must have a selection/],
    ['{ risks(level: "HIGH") { page { limit } } }', /Enum .*Level/],
    ['mutation { me { name } }', /./],
    ['subscription { me { name } }', /./],
    ['{ ...A } fragment A on Query { ...A }', /spread/],
    ['query ($n: Int!) { risks(limit: $n) { page { limit } } }', /\$n/],
    ['{ me { name } } { me { name } }', /./],
    ['{"kind":"Document","definitions":[]}', /Syntax Error/],
    ['{}', /Syntax Error/],
    ['null', /Syntax Error/],
    ['[]', /Syntax Error/],
  ])('is refused with what is wrong: %s', async (query, message) => {
    const reply = await post({ query });
    expect(reply.status, reply.text).toBe(400);
    expect(reply.text).toMatch(message);
    expect(reply.text).toMatch(/GRAPHQL_INVALID|REQUEST_INVALID/);
    expect(reply.text).not.toMatch(/node_modules|\.js|stack|INTERNAL/);
  });

  it.each([
    ['no JSON', '{'],
    ['several at once', JSON.stringify([{ query: '{ me { name } }' }, { query: '{ me { name } }' }])],
    ['no object', '"{ me { name } }"'],
    ['nothing', '{}'],
    ['variables that are none', JSON.stringify({ query: '{ me { name } }', variables: [1] })],
    ['a query that is a list', JSON.stringify({ query: ['{ me { name } }'] })],
    ['a query that is too long', JSON.stringify({ query: `{ me { name } } #${'x'.repeat(10_000)}` })],
    ['a prototype', '{"query":"{ me { name } }","variables":{"__proto__":{"admin":true}}}'],
  ])('as %s is refused', async (_what, payload) => {
    const reply = await post(payload);
    expect(reply.status, reply.text).toBe(400);
    expect(reply.text).toMatch(/GRAPHQL_INVALID|REQUEST_INVALID|REQUEST_MALFORMED/);
  });

  it('of another media type, and GET, are refused', async () => {
    const headers = { authorization: `Bearer ${secrets['admin']}` };
    const plain = await app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { ...headers, 'content-type': 'application/graphql' },
      payload: '{ me { name } }',
    });
    expect(plain.statusCode).toBe(415);
    const got = await app.inject({ method: 'GET', url: '/graphql?query={me{name}}', headers });
    expect([got.statusCode, got.headers['allow']]).toEqual([405, expect.stringContaining('POST')]);
  });

  it('that is too deep, in whatever way it is written, is refused', async () => {
    const nest = (depth: number): string =>
      depth === 0 ? 'name' : `targets(limit: 1) { group { ${nest(depth - 1)} } }`;
    expect(codes(await ask(`{ groups(limit: 1) { data { ${nest(6)} } } }`))).toContain('GRAPHQL_TOO_DEEP');
    const parts = Array.from(
      { length: 8 },
      (_, i) => `fragment F${i} on Group { targets(limit: 1) { group { ${i === 7 ? 'name' : `...F${i + 1}`} } } }`,
    );
    const reply = await ask(`{ groups(limit: 1) { data { ...F0 } } } ${parts.join(' ')}`);
    expect([reply.status, ...codes(reply)]).toEqual([400, 'GRAPHQL_TOO_DEEP']);
  });

  it('that could cost too much is refused before anything is asked, with what it costs', async () => {
    const queries = vi.spyOn(app.get(DataSource).logger, 'logQuery');
    await ask('{ me { name } }');
    queries.mockClear();
    const aliases = (n: number) =>
      Array.from({ length: n }, (_, i) => `a${i}: risks(limit: 1000) { data { risk_id level } }`).join(' ');
    const reply = await ask(`{ ${aliases(40)} }`);
    expect([reply.status, ...codes(reply)]).toEqual([400, 'GRAPHQL_TOO_COSTLY']);
    expect(reply.errors[0]?.extensions).toMatchObject({ cost: 40 * (10 + 1 + 1000 * 3), max_cost: 50_000 });
    expect(queries).not.toHaveBeenCalled();
    queries.mockRestore();
    const byVariable = 'query ($n: Int) { risks(limit: $n) { data { risk_id } } }';
    expect(codes(await ask(byVariable, { n: 2_000_000 }))).toEqual(['GRAPHQL_TOO_COSTLY']);
    // The price is asked each time, not only when the query is first seen.
    expect(codes(await ask(byVariable, { n: 5 }))).toEqual([]);
    expect(codes(await ask(byVariable, { n: 2_000_000 }))).toEqual(['GRAPHQL_TOO_COSTLY']);
  });

  it.each([
    ['a thousand aliases', `{ ${Array.from({ length: 1_000 }, (_, i) => `a${i}: __typename`).join(' ')} }`],
    ['a thousand of the same', `{ ${'__typename '.repeat(1_000)} }`],
    ['a thousand directives', `{ me { name ${'@include(if: true) '.repeat(300)} } }`],
    ['braces without end', '{ me '.repeat(1_500)],
    [
      'a thousand fragments',
      `{ ...F0 } ${Array.from({ length: 200 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')}`,
    ],
  ])('of %s is refused', async (_what, query) => {
    const reply = await ask(query);
    expect(reply.status, reply.text.slice(0, 300)).toBe(400);
  });

  it('of doubling fragments is refused at once', async () => {
    const doubling = Array.from(
      { length: 60 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} me { name } }`,
    );
    const reply = await ask(`{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { me { name } }`);
    expect([reply.status, ...codes(reply)]).toEqual([400, 'GRAPHQL_TOO_COSTLY']);
  });

  it('that asks for the schema in circles is refused', async () => {
    const reply = await ask(
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
    );
    expect([reply.status, ...codes(reply)]).toEqual([400, 'GRAPHQL_INVALID']);
  });
});

describe('persisted queries', () => {
  const query = '{ me { name } }';
  const persistedQuery = { version: 1, sha256Hash: sha256(query) };

  it('are asked for by their hash once they were sent with it', async () => {
    const unknown = await post({ extensions: { persistedQuery } });
    expect(unknown.errors[0]).toMatchObject({
      message: 'PersistedQueryNotFound',
      extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
    });
    expect((await post({ query, extensions: { persistedQuery } })).data).toEqual({ me: { name: 'admin' } });
    expect((await post({ extensions: { persistedQuery } })).data).toEqual({ me: { name: 'admin' } });
    // Whoever knows the hash has the query, and their own rights.
    expect((await post({ extensions: { persistedQuery } }, secrets['other'])).data).toEqual({ me: { name: 'other' } });
  });

  it('are not remembered under another hash, nor when they are not valid', async () => {
    const other = { version: 1, sha256Hash: sha256('{ me { token_id } }') };
    expect(codes(await post({ query, extensions: { persistedQuery: other } }))).toEqual(['GRAPHQL_INVALID']);
    expect(codes(await post({ extensions: { persistedQuery: other } }))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
    const bad = '{ nothing }';
    const named = { version: 1, sha256Hash: sha256(bad) };
    expect(codes(await post({ query: bad, extensions: { persistedQuery: named } }))).toEqual(['GRAPHQL_INVALID']);
    expect(codes(await post({ extensions: { persistedQuery: named } }))).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
    expect((await post({ extensions: { persistedQuery: { version: 2, sha256Hash: sha256(query) } } })).status).toBe(
      400,
    );
  });
});

describe('the configuration', () => {
  it('may allow listed queries alone, and keep the schema to itself', async () => {
    const path = join(directory, 'allowed.json');
    const query = '{ me { name } }';
    const schema = '{ __schema { queryType { name } } }';
    await writeFile(path, JSON.stringify({ [sha256(query)]: query, [sha256(schema)]: schema }));
    const other = await start({ GRAPHQL_ALLOW_LIST: path, GRAPHQL_INTROSPECTION: 'off', GRAPHQL_MAX_DEPTH: '3' });
    try {
      const to = (payload: object) => post(payload, secrets['admin'], {}, other);
      expect((await to({ query })).data).toEqual({ me: { name: 'admin' } });
      expect((await to({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(query) } } })).data).toEqual({
        me: { name: 'admin' },
      });
      const refused = await to({ query: '{ me { token_id } }' });
      expect([refused.status, ...codes(refused)]).toEqual([403, 'GRAPHQL_NOT_LISTED']);
      expect(codes(await to({ query: schema }))).toContain('GRAPHQL_INVALID');
    } finally {
      await other.close();
    }
  });

  it('with a listed query that does not fit the schema stops the start', async () => {
    const path = join(directory, 'wrong.json');
    await writeFile(path, JSON.stringify({ [sha256('{ nothing }')]: '{ nothing }' }));
    await expect(start({ GRAPHQL_ALLOW_LIST: path })).rejects.toThrow(/GRAPHQL_ALLOW_LIST.*nothing/);
  });
});
