import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BoardSession } from '#contracts';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '#testing';
import { QUEUES } from '../catalog/catalog.js';
import { JobsOverHttp } from '../test/jobs-over-http.js';
import { JobsUnderTest } from '../test/jobs-under-test.js';

interface Queues {
  queues: { name: string; type: string; readOnlyMode: boolean; counts: Record<string, number> }[];
}

describe.each(['PostgreSQL', 'Redis'] as const)('Bull Board over %s', (backend) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let workers: JobsUnderTest;
  let api: JobsOverHttp;
  let admin: string;

  beforeAll(async () => {
    database = await createDatabase();
    if (backend === 'Redis') redis = await startRedis();
    workers = await JobsUnderTest.start(database.url, redis?.url);
    api = await JobsOverHttp.start(database.url, redis?.url);
    admin = await api.token(null, 'admin');
  });
  afterAll(async () => {
    await api?.stop();
    await workers?.stop();
    await redis?.stop();
    await database.drop();
  });

  const board = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${api.url}/bull-board${path}`, { method, headers });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const codeOf = async (answer: Response) => `${answer.status} ${((await answer.json()) as { code: string }).code}`;
  async function session(token = admin): Promise<{ cookie: string; attributes: string[]; body: BoardSession }> {
    const answer = await api.ask('board/session', token, { method: 'POST' });
    expect(answer.status).toBe(201);
    const [cookie = '', ...attributes] = (answer.headers.get('set-cookie') ?? '').split('; ');
    return { cookie, attributes, body: (await answer.json()) as BoardSession };
  }

  it('shows the queues to an administrator who has opened it with a token', async () => {
    const { cookie, attributes, body } = await session();
    expect(attributes).toEqual(['Path=/bull-board', 'Max-Age=900', 'HttpOnly', 'SameSite=Strict']);
    expect(cookie).not.toContain(admin);
    expect(body.url).toBe('/bull-board/');
    const page = await board('/', { cookie });
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; .*frame-ancestors 'none'$/);
    const script = /src="(static\/js\/main[^"]+)"/.exec(html)?.[1] ?? '';
    const file = await board(`/${script}`, { cookie });
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/javascript; charset=utf-8']);
    expect((await board('/queue/surface', { cookie })).status).toBe(200);

    const { queues } = (await (
      await board('/api/queues?activeQueue=surface&status=latest', { cookie })
    ).json()) as Queues;
    expect(queues.map(({ name, type, readOnlyMode }) => `${name} ${type} ${readOnlyMode}`).toSorted()).toEqual(
      Object.keys(QUEUES)
        .toSorted()
        .map((name) => `${name} bullmq true`),
    );
  });

  it('counts what stands in them, and says of the store what it is', async () => {
    const { cookie } = await session();
    const queue = workers.queue('training');
    await queue.add('deliver', { jobs: [] }, { delay: 60_000 });
    try {
      const { queues } = (await (await board('/api/queues', { cookie })).json()) as Queues;
      expect(queues.find(({ name }) => name === 'training')?.counts['delayed']).toBe(1);
      const store = (await (await board('/api/redis/stats', { cookie })).json()) as { backend: string };
      expect(store.backend).toBe(backend === 'Redis' ? 'redis' : 'postgres');
    } finally {
      await queue.obliterate({ force: true });
    }
  });

  it('takes an administrator’s token as well, for programs', async () => {
    expect((await board('/api/queues', bearer(admin))).status).toBe(200);
  });

  it.each(['/', '/api/queues', '/queue/surface', '/static/js/main.4c9f061c66.js'])(
    '%s is closed to everybody else',
    async (path) => {
      const reader = await api.token('default', 'jobs');
      expect(await codeOf(await board(path))).toBe('401 TOKEN_MISSING');
      expect(await codeOf(await board(path, { cookie: 'strisk_board=a.b' }))).toBe('401 TOKEN_MISSING');
      expect(await codeOf(await board(path, bearer(reader)))).toBe('403 SCOPE_MISSING');
      expect(await codeOf(await api.ask('board/session', reader, { method: 'POST' }))).toBe('403 SCOPE_MISSING');
    },
  );

  it('is closed at once to one whose token was revoked', async () => {
    const other = await api.token(null, 'admin');
    const { cookie } = await session(other);
    expect((await board('/api/queues', { cookie })).status).toBe(200);
    await workers.postgres.query(
      `UPDATE tokens SET revoked_at = now() WHERE token_id =
         (SELECT token_id FROM tokens WHERE scopes::text LIKE '%admin%' ORDER BY created_at DESC LIMIT 1)`,
    );
    expect(await codeOf(await board('/api/queues', { cookie }))).toBe('401 TOKEN_REVOKED');
  });

  it.each([
    ['PUT', '/api/queues/surface/pause'],
    ['PUT', '/api/queues/surface/clean/completed'],
    ['POST', '/api/queues/surface/add'],
    ['PUT', '/api/queues/pause'],
    ['DELETE', '/'],
  ])('changes nothing: %s %s', async (method, path) => {
    const { cookie } = await session();
    const answer = await board(path, { cookie }, method);
    expect(answer.headers.get('allow')).not.toMatch(/PUT|POST|PATCH|DELETE/);
    expect(await codeOf(answer)).toBe('405 METHOD_NOT_ALLOWED');
    expect(await workers.queue('surface').isPaused()).toBe(false);
  });
});
