import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BatchAnswer, batchAnswer, type BatchResult, type Paged, type Risk, type RiskMap } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { Client, ENV, expectProblem, until } from './platform.js';
import { createTown, sendBulk, toNdjson, townEvents, train } from './town.js';

let server: TestServer;
let town: Client;
let risks: Risk[];

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  const admin = new Client(server);
  await createTown(admin, 'town');
  town = admin.as(admin.token, 'town');
  expect((await sendBulk(town, toNdjson(townEvents(14)))).status).toBe(201);
  await train(town);
  risks = await until('some risks', 30_000, async () => {
    const { data } = await town.get<Paged<Risk>>('/risks?status=open');
    return data.length >= 2 ? data : undefined;
  });
});
afterAll(() => server.stop());

const get = (id: string, path: string, more: object = {}): object => ({ id, method: 'GET', path, ...more });
const patch = (id: string, risk: string, body: object, more: object = {}): object => ({
  id,
  method: 'PATCH',
  path: `/risks/${risk}`,
  body,
  ...more,
});

async function run(operations: object[], more: object = {}, client = town): Promise<BatchResult[]> {
  const { results }: BatchAnswer = batchAnswer.parse(await client.json('POST', '/batch', { operations, ...more }, 200));
  return results;
}
const statuses = (results: BatchResult[]) => results.map(({ id, status }) => `${id} ${status}`);
const read = (risk: string) => town.get<Risk>(`/risks/${risk}`);

it('answers what the addresses answer by themselves', async () => {
  const paths = [
    '/risks?limit=3',
    '/risk-map?min_level=HIGH',
    '/event-types',
    '/models',
    '/namespaces/town',
    `/risks/${risks[0]?.risk_id}`,
    '/risks/rsk_none0000',
  ];
  const results = await run(paths.map((path, i) => get(`o${i}`, path)));
  for (const [i, path] of paths.entries()) {
    // Compressed, an answer has another entity tag.
    const alone = await town.ask('GET', path, { headers: { 'accept-encoding': 'identity' } });
    expect(results[i]?.status, path).toBe(alone.status);
    if (alone.status === 200) {
      expect(results[i]?.body, path).toEqual(JSON.parse(alone.text));
      expect(results[i]?.headers['etag'], path).toBe(alone.headers.get('etag'));
    }
  }
});

it('works on what it has found, and writes down who did it', async () => {
  const [risk] = risks;
  const results = await run([
    get('worst', `/risks?status=open&cell=${risk?.cell.id}&limit=1`),
    {
      ...patch('seen', '{{worst.body.data.0.risk_id}}', {
        status: 'acknowledged',
        comment: 'p = {{worst.body.data.0.p_event}}',
      }),
      depends_on: ['worst'],
    },
    {
      id: 'assess',
      method: 'POST',
      path: '/risk/assess',
      body: { cells: ['{{worst.body.data.0.cell.id}}'] },
      depends_on: ['worst'],
    },
  ]);
  expect(statuses(results)).toEqual(['worst 200', 'seen 200', 'assess 200']);
  const found = (results[0]?.body as Paged<Risk> | undefined)?.data[0];
  expect(await read(found?.risk_id ?? '')).toMatchObject({ status: 'acknowledged', comment: `p = ${found?.p_event}` });
});

it('is all or nothing where that is asked for', async () => {
  const [, second] = risks;
  const id = second?.risk_id ?? '';
  const before = await read(id);
  const failed = await run([patch('a', id, { comment: 'half done' }), patch('b', 'rsk_none0000', { comment: 'x' })], {
    atomic: true,
  });
  expect(statuses(failed)).toEqual(['a 424', 'b 404']);
  expect(await read(id)).toEqual(before);
  const twice = await run(
    [
      patch('a', id, { comment: 'one' }),
      patch('b', id, { comment: 'two' }, { headers: { 'If-Match': '{{a.headers.etag}}' }, depends_on: ['a'] }),
    ],
    { atomic: true },
  );
  expect(statuses(twice)).toEqual(['a 200', 'b 200']);
  expect(await read(id)).toMatchObject({ comment: 'two', version: before.version + 2 });
});

it('refuses what cannot be undone before it does anything', async () => {
  const { comment } = await read(risks[1]?.risk_id ?? '');
  const train = { id: 'b', method: 'POST', path: '/models/train', body: {} };
  const answer = await town.ask('POST', '/batch', {
    json: { atomic: true, operations: [patch('a', risks[1]?.risk_id ?? '', { comment: 'no' }), train] },
  });
  expectProblem(answer, 422, 'BATCH_NOT_ATOMIC', 'operations.1');
  expect(await read(risks[1]?.risk_id ?? '')).toMatchObject({ comment });
});

it('cannot hold a batch, a stream, or what is not of the API', async () => {
  const refused = async (path: string, method = 'POST') =>
    (await town.ask('POST', '/batch', { json: { operations: [{ id: 'a', method, path }] } })).status;
  expect(await refused('/batch')).toBe(422);
  expect(await refused('/events/bulk')).toBe(422);
  expect(await refused('/../../metrics', 'GET')).toBe(400);
  expect(await refused('/graphql')).toBe(400);
  expect(await refused('/graphql?query=x')).toBe(400);
});

it('counts every operation towards the limit, and shows what it refuses', async () => {
  const limited = await startServer('apps/all-in-one/main', { ...ENV, RATE_LIMIT_PER_MINUTE: '30' });
  try {
    const client = new Client(limited);
    // A server that has just started may be late for a moment, and says so.
    await until('an answer', 20_000, async () =>
      (await client.ask('GET', '/tokens/self')).status === 200 ? true : undefined,
    );
    const results = await run(
      Array.from({ length: 60 }, (_, i) => get(`o${i}`, '/tokens/self')),
      { mode: 'sequential' },
      client,
    );
    const good = results.filter(({ status }) => status === 200).length;
    expect(good).toBeGreaterThan(10);
    expect(good).toBeLessThan(30);
    expect(results.at(-1)).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(Number(results.at(-1)?.headers['retry-after'])).toBeGreaterThan(0);
  } finally {
    await limited.stop();
  }
});

it('answers a hundred maps within what it may return, or says which do not fit', async () => {
  const results = await run(
    Array.from({ length: 100 }, (_, i) => get(`o${i}`, `/risk-map?horizon=${24 * (1 + (i % 3))}`)),
  );
  for (const { status, body } of results)
    if (status === 200) expect((body as RiskMap).cell_count).toBeGreaterThan(0);
    else expect(body).toMatchObject({ code: 'BATCH_ANSWER_TOO_LARGE', answered_status: 200 });
});
