import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Body, Controller, Get, HttpCode, Module, Param, Post, Query, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  Access,
  type AccessContext,
  accessConfig,
  AccessHttpModule,
  accessMigrations,
  NamespacesService,
  RequireScope,
  TokensService,
} from '#access';
import { batchAnswer, type BatchResult, problem } from '#contracts';
import { jobsConfig, JobsHttpModule, jobsMigrations } from '#jobs';
import {
  Answers,
  API_PREFIX,
  Atomic,
  Config,
  createHttpApp,
  httpConfig,
  HttpModule,
  migratePostgres,
  OUTSIDE_PREFIX,
  PLATFORM_CONFIG,
  PlatformModule,
  Postgres,
  requestContext,
  type Stores,
} from '#platform';
import { riskConfig, RiskHttpModule, riskMigrations } from '#risk';
import { createDatabase, type TestDatabase } from '#testing';
import { batchConfig, BatchHttpModule } from './index.js';

let database: TestDatabase;
let directory: string;
let app: NestFastifyApplication;
const READER = `reader-${'r'.repeat(40)}`;
const WRITER = `writer-${'w'.repeat(40)}`;
const ADMIN = `admin-${'a'.repeat(40)}`;
const OTHER = `other-${'o'.repeat(40)}`;

/** What the probes saw, and what they wait for. */
const seen = { running: 0, most: 0, order: [] as string[], aborted: [] as string[] };
let gate = Promise.withResolvers<void>();

@Controller('probe')
class Probe {
  constructor(private readonly postgres: Postgres) {}

  /** Says who it was asked by, and how. */
  @Get('echo')
  @RequireScope('any')
  echo(@Access() { namespace, principal, requestId }: AccessContext, @Query() query: object): object {
    return { namespace: namespace.namespaceId, token: principal.name, requestId, query };
  }

  @Post('echo')
  @HttpCode(200)
  @RequireScope('risk:read')
  body(@Body({ schema: z.unknown() }) body: unknown): unknown {
    return { body };
  }

  /** Answers when it is let. */
  @Get('wait/:name')
  @RequireScope('any')
  async wait(@Param('name') name: string): Promise<object> {
    seen.order.push(name);
    seen.most = Math.max(seen.most, ++seen.running);
    const signal = requestContext()?.signal;
    signal?.addEventListener('abort', () => seen.aborted.push(name));
    await gate.promise;
    seen.running--;
    return { name };
  }

  @Get('large')
  @RequireScope('any')
  large(): object {
    return { text: 'x'.repeat(700_000) };
  }

  @Get('csv')
  @RequireScope('any')
  csv(@Res({ passthrough: true }) reply: FastifyReply): string {
    void reply.header('Content-Type', 'text/csv');
    return 'a,b\n1,2\n';
  }

  @Get('tile')
  @RequireScope('any')
  tile(@Res({ passthrough: true }) reply: FastifyReply): Buffer {
    void reply.header('Content-Type', 'application/vnd.mapbox-vector-tile');
    return Buffer.from([1, 2, 3]);
  }

  @Get('stream')
  @RequireScope('any')
  @Answers(undefined, { summary: 'A stream', deadlineMs: null })
  stream(): string {
    return '';
  }

  /** Writes a line, and fails after it where asked to. */
  @Post('lines/:text')
  @RequireScope('risk:write')
  @Atomic()
  line(@Param('text') text: string, @Query('fail') fail: string | undefined): Promise<object> {
    return this.postgres.transaction(async (manager) => {
      await manager.query(`INSERT INTO batch_lines (text) VALUES ($1)`, [text]);
      if (fail !== undefined) throw new Error('broken on purpose');
      const rows = await manager.query<{ text: string }[]>(`SELECT text FROM batch_lines ORDER BY text`);
      return { lines: rows.map((row) => row.text) };
    });
  }
}

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-batch-'));
  await migratePostgres(
    database.url,
    { DATABASE_POOL: 4 },
    [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    () => Promise.resolve(),
  );
  const config = Config.read([...PLATFORM_CONFIG, accessConfig, jobsConfig, riskConfig, batchConfig], {
    LOG_LEVEL: 'silent',
    CLICKHOUSE_READ_CONNECTIONS: '1',
    BATCH_ANSWER_LIMIT_MB: '1',
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
      JobsHttpModule,
      RiskHttpModule,
      BatchHttpModule,
    ],
    controllers: [Probe],
  })
  class App {}
  app = await createHttpApp(App, { config: config.get(httpConfig) });
  app.setGlobalPrefix(API_PREFIX, { exclude: OUTSIDE_PREFIX });
  await app.listen(0, '127.0.0.1');
  await app.get(DataSource).query(`CREATE TABLE batch_lines (text text PRIMARY KEY)`);
  const namespaces = app.get(NamespacesService);
  const input = {
    h3_resolution: 7,
    time_zone: 'UTC',
    levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
    amount_kind: 'amount' as const,
  };
  for (const namespace_id of ['city', 'county']) await namespaces.ensure({ ...input, namespace_id });
  const tokens = app.get(TokensService);
  await tokens.ensure(READER, { name: 'reader', scopes: ['risk:read'], namespaceId: 'city' });
  await tokens.ensure(WRITER, { name: 'writer', scopes: ['risk:read', 'risk:write'], namespaceId: 'city' });
  await tokens.ensure(OTHER, { name: 'other', scopes: ['risk:read', 'risk:write'], namespaceId: 'county' });
  await tokens.ensure(ADMIN, { name: 'root', scopes: ['admin'], namespaceId: null });
});
afterAll(async () => {
  await app.close();
  await database.drop();
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  Object.assign(seen, { running: 0, most: 0, order: [], aborted: [] });
  gate = Promise.withResolvers();
  await app.get(DataSource).query(`TRUNCATE batch_lines, risks, audit_log`);
});

type Given = Record<string, unknown>;
const get = (id: string, path: string, more: Given = {}): Given => ({ id, method: 'GET', path, ...more });
const lines = async () =>
  (await app.get(DataSource).query<{ text: string }[]>(`SELECT text FROM batch_lines ORDER BY text`)).map(
    (row) => row.text,
  );

async function send(payload: unknown, token: string | null = WRITER, headers: Record<string, string> = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/batch',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, body: answer.json<Given>() };
}

async function run(operations: Given[], more: Given = {}, token = WRITER, headers = {}): Promise<BatchResult[]> {
  const { status, text } = await send({ operations, ...more }, token, headers);
  expect(status, text).toBe(200);
  const { results } = batchAnswer.parse(JSON.parse(text));
  expect(results.map(({ id }) => id)).toEqual(operations.map(({ id }) => id));
  for (const { status: one, body, id } of results)
    if (one >= 400) expect(problem.parse(body).request_id).toMatch(new RegExp(`\\.${id}$`));
  return results;
}
const codeOf = ({ body }: BatchResult) => (body as { code?: string } | null)?.code;
const statuses = (results: BatchResult[]) => results.map(({ id, status }) => `${id} ${status}`);

describe('a batch', () => {
  it('answers each operation as it would be answered alone', async () => {
    const [a, b, c, d] = await run(
      [
        get('a', '/probe/echo?x=1&x=2'),
        get('b', '/nowhere'),
        { id: 'c', method: 'POST', path: '/probe/echo', body: { deep: [1, null, 'ä'] } },
        get('d', '/risks?limit=0'),
      ],
      {},
      WRITER,
      { 'x-request-id': 'night' },
    );
    expect(a?.body).toEqual({ namespace: 'city', token: 'writer', requestId: 'night.a', query: { x: ['1', '2'] } });
    expect(a?.headers['content-type']).toMatch(/json/);
    expect([b?.status, b && codeOf(b)]).toEqual([404, 'ROUTE_NOT_FOUND']);
    expect(c?.body).toEqual({ body: { deep: [1, null, 'ä'] } });
    expect([d?.status, d && codeOf(d)]).toEqual([400, 'REQUEST_INVALID']);
  });

  it('keeps the request id within what is taken for one', async () => {
    const id = 'i'.repeat(64);
    const [only] = await run([get(id, '/probe/echo')], {}, WRITER, { 'x-request-id': 'r'.repeat(128) });
    expect(only?.headers['x-request-id']).toBe(`${'r'.repeat(63)}.${id}`);
  });

  it('gives each operation the rights of the caller and no more', async () => {
    const operations = [
      get('self', '/tokens/self'),
      get('tokens', '/tokens'),
      { id: 'post', method: 'POST', path: '/probe/lines/x' },
    ];
    expect(statuses(await run(operations, {}, READER))).toEqual(['self 200', 'tokens 403', 'post 403']);
    expect(statuses(await run(operations, {}, ADMIN, { 'x-namespace': 'county' }))).toEqual([
      'self 200',
      'tokens 200',
      'post 201',
    ]);
    const [echo] = await run([get('a', '/probe/echo')], {}, ADMIN, { 'x-namespace': 'county' });
    expect(echo?.body).toMatchObject({ namespace: 'county', token: 'root' });
  });

  it('is refused as a whole to whoever is nobody, or of another namespace', async () => {
    const operations = [get('a', '/health')];
    expect((await send({ operations }, null)).status).toBe(401);
    expect((await send({ operations }, 'nobody-knows-this-token-at-all')).status).toBe(401);
    expect((await send({ operations }, WRITER, { 'x-namespace': 'county' })).status).toBe(403);
  });

  it('sees nothing of another namespace', async () => {
    await app.get(DataSource).query(
      `INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, event_type, p_event, expected_count, horizon_hours, model_version, updated_at, version)
       VALUES ('rsk_00000001', 'city', now(), 'open', 'HIGH', '872b9bc71ffffff', 43.7, -79.4, 'fire', 0.2, 0.22, 24, 'fire-1', now(), 1)`,
    );
    const operations = [
      get('list', '/risks'),
      get('read', '/risks/rsk_00000001'),
      { id: 'patch', method: 'PATCH', path: '/risks/rsk_00000001', body: { comment: 'x' } },
    ];
    const others = await run(operations, {}, OTHER);
    expect(statuses(others)).toEqual(['list 200', 'read 404', 'patch 404']);
    expect(others[0]?.body).toMatchObject({ data: [] });
    expect(statuses(await run(operations))).toEqual(['list 200', 'read 200', 'patch 200']);
  });

  it('returns text as text, and says so where an answer is neither', async () => {
    const [csv, tile] = await run([get('csv', '/probe/csv'), get('tile', '/probe/tile')]);
    expect(csv).toMatchObject({ status: 200, body: 'a,b\n1,2\n', headers: { 'content-type': 'text/csv' } });
    expect(tile).toMatchObject({ status: 406, body: { code: 'BATCH_ANSWER_BINARY', answered_status: 200 } });
  });

  it('says which answers are more than it may return', async () => {
    const results = await run([get('a', '/probe/large'), get('b', '/probe/large'), get('c', '/probe/echo')], {
      mode: 'sequential',
    });
    expect(statuses(results)).toEqual(['a 200', 'b 413', 'c 413']);
    expect(results[1]?.body).toMatchObject({ code: 'BATCH_ANSWER_TOO_LARGE', answered_status: 200 });
  });
});

describe('a batch that cannot be run', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['no operations', { operations: [] }, /operations/],
    ['too many', { operations: Array.from({ length: 101 }, (_, i) => get(`o${i}`, '/risks')) }, /operations/],
    ['the same id twice', { operations: [get('a', '/risks'), get('a', '/risks')] }, /operations\.1\.id/],
    [
      'an unknown dependency',
      { operations: [get('a', '/risks', { depends_on: ['b'] })] },
      /operations\.0\.depends_on\.0/,
    ],
    [
      'a circle',
      { operations: [get('a', '/risks', { depends_on: ['b'] }), get('b', '/risks', { depends_on: ['a'] })] },
      /circle/,
    ],
    ['a way out', { operations: [get('a', '/../../metrics')] }, /operations\.0\.path/],
    ['an encoded way out', { operations: [get('a', '/%2e%2e/%2E%2e/metrics')] }, /operations\.0\.path/],
    ['another host', { operations: [get('a', 'http://127.0.0.1:1/api/v1/risks')] }, /operations\.0\.path/],
    [
      'a header of the caller',
      { operations: [get('a', '/risks', { headers: { Authorization: 'Bearer x' } })] },
      /headers\.Authorization/,
    ],
    ['a method that is none', { operations: [{ id: 'a', method: 'TRACE', path: '/risks' }] }, /operations\.0\.method/],
    ['an unknown member', { operations: [get('a', '/risks', { url: '/x' })] }, /operations\.0/],
    ['a body that is a list', [get('a', '/risks')], /./],
  ];
  it.each(wrong)('for %s names what is wrong and does nothing', async (_what, payload, message) => {
    const { status, text } = await send(payload);
    expect(status, text).toBe(400);
    expect(text).toMatch(/REQUEST_INVALID/);
    expect(text).toMatch(message);
  });

  it.each(['/batch', '/%62atch', '/batch?x=1'])('holds a batch (%s)', async (path) => {
    const inner = { operations: [get('b', '/probe/echo')] };
    const { status, body } = await send({ operations: [{ id: 'a', method: 'POST', path, body: inner }] });
    expect([status, body['code']]).toEqual([422, 'BATCH_OPERATION_REFUSED']);
    expect(body['errors']).toMatchObject([{ path: 'operations.0' }]);
  });

  it('holds a stream', async () => {
    const { status, body } = await send({ operations: [get('a', '/probe/echo'), get('b', '/probe/stream')] });
    expect([status, body['code']]).toEqual([422, 'BATCH_OPERATION_REFUSED']);
    expect(body['errors']).toMatchObject([{ path: 'operations.1' }]);
  });

  it('is not led into a batch or a stream by a reference', async () => {
    const operations = [
      { id: 'a', method: 'POST', path: '/probe/echo', body: { b: 'batch', s: 'stream', up: '..' } },
      {
        id: 'b',
        method: 'POST',
        path: '/{{a.body.body.b}}',
        body: { operations: [get('x', '/risks')] },
        depends_on: ['a'],
      },
      get('s', '/probe/{{a.body.body.s}}', { depends_on: ['a'] }),
      get('u', '/{{a.body.body.up}}/{{a.body.body.up}}/metrics', { depends_on: ['a'] }),
    ];
    const results = await run(operations);
    expect(results.map(codeOf)).toEqual([
      undefined,
      'BATCH_OPERATION_REFUSED',
      'BATCH_OPERATION_REFUSED',
      'BATCH_REFERENCE_MISSING',
    ]);
  });

  it('of nothing but references cannot unfold into a huge one', async () => {
    const body = Array.from({ length: 2_000 }, () => '{{a.body}}');
    const results = await run([
      get('a', '/probe/echo?x=' + 'y'.repeat(2_000)),
      { id: 'b', method: 'POST', path: '/probe/echo', body, depends_on: ['a'] },
    ]);
    expect(results.map(codeOf)).toEqual([undefined, 'BATCH_REFERENCE_MISSING']);
  });
});

describe('order', () => {
  it('lets results be used, with their types, in paths, headers and bodies', async () => {
    const results = await run([
      {
        id: 'b',
        method: 'POST',
        path: '/probe/echo',
        depends_on: ['a'],
        body: { list: '{{a.body.body.list}}', n: '{{a.status}}', text: 'is {{a.body.body.name}}' },
      },
      { id: 'a', method: 'POST', path: '/probe/echo', body: { list: [1, { x: null }], name: 'ä/?&=#', id: 'one two' } },
      get('c', '/probe/echo?q={{a.body.body.name}}&id={{a.body.body.id}}', { depends_on: ['a'] }),
    ]);
    expect(statuses(results)).toEqual(['b 200', 'a 200', 'c 200']);
    expect(results[0]?.body).toEqual({ body: { list: [1, { x: null }], n: 200, text: 'is ä/?&=#' } });
    expect(results[2]?.body).toMatchObject({ query: { q: 'ä/?&=#', id: 'one two' } });
  });

  it('hands a version on in a header', async () => {
    await app.get(DataSource).query(
      `INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, event_type, p_event, expected_count, horizon_hours, model_version, updated_at, version)
       VALUES ('rsk_00000007', 'city', now(), 'open', 'HIGH', '872b9bc71ffffff', 43.7, -79.4, 'fire', 0.2, 0.22, 24, 'fire-1', now(), 5)`,
    );
    const patch = (id: string, etag: string, depends_on: string[]) => ({
      id,
      method: 'PATCH',
      path: '/risks/rsk_00000007',
      headers: { 'If-Match': etag },
      body: { comment: id },
      depends_on,
    });
    const results = await run([
      get('read', '/risks/rsk_00000007'),
      patch('good', '{{read.headers.etag}}', ['read']),
      patch('late', '{{read.headers.etag}}', ['read', 'good']),
    ]);
    expect(statuses(results)).toEqual(['read 200', 'good 200', 'late 412']);
  });

  it('does not run what depends on what failed, and runs the rest', async () => {
    const results = await run([
      get('bad', '/nowhere'),
      get('after', '/probe/echo', { depends_on: ['bad'] }),
      get('later', '/probe/echo', { depends_on: ['after', 'good'] }),
      get('good', '/probe/echo'),
      get('missing', '/probe/{{good.body.nothing}}', { depends_on: ['good'] }),
    ]);
    expect(statuses(results)).toEqual(['bad 404', 'after 424', 'later 424', 'good 200', 'missing 422']);
    expect(results[1]?.body).toMatchObject({ code: 'DEPENDENCY_FAILED', failed_dependencies: ['bad'] });
    expect(results[2]?.body).toMatchObject({ failed_dependencies: ['after'] });
    expect(results[4]?.body).toMatchObject({ detail: expect.stringContaining('good.body.nothing') as string });
  });

  it('side by side has a bound', async () => {
    const done = run(Array.from({ length: 20 }, (_, i) => get(`o${i}`, `/probe/wait/${i}`)));
    await vi.waitUntil(() => seen.running === 8);
    gate.resolve();
    expect((await done).every(({ status }) => status === 200)).toBe(true);
    expect(seen.most).toBe(8);
  });

  it('one after the other is that', async () => {
    gate.resolve();
    await run(
      Array.from({ length: 20 }, (_, i) => get(`o${i}`, `/probe/wait/${i}`)),
      { mode: 'sequential' },
    );
    expect(seen.most).toBe(1);
    expect(seen.order).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  it('goes on past a failure', async () => {
    const results = await run([get('a', '/nowhere'), get('b', '/probe/echo')], { mode: 'sequential' });
    expect(statuses(results)).toEqual(['a 404', 'b 200']);
  });
});

describe('a client that leaves', () => {
  it('ends its batch: nothing more begins, and what runs is told to stop', async () => {
    const client = new AbortController();
    const operations = Array.from({ length: 20 }, (_, i) => get(`o${i}`, `/probe/wait/${i}`));
    const answer = fetch(`${await app.getUrl()}/api/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${READER}`, 'content-type': 'application/json' },
      body: JSON.stringify({ operations, mode: 'sequential' }),
      signal: client.signal,
    });
    await vi.waitUntil(() => seen.running === 1);
    client.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitUntil(() => seen.aborted.length > 0, { timeout: 3_000 });
    gate.resolve();
    // Whatever would begin begins before this one is answered.
    await run([get('x', '/probe/echo')]);
    expect(seen.order).toEqual(['0']);
  });
});

describe('all or nothing', () => {
  const line = (id: string, text: string, more: Given = {}): Given => ({
    id,
    method: 'POST',
    path: `/probe/lines/${text}`,
    ...more,
  });

  it('is all where each succeeds, and each sees what was done before it', async () => {
    const results = await run([line('a', 'one'), line('b', 'two', { depends_on: ['a'] })], { atomic: true });
    expect(results[1]?.body).toEqual({ lines: ['one', 'two'] });
    expect(await lines()).toEqual(['one', 'two']);
  });

  it.each([
    ['an error of the caller', line('b', 'two?fail', { path: '/probe/lines/one' }), 500],
    ['an error of ours', line('b', 'two', { path: '/probe/lines/two?fail' }), 500],
    ['a missing scope of a reference', line('b', '{{a.body.nothing}}', { depends_on: ['a'] }), 422],
  ])('is nothing where one fails: %s', async (_what, failing, status) => {
    const results = await run([line('a', 'one'), failing, line('c', 'three')], { atomic: true });
    expect(results.map((result) => [result.status, codeOf(result)])).toEqual([
      [424, 'BATCH_ROLLED_BACK'],
      [status, status === 500 ? 'INTERNAL' : 'BATCH_REFERENCE_MISSING'],
      [424, 'BATCH_ROLLED_BACK'],
    ]);
    expect(await lines()).toEqual([]);
  });

  it('undoes the audit log with the change', async () => {
    const insert = (id: string) =>
      app.get(DataSource).query(
        `INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, event_type, p_event, expected_count, horizon_hours, model_version, updated_at, version)
         VALUES ($1, 'city', now(), 'open', 'HIGH', '872b9bc71ffffff', 43.7, -79.4, $1, 0.2, 0.22, 24, 'fire-1', now(), 1)`,
        [id],
      );
    await insert('rsk_00000001');
    await insert('rsk_00000002');
    const patch = (id: string, risk: string, version: string) => ({
      id,
      method: 'PATCH',
      path: `/risks/${risk}`,
      headers: { 'If-Match': version },
      body: { status: 'acknowledged' },
    });
    const failed = await run([patch('a', 'rsk_00000001', '"1"'), patch('b', 'rsk_00000002', '"9"')], { atomic: true });
    expect(statuses(failed)).toEqual(['a 424', 'b 412']);
    const state = () => app.get(DataSource).query(`SELECT status, version FROM risks ORDER BY risk_id`);
    expect(await state()).toEqual([
      { status: 'open', version: 1 },
      { status: 'open', version: 1 },
    ]);
    expect(await app.get(DataSource).query(`SELECT 1 FROM audit_log`)).toEqual([]);
    const done = await run([patch('a', 'rsk_00000001', '"1"'), patch('b', 'rsk_00000002', '"1"')], { atomic: true });
    expect(statuses(done)).toEqual(['a 200', 'b 200']);
    expect(await state()).toEqual([
      { status: 'acknowledged', version: 2 },
      { status: 'acknowledged', version: 2 },
    ]);
    expect(await app.get(DataSource).query(`SELECT 1 FROM audit_log`)).toHaveLength(2);
  });

  it('names what cannot be part of it before anything runs', async () => {
    const operations = [
      line('a', 'one'),
      get('b', '/risks'),
      { id: 'c', method: 'POST', path: '/jobs', body: { type: 'surface.refresh' } },
      get('d', '/nowhere'),
    ];
    const { status, body } = await send({ operations, atomic: true });
    expect([status, body['code']]).toEqual([422, 'BATCH_NOT_ATOMIC']);
    expect((body['errors'] as { path: string }[]).map(({ path }) => path)).toEqual([
      'operations.1',
      'operations.2',
      'operations.3',
    ]);
    expect(await lines()).toEqual([]);
  });

  it('is undone by PostgreSQL where its connection breaks in the middle', async () => {
    const source = app.get(DataSource);
    const holder = source.createQueryRunner();
    await holder.startTransaction();
    await holder.query(`LOCK TABLE risks IN ACCESS EXCLUSIVE MODE`);
    const patch = { id: 'b', method: 'PATCH', path: '/risks/rsk_00000001', body: { comment: 'x' } };
    const answer = send({ operations: [line('a', 'one'), patch, line('c', 'three')], atomic: true });
    const waiting = async () =>
      (
        await source.query<{ pid: number }[]>(
          `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        )
      )[0];
    const victim = await vi.waitUntil(waiting, { timeout: 10_000, interval: 20 });
    await source.query(`SELECT pg_terminate_backend($1)`, [victim.pid]);
    const { status, text } = await answer;
    await holder.rollbackTransaction();
    await holder.release();
    expect([200, 503]).toContain(status);
    expect(text).toMatch(/UNAVAILABLE/);
    expect(await lines()).toEqual([]);
  });

  it('leaves other requests out of its transaction', async () => {
    const inside = send({ operations: [line('a', 'one'), line('b', 'one')], atomic: true });
    const outside = await run([line('x', 'outside')]);
    await inside;
    expect(statuses(outside)).toEqual(['x 201']);
    expect(await lines()).toEqual(['outside']);
  });
});

describe('a batch with an Idempotency-Key', () => {
  const operations = [{ id: 'a', method: 'POST', path: '/probe/lines/once' }];

  it('is run once, and answered the same again', async () => {
    const key = { 'idempotency-key': 'batch-1' };
    const first = await send({ operations }, WRITER, key);
    const again = await send({ operations }, WRITER, key);
    expect(first.body).toMatchObject({ results: [{ id: 'a', status: 201 }] });
    expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([200, first.body, 'true']);
    expect((await send({ operations: [get('b', '/probe/echo')] }, WRITER, key)).body).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('that could not be run may be sent again', async () => {
    const key = { 'idempotency-key': 'batch-2' };
    expect((await send({ operations, atomic: true, mode: 'none' }, WRITER, key)).status).toBe(400);
    expect((await send({ operations: [get('a', '/risks')], atomic: true }, WRITER, key)).status).toBe(422);
    expect((await send({ operations, atomic: true }, WRITER, key)).status).toBe(200);
    expect(await lines()).toEqual(['once']);
  });

  it('leaves operations their own', async () => {
    const group = (id: string, key: string) => ({
      id,
      method: 'POST',
      path: '/groups',
      headers: { 'Idempotency-Key': key },
      body: { name: 'Schools' },
    });
    const groupIds = (results: BatchResult[]) => results.map(({ body }) => (body as { group_id: string }).group_id);
    const [one, two] = groupIds(await run([group('a', 'g-1'), group('b', 'g-2')]));
    expect(one).not.toBe(two);
    for (const atomic of [false, true])
      expect(groupIds(await run([group('a', 'g-1'), group('b', 'g-2')], { atomic }))).toEqual([one, two]);
  });
});

it('does not listen twice for what ends a batch', async () => {
  const warnings: Error[] = [];
  const heard = (warning: Error) => warnings.push(warning);
  process.on('warning', heard);
  await run(Array.from({ length: 100 }, (_, i) => get(`o${i}`, '/probe/echo')));
  // Warnings are told of in a turn of their own.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', heard);
  expect(warnings).toEqual([]);
});
