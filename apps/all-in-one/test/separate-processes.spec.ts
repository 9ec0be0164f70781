import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventTypeSummary, IngestAnswer, Job, Readiness, RiskMap } from '#contracts';
import {
  Child,
  createDatabase,
  startClickHouseHttp,
  startRedis,
  startServer,
  type TestClickHouse,
  type TestDatabase,
  type TestRedis,
  type TestServer,
} from '#testing';
import { Client, ENV, expectProblem, until } from './platform.js';
import { recountTypes } from './recount.js';
import { createTown, mapOf, sendBulk, toNdjson, TOWN_TYPE, townEvents } from './town.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe.each([
  ['over Redis', true],
  ['over PostgreSQL', false],
])('API and worker as processes of their own, with queues %s', (_, withRedis) => {
  let folder: string;
  let database: TestDatabase;
  let clickhouse: TestClickHouse;
  let redis: TestRedis | undefined;
  let replicas: [TestServer, TestServer];
  let workers: Child[] = [];
  let town: [Client, Client];
  let env: Record<string, string>;

  const events = townEvents(19, 41);
  const asked: { training?: Job } = {};

  function startWorker(): Child {
    const worker = new Child({
      command: process.execPath,
      args: [join(ROOT, 'dist/apps/worker/main.js')],
      env: { ...env, PATH: '/usr/bin:/bin', DATA_DIR: folder, UV_THREADPOOL_SIZE: '16' },
    });
    workers.push(worker);
    return worker;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'strisk-worker-'));
    [database, clickhouse, redis] = await Promise.all([
      createDatabase(),
      startClickHouseHttp(),
      withRedis ? startRedis({ aof: true }) : undefined,
    ]);
    env = {
      ...ENV,
      DATABASE_URL: database.url,
      CLICKHOUSE_URL: clickhouse.url,
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    };
    // At once on empty stores: one of them migrates, the other waits for it.
    replicas = await Promise.all([startServer('apps/api/main', env), startServer('apps/api/main', env)]);
    const admin = new Client(replicas[0]);
    await createTown(admin, 'town');
    town = [new Client(replicas[0], admin.token, 'town'), new Client(replicas[1], admin.token, 'town')];
  });

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.stop(40_000)));
    workers = [];
    await Promise.all(replicas.map((server) => server.stop()));
    await Promise.all([clickhouse.stop(), redis?.stop(), database.drop()]);
    await rm(folder, { recursive: true, force: true });
  });

  it('the replicas tell of every store they use', async () => {
    for (const client of town) {
      const ready = await client.get<Readiness>('//ready');
      expect(ready.status).toBe('ok');
      expect(Object.keys(ready.dependencies).toSorted()).toEqual(
        withRedis ? ['clickhouse', 'postgres', 'redis'] : ['clickhouse', 'postgres'],
      );
    }
  });

  it('a file sent to both at once is there once', async () => {
    const text = toNdjson(events);
    const answers = await Promise.all(town.map((client) => sendBulk(client, text)));
    const parsed = answers.map(({ status, text: body }) => {
      expect(status, body).toBe(201);
      return JSON.parse(body) as IngestAnswer;
    });
    expect(parsed.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(events.length);
    expect(parsed.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(events.length);
    for (const client of town)
      expect((await client.get<{ data: EventTypeSummary[] }>('/event-types')).data).toEqual(recountTypes(events, 8));
  });

  it('work waits for a worker, for an API does none', async () => {
    const params = { event_type: TOWN_TYPE, activate: true, force: true };
    const job = await town[0].json<Job>('POST', '/models/train', params, 202);
    // Asked for twice while it waits, it is one.
    expect((await town[1].json<Job>('POST', '/models/train', params, 202)).job_id).toBe(job.job_id);
    // An answer of each store lies between; an API that worked on jobs would have begun.
    for (const client of town) await mapIsNotThere(client);
    expect(await town[1].get<Job>(`/jobs/${job.job_id}`)).toMatchObject({ state: 'waiting', attempts: 0 });
    asked.training = job;
  });

  it('a worker does it, and both replicas serve the surface within seconds', async () => {
    const worker = startWorker();
    const done = await town[1].finished(asked.training?.job_id ?? '');
    expect(done).toMatchObject({ attempts: 1, result: { event_type: TOWN_TYPE, activated: true } });
    const ended = Date.now();
    const maps = await Promise.all([mapOf(town[0]), mapOf(town[1])]);
    expect(Date.now() - ended).toBeLessThan(20_000);
    expect(maps[0].model_version).toBe(done.result?.['model_version']);
    // One may be a look behind the other while surfaces follow each other; then they say the same to the last digit.
    const [one, other] = await same();
    expect(other.text).toBe(one.text);
    expect(other.headers.get('etag')).toBe(one.headers.get('etag'));
    expect(worker.running).toBe(true);
  });

  it('events sent to the one show in the map of the other', async () => {
    const before = await mapOf(town[1]);
    const [like] = events;
    const burst = Array.from({ length: 20 }, (__, i) => ({
      ...like,
      event_id: `burst-${i}`,
      timestamp: new Date(Date.now() - (i + 1) * 1_000).toISOString(),
    }));
    await town[0].json('POST', '/events', { events: burst }, 201);
    const after = await newerThan(town[1], burst.at(-1)?.timestamp ?? '');
    expect(Date.parse(after.issued_at)).toBeGreaterThan(Date.parse(before.issued_at));
    const total = (map: RiskMap) => map.cells.reduce((sum, { expected_count }) => sum + expected_count, 0);
    expect(total(after)).toBeGreaterThan(total(before));
  });

  it('a token revoked at the one is refused there at once, and by the other as soon as it asks', async () => {
    const { token, token_id } = await town[0].newToken(['risk:read']);
    expect((await town[0].as(token).ask('GET', '/risk-map')).status).toBe(200);
    expect((await town[0].ask('DELETE', `/tokens/${token_id}`)).status).toBe(204);
    expectProblem(await town[0].as(token).ask('GET', '/risk-map'), 401, 'TOKEN_REVOKED');
    expectProblem(await town[1].as(token).ask('GET', '/risk-map'), 401, 'TOKEN_REVOKED');
  });

  it('a replica that comes later serves the surface with its first answer', async () => {
    const late = await startServer('apps/api/main', env);
    try {
      const answer = await new Client(late, town[0].token, 'town').ask('GET', '/risk-map');
      expect(answer.status, answer.text.slice(0, 300)).toBe(200);
    } finally {
      expect(await late.stop()).toEqual({ code: 0, signal: null });
    }
  });

  it('maps go on without a worker, and all of them end in order', async () => {
    for (const worker of workers) expect(await worker.stop(40_000), worker.stderr).toEqual({ code: 0, signal: null });
    for (const client of town) expect((await client.ask('GET', '/risk-map')).status).toBe(200);
    for (const server of replicas) expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  async function mapIsNotThere(client: Client): Promise<void> {
    expectProblem(await client.ask('GET', '/risk-map'), 404, 'SURFACE_NOT_READY');
  }

  /** An answer of each replica, both of one surface. */
  function same() {
    return until('the same surface on both', 20_000, async () => {
      const answers = await Promise.all(town.map((client) => client.ask('GET', '/risk-map')));
      const [one, other] = answers;
      if (one === undefined || other === undefined) return undefined;
      const issued = answers.map(({ text }) => (JSON.parse(text) as RiskMap).issued_at);
      return issued[0] === issued[1] ? ([one, other] as const) : undefined;
    });
  }

  function newerThan(client: Client, time: string): Promise<RiskMap> {
    return until('a surface that knows of it', 30_000, async () => {
      const map = await client.get<RiskMap>('/risk-map');
      return Date.parse(map.data_until) >= Date.parse(time) ? map : undefined;
    });
  }
});
