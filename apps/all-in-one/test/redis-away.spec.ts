import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Paged, Risk } from '#contracts';
import { startRedis, startServer, type TestRedis, type TestServer } from '#testing';
import { Client, ENV, until } from './platform.js';
import { createTown, sendBulk, toNdjson, townEvents, train } from './town.js';

let redis: TestRedis;
let server: TestServer;
let town: Client;

beforeAll(async () => {
  redis = await startRedis();
  server = await startServer('apps/all-in-one/main', { ...ENV, REDIS_URL: redis.url, LOG_LEVEL: 'warn' });
  const admin = new Client(server);
  await createTown(admin, 'town');
  town = admin.as(admin.token, 'town');
  expect((await sendBulk(town, toNdjson(townEvents(10)))).status).toBe(201);
  await train(town);
});
afterAll(async () => {
  await server.stop();
  await redis.stop();
});

/** What readers asked and got, until they are told to stop. */
function readers(paths: readonly (() => [method: string, path: string, json?: unknown])[]) {
  const failures: string[] = [];
  let answered = 0;
  let going = true;
  const reader = async (ask: () => [string, string, unknown?]) => {
    while (going) {
      const [method, path, json] = ask();
      const answer = await town.ask(method, path, json === undefined ? {} : { json });
      answered++;
      if (answer.status !== 200) failures.push(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
    }
  };
  const all = paths.map((ask) => reader(ask));
  return {
    failures,
    get answered() {
      return answered;
    },
    /** Waits for so many more answers. */
    async more(count: number) {
      const goal = answered + count;
      await until(`${count} more answers`, 60_000, () => Promise.resolve(answered >= goal ? true : undefined));
    },
    async stop() {
      going = false;
      await Promise.all(all);
    },
  };
}

it('goes away and comes back under load without one failed read, and jobs go on', async () => {
  const [risk] = (await town.get<Paged<Risk>>('/risks?limit=1')).data;
  let n = 0;
  const load = readers([
    () => ['GET', '/risk-map?horizon=24'],
    // Never kept before: each takes the long way, to where Redis would be.
    () => ['GET', `/risk-map?horizon=${1 + (n++ % 700)}&min_level=HIGH`],
    () => ['GET', `/risks/${risk?.risk_id}`],
    () => ['GET', '/risks?limit=20'],
    () => ['POST', '/risk/assess', { cells: [risk?.cell.id] }],
  ]);
  try {
    await load.more(200);
    await redis.kill();
    await load.more(400);
    await redis.start();
    await load.more(400);
    redis.freeze();
    try {
      await load.more(200);
    } finally {
      redis.thaw();
    }
    await load.more(200);
  } finally {
    await load.stop();
  }
  expect(load.failures).toEqual([]);
  const job = await town.json<{ job_id: string }>(
    'POST',
    '/jobs',
    { type: 'surface.refresh', params: { event_type: 'incident' } },
    202,
  );
  await town.finished(job.job_id);
});
