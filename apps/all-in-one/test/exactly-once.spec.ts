import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellFeatures, EventTypeSummary, FeatureSnapshot, IngestAnswer } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { withPostgres } from './embedded.js';
import { Client, ENV, until } from './platform.js';
import { recountFeatures, recountTypes, rounded } from './recount.js';
import { createTown, sendBulk, toCsv, toNdjson, type TownEvent, townEvents } from './town.js';

const RESOLUTION = 8;
const ZONE = 'America/Chicago';

let server: TestServer;
let admin: Client;

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  admin = new Client(server);
});

afterAll(() => server.stop());

const types = (client: Client) => client.get<{ data: EventTypeSummary[] }>('/event-types').then(({ data }) => data);

/** All pages of the snapshot at a time. */
async function snapshot(client: Client, at: number, type: string): Promise<CellFeatures[]> {
  const all: CellFeatures[] = [];
  let cursor = '';
  do {
    const time = new Date(at).toISOString();
    const page = await client.get<FeatureSnapshot>(
      `/features/snapshot?time=${time}&event_type=${type}&limit=200${cursor}`,
    );
    all.push(...page.data);
    cursor = page.page.next_cursor === null ? '' : `&cursor=${page.page.next_cursor}`;
  } while (cursor !== '');
  return all;
}

/** Counts, cells, spans, features of all cells at several times, and the events themselves: all as if counted by hand. */
async function expectExactly(client: Client, events: readonly TownEvent[]): Promise<void> {
  expect(await types(client)).toEqual(recountTypes(events, RESOLUTION));
  const last = Date.parse(events.at(-1)?.timestamp ?? '');
  // Sharp on an hour, in the midst of one, and long before the end.
  for (const at of [Math.ceil(last / 3_600_000) * 3_600_000, last - 1_234_567, last - 3 * 86_400_000]) {
    const expected = recountFeatures(events, { resolution: RESOLUTION, zone: ZONE, at, type: 'incident' });
    const found = await snapshot(client, at, 'incident');
    expect(rounded(found), `at ${new Date(at).toISOString()}`).toEqual(rounded(expected));
  }
  const exported = await client.ask('GET', '/events?format=ndjson');
  const ids = exported.text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event_id: string }).event_id);
  expect(ids.length).toBe(events.length);
  expect(new Set(ids)).toEqual(new Set(events.map(({ event_id }) => event_id)));
}

const answerOf = ({ status, text }: { status: number; text: string }): IngestAnswer => {
  expect(status, text).toBe(201);
  return JSON.parse(text) as IngestAnswer;
};

describe('a file that is sent again', () => {
  let client: Client;
  let events: TownEvent[];
  let text: string;

  beforeAll(async () => {
    await createTown(admin, 'again');
    client = admin.as(admin.token, 'again');
    events = townEvents(30);
    text = toNdjson(events);
    expect(answerOf(await sendBulk(client, text))).toMatchObject({ accepted: events.length, duplicates: 0 });
  });

  it('is there once, as counted by hand', () => expectExactly(client, events));

  /** The text in pieces that break lines and characters anywhere. */
  const inPieces = (whole: string, size: number) => {
    const bytes = new TextEncoder().encode(whole);
    let at = 0;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.subarray(at, (at += size)));
      },
    });
  };
  const NDJSON = { 'content-type': 'application/x-ndjson' };
  const CSV = { 'content-type': 'text/csv; charset=utf-8' };

  it.each([
    ['in small pieces', () => ({ body: inPieces(text, 997), headers: NDJSON })],
    ['as CSV', () => ({ body: toCsv(events), headers: CSV })],
    ['as CSV in one odd piece after another', () => ({ body: inPieces(toCsv(events), 65_521), headers: CSV })],
    ['with gzip', () => ({ body: gzipSync(text), headers: { ...NDJSON, 'content-encoding': 'gzip' } })],
    ['with zstd', () => ({ body: zstdCompressSync(toCsv(events)), headers: { ...CSV, 'content-encoding': 'zstd' } })],
    ['backwards', () => ({ body: toNdjson(events.toReversed()), headers: NDJSON })],
    ['twice in one', () => ({ body: text + text, headers: NDJSON })],
  ])('%s adds nothing', async (_, ask) => {
    const { accepted, duplicates, rejected_total } = answerOf(await client.ask('POST', '/events/bulk', ask()));
    expect(accepted).toBe(0);
    expect(duplicates % events.length).toBe(0);
    expect(duplicates).toBeGreaterThan(0);
    expect(rejected_total).toBe(0);
  });

  it('row by row adds nothing', async () => {
    for (let at = 0; at < events.length; at += 1_000) {
      const part = events.slice(at, at + 1_000);
      expect(await client.json<IngestAnswer>('POST', '/events', { events: part })).toMatchObject({
        accepted: 0,
        duplicates: part.length,
      });
    }
  });

  it('with other values under the same ids keeps the first ones', async () => {
    const moved = events.slice(0, 500).map((event) => ({ ...event, lat: 41.9, lon: -87.7, amount: 1 }));
    expect(answerOf(await sendBulk(client, toNdjson(moved)))).toMatchObject({ accepted: 0, duplicates: 500 });
  });

  it('and is there once still, as counted by hand', () => expectExactly(client, events));

  it('belongs to its namespace: the same ids in another are other events', async () => {
    await createTown(admin, 'other');
    const other = admin.as(admin.token, 'other');
    expect(answerOf(await sendBulk(other, text))).toMatchObject({ accepted: events.length, duplicates: 0 });
    expect(await types(other)).toEqual(await types(client));
  });
});

it('a file sent six ways at once, and row by row between, is there once', async () => {
  await createTown(admin, 'at-once');
  const client = admin.as(admin.token, 'at-once');
  const events = townEvents(30, 11);
  const ndjson = { 'content-type': 'application/x-ndjson' };
  const gzip = { ...ndjson, 'content-encoding': 'gzip' };
  const rows = async () => {
    const answers: IngestAnswer[] = [];
    for (let at = 0; at < events.length; at += 100) {
      const part = events.slice(at, at + 100);
      answers.push(await client.json<IngestAnswer>('POST', '/events', { events: [...part, ...part] }));
    }
    return answers;
  };
  const streams = [
    { body: toNdjson(events), headers: ndjson },
    { body: toNdjson(events.toReversed()), headers: ndjson },
    { body: toCsv(events), headers: { 'content-type': 'text/csv' } },
    { body: gzipSync(toNdjson(events)), headers: gzip },
  ];
  const answers = (
    await Promise.all([
      ...streams.map(async (ask) => [answerOf(await client.ask('POST', '/events/bulk', ask))]),
      rows(),
      rows(),
    ])
  ).flat();
  const sum = (of: (answer: IngestAnswer) => number) => answers.reduce((total, answer) => total + of(answer), 0);
  // Whoever was first was told so, and nobody else.
  expect(sum(({ accepted }) => accepted)).toBe(events.length);
  expect(sum(({ duplicates }) => duplicates)).toBe((4 + 2 * 2 - 1) * events.length);
  await expectExactly(client, events);
});

/** Which of a stream's batches each kill waits for, and how long it lets that one get on. */
const KILLS = [
  { batch: 1, afterMs: 0 },
  { batch: 2, afterMs: 25 },
  { batch: 2, afterMs: 60 },
  { batch: 1, afterMs: 100 },
];

it('a stream that kill -9 cuts off, wherever it does, is there once when it is sent again', async () => {
  await createTown(admin, 'killed');
  const events = townEvents(730, 13);
  const text = toNdjson(events);
  let halfWritten = 0;
  let repaired = 0;

  for (const { batch, afterMs } of KILLS) {
    const client = new Client(server, admin.token, 'killed');
    const cut = sendBulk(client, text).then(
      ({ status }) => status,
      () => 'cut',
    );
    await withPostgres(server.dataDir, async (postgres) => {
      const underWay = async () =>
        (await postgres.query<{ batch_id: string }>(`SELECT batch_id FROM ingest_batches`)).rows.map((r) => r.batch_id);
      // An announcement stands in PostgreSQL exactly while a batch is on its way into ClickHouse and its aggregates:
      // that is the time to die in.
      const before = await underWay();
      const seen = new Set<string>();
      await until(`batch ${batch} under way`, 60_000, async () => {
        for (const id of await underWay()) if (!before.includes(id)) seen.add(id);
        return seen.size >= batch ? true : undefined;
      });
      // How far it gets in this time is chance; that nothing is lost or doubled must not be.
      await delay(afterMs);
      await server.kill();
      halfWritten += (await underWay()).length;
    });
    expect(await cut).toBe('cut');
    repaired += server.stdout.split('a batch was left half written').length - 1;
    server = await startServer('apps/all-in-one/main', ENV, { dataDir: server.dataDir });
  }
  expect(halfWritten, 'a kill hit a batch on its way').toBeGreaterThan(0);

  const client = new Client(server, admin.token, 'killed');
  const again = answerOf(await sendBulk(client, text));
  expect(again.accepted + again.duplicates).toBe(events.length);
  expect(again.duplicates, 'something had been kept').toBeGreaterThan(0);
  repaired += server.stdout.split('a batch was left half written').length - 1;
  expect(repaired, 'a half written batch was repaired').toBeGreaterThan(0);
  await expectExactly(client, events);
  expect(answerOf(await sendBulk(client, text))).toMatchObject({ accepted: 0, duplicates: events.length });
  const left = await withPostgres(server.dataDir, (postgres) => postgres.query(`SELECT 1 FROM ingest_batches`));
  expect(left.rowCount).toBe(0);
});
