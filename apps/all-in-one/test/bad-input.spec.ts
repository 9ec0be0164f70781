import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { cellToParent, latLngToCell } from 'h3-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EventTypeSummary, IngestAnswer, Job, Paged, Risk } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { withPostgres } from './embedded.js';
import { ADMIN, type Ask, Client, ENV, expectProblem, until } from './platform.js';
import { createTown, sendBulk, toNdjson, TOWN_TYPE, townEvents, train } from './town.js';

let server: TestServer;
/** Of the namespace that has everything, and of one that has a few events alone. */
let town: Client;
let bare: Client;
let tokens: Record<'reader' | 'writer' | 'worker' | 'revoked' | 'expired', string>;
/** What stands in addresses as `<name>`. */
let known: Record<'cell' | 'parent' | 'risk' | 'job' | 'model', string>;

const GOOD = { event_id: 'good', timestamp: '2026-01-01T00:00:00Z', lat: 43.7, lon: -79.4, event_type: 'fire' };
const FAR_CELL = latLngToCell(-33.9, 151.2, 8);

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', { ...ENV, BULK_LIMIT_MB: '120', BODY_LIMIT_MB: '4' });
  const admin = new Client(server);
  await createTown(admin, 'town');
  town = admin.as(admin.token, 'town');
  const events = townEvents(14);
  expect((await sendBulk(town, toNdjson(events))).status).toBe(201);
  const map = await train(town);
  const jobs = await town.get<Paged<Job>>('/jobs?type=model.train');
  // The surface is served first, its risks are opened from it.
  const risk = await until('a risk', 30_000, async () => (await town.get<Paged<Risk>>('/risks')).data[0]);
  const cell = map.cells[0]?.cell ?? '';
  known = {
    cell,
    parent: cellToParent(cell, 7),
    risk: risk.risk_id,
    job: jobs.data[0]?.job_id ?? '',
    model: map.model_version,
  };
  await admin.json('POST', '/namespaces', { namespace_id: 'bare', h3_resolution: 8 });
  bare = admin.as(admin.token, 'bare');
  await bare.json('POST', '/events', { events: [GOOD] });

  const make = async (scopes: string[], name: string) => (await bare.newToken(scopes, name)).token;
  const revoked = await bare.newToken(['risk:read'], 'revoked');
  expect((await bare.ask('DELETE', `/tokens/${revoked.token_id}`)).status).toBe(204);
  const expired = await bare.newToken(['risk:read'], 'expired');
  // No request can make a token that has expired, and none of the tests can wait a day.
  await withPostgres(server.dataDir, (postgres) =>
    postgres.query(`UPDATE tokens SET expires_at = now() - interval '1 second' WHERE token_id = $1`, [
      expired.token_id,
    ]),
  );
  tokens = {
    reader: await make(['risk:read'], 'reader'),
    writer: await make(['events:write'], 'writer'),
    worker: await make(['jobs', 'risk:read', 'risk:write'], 'worker'),
    revoked: revoked.token,
    expired: expired.token,
  };
});

afterAll(() => server.stop());

/** Everything a request could have left behind, as numbers. */
async function kept(): Promise<unknown> {
  const counts = await withPostgres(server.dataDir, async (postgres) => {
    const { rows } = await postgres.query(
      `SELECT (SELECT count(*) FROM namespaces) AS namespaces, (SELECT count(*) FROM tokens) AS tokens,
              (SELECT count(*) FROM jobs WHERE type <> 'surface.refresh') AS jobs, (SELECT count(*) FROM models) AS models,
              (SELECT count(*) FROM ingest_batches) AS half_written,
              (SELECT json_agg(json_build_array(risk_id, status, comment) ORDER BY risk_id) FROM risks
                WHERE status <> 'open') AS risks,
              (SELECT json_agg(json_build_array(model_version, status) ORDER BY model_version) FROM models) AS statuses`,
    );
    return rows[0] as unknown;
  });
  return { counts, events: await Promise.all([town, bare].map((client) => client.get('/event-types'))) };
}

/** What the platform has computed so far; the kernel counts in hundredths of a second. */
function cpuSeconds(): number {
  const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The most memory the platform has held since the last call with `anew`; 0 where the system does not tell. */
function peakMegabytes(anew = false): number {
  if (process.platform !== 'linux') return 0;
  if (anew) writeFileSync(`/proc/${server.pid}/clear_refs`, '5');
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
  return Number(peak) / 1024;
}

/** Runs one table, and asserts afterwards that nothing of it was kept and that the process lives. */
function table(name: string, cases: () => void): void {
  describe(name, () => {
    let before: unknown;
    beforeAll(async () => {
      before = await kept();
    });
    afterEach(async () => {
      expect((await new Client(server, null).ask('GET', '//health')).status).toBe(200);
    });
    cases();
    it('kept nothing of all that', async () => {
      expect(await kept()).toEqual(before);
    });
  });
}

type Row = [what: string, event: Record<string, unknown> | null | string | number, code: string, field: string | null];

const EVENTS: Row[] = [
  ['a latitude over 90', { ...GOOD, lat: 91, lon: -179 }, 'EVENT_LAT_OUT_OF_RANGE', 'lat'],
  ['a longitude over 180', { ...GOOD, lon: 180.1 }, 'EVENT_LON_OUT_OF_RANGE', 'lon'],
  ['swapped coordinates', { ...GOOD, lat: -118.2, lon: 34.05 }, 'EVENT_LAT_LON_SWAPPED', 'lat'],
  ['(0, 0)', { ...GOOD, lat: 0, lon: 0 }, 'EVENT_NULL_ISLAND', 'lat'],
  ['NaN as text', { ...GOOD, lat: 'NaN' }, 'EVENT_FIELD_INVALID', 'lat'],
  ['a number as text', { ...GOOD, lon: '-79.4' }, 'EVENT_FIELD_INVALID', 'lon'],
  ['no latitude', { ...GOOD, lat: undefined }, 'EVENT_FIELD_MISSING', 'lat'],
  ['null for a longitude', { ...GOOD, lon: null }, 'EVENT_FIELD_MISSING', 'lon'],
  ['a time without a zone', { ...GOOD, timestamp: '2026-01-01T00:00:00' }, 'EVENT_TIME_ZONE_MISSING', 'timestamp'],
  ['a day alone', { ...GOOD, timestamp: '2026-01-01' }, 'EVENT_TIME_ZONE_MISSING', 'timestamp'],
  ['a day that is none', { ...GOOD, timestamp: '2026-02-30T00:00:00Z' }, 'EVENT_TIME_INVALID', 'timestamp'],
  ['words for a time', { ...GOOD, timestamp: 'yesterday' }, 'EVENT_TIME_INVALID', 'timestamp'],
  ['a number for a time', { ...GOOD, timestamp: 1_767_225_600 }, 'EVENT_TIME_INVALID', 'timestamp'],
  ['the future', { ...GOOD, timestamp: '2999-01-01T00:00:00Z' }, 'EVENT_TIME_IN_FUTURE', 'timestamp'],
  ['before 1900', { ...GOOD, timestamp: '1899-12-31T23:59:59Z' }, 'EVENT_TIME_TOO_EARLY', 'timestamp'],
  ['a negative amount', { ...GOOD, amount: -1 }, 'EVENT_AMOUNT_OUT_OF_RANGE', 'amount'],
  ['a huge amount', { ...GOOD, amount: 1e13 }, 'EVENT_AMOUNT_OUT_OF_RANGE', 'amount'],
  ['an empty id', { ...GOOD, event_id: '' }, 'EVENT_FIELD_MISSING', 'event_id'],
  ['an id too long', { ...GOOD, event_id: 'x'.repeat(129) }, 'EVENT_ID_INVALID', 'event_id'],
  ['a number for an id', { ...GOOD, event_id: 7 }, 'EVENT_ID_INVALID', 'event_id'],
  ['the reserved type', { ...GOOD, event_type: 'all' }, 'EVENT_TYPE_INVALID', 'event_type'],
  ['a type of blanks', { ...GOOD, event_type: '   ' }, 'EVENT_TYPE_INVALID', 'event_type'],
  ['a field that is not there', { ...GOOD, latitude: 43 }, 'EVENT_FIELD_UNKNOWN', 'latitude'],
  ['attributes that nest', { ...GOOD, attrs: { a: { b: 1 } } }, 'EVENT_FIELD_INVALID', 'attrs'],
  ['null for an event', null, 'EVENT_MALFORMED', null],
  ['text for an event', 'fire', 'EVENT_MALFORMED', null],
];

table('an event', () => {
  it.each(EVENTS)('%s is refused with its reason', async (_, event, code, field) => {
    const answer = await bare.ask('POST', '/events', { json: { events: [event] } });
    const path = field === null ? 'events.0' : `events.0.${field}`;
    const { rejected, errors } = expectProblem(answer, 422, 'EVENTS_ALL_REJECTED', path) as unknown as IngestAnswer & {
      errors: { message: string }[];
    };
    expect(rejected).toMatchObject([{ index: 0, code, field }]);
    expect(errors[0]?.message).toContain(code);
  });

  it.each(EVENTS.filter(([, event]) => event !== null && typeof event === 'object'))(
    'in a stream too: %s',
    async (_, event, code, field) => {
      const answer = await sendBulk(bare, `\n${JSON.stringify(event)}\n`);
      const problem = expectProblem(answer, 422, 'EVENTS_ALL_REJECTED', `line.2.${field}`);
      expect(problem).toMatchObject({ rejected: [{ line: 2, code, field }], rejected_total: 1, accepted: 0 });
    },
  );

  it('with coordinates swapped within their range is found among its neighbours', async () => {
    const near = Array.from({ length: 30 }, (_, i) => ({ ...GOOD, event_id: 'good', lat: 43.7 + i / 1000 }));
    const { duplicates, rejected } = await bare.json<IngestAnswer>('POST', '/events', {
      events: [...near, { ...GOOD, event_id: 'swapped', lat: -79.4, lon: 43.7 }],
    });
    expect(duplicates).toBe(30);
    expect(rejected).toMatchObject([{ index: 30, code: 'EVENT_LAT_LON_SWAPPED' }]);
  });
});

table('a stream', () => {
  const csv = (text: string): Ask => ({ body: text, headers: { 'content-type': 'text/csv' } });
  const header = 'event_id,timestamp,lat,lon,event_type';
  const zipped = gzipSync(toNdjson([GOOD]));
  const ndjson = { 'content-type': 'application/x-ndjson' };
  const CASES: [what: string, ask: Ask, status: number, code: string, path?: string][] = [
    ['a column that is not there', csv(`${header},colour\na,b\n`), 400, 'BULK_HEADER_INVALID', 'line 1'],
    ['a column missing', csv('event_id,timestamp,lat,event_type\n'), 400, 'BULK_HEADER_INVALID', 'line 1'],
    ['a column twice', csv(`${header},lat\n`), 400, 'BULK_HEADER_INVALID', 'line 1'],
    ['NaN in a CSV', csv(`${header}\na,2026-01-01T00:00:00Z,NaN,1,fire\n`), 422, 'EVENTS_ALL_REJECTED', 'line.2.lat'],
    ['a row too short', csv(`${header}\na,2026-01-01T00:00:00Z\n`), 422, 'EVENTS_ALL_REJECTED', 'line.2'],
    ['no JSON', { body: 'fire!\n', headers: ndjson }, 422, 'EVENTS_ALL_REJECTED', 'line.1'],
    ['no media type', { body: new Uint8Array(5) }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    [
      'another media type',
      { body: '{}', headers: { 'content-type': 'application/xml' } },
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['another encoding', { body: '{}', headers: { ...ndjson, 'content-encoding': 'br' } }, 415, 'ENCODING_UNSUPPORTED'],
    [
      'gzip that is none',
      { body: 'plain text', headers: { ...ndjson, 'content-encoding': 'gzip' } },
      400,
      'ENCODING_BROKEN',
    ],
    [
      'zstd that is none',
      { body: 'plain text', headers: { ...ndjson, 'content-encoding': 'zstd' } },
      400,
      'ENCODING_BROKEN',
    ],
    [
      'gzip that ends too early',
      { body: zipped.subarray(0, zipped.length - 12), headers: { ...ndjson, 'content-encoding': 'gzip' } },
      400,
      'ENCODING_BROKEN',
    ],
    [
      'a bomb',
      {
        body: gzipSync(Buffer.alloc(130 * 1024 * 1024)),
        headers: { ...ndjson, 'content-encoding': 'gzip' },
      },
      413,
      'BODY_TOO_LARGE',
    ],
  ];
  it.each(CASES)('of %s is refused', async (_, ask, status, code, path) => {
    expectProblem(await bare.ask('POST', '/events/bulk', ask), status, code, path);
  });

  it('with a line of 100 MB loses that line alone, and the memory stays small', async () => {
    const megabyte = new TextEncoder().encode('x'.repeat(1024 * 1024));
    const good = new TextEncoder().encode(`${JSON.stringify(GOOD)}\n`);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent === 0 || sent === 102) controller.enqueue(good);
        else if (sent <= 100) controller.enqueue(megabyte);
        else if (sent === 101) controller.enqueue(new TextEncoder().encode('\n'));
        else controller.close();
        sent++;
      },
    });
    const before = peakMegabytes(true);
    const answer = await bare.ask('POST', '/events/bulk', { body, headers: ndjson });
    expect(answer.status, answer.text).toBe(201);
    expect(peakMegabytes() - before, 'megabytes for a line of a hundred').toBeLessThan(80);
    expect(JSON.parse(answer.text)).toMatchObject({
      accepted: 0,
      duplicates: 2,
      rejected: [{ line: 2, code: 'EVENT_LINE_TOO_LONG' }],
      rejected_total: 1,
    });
  });

  it.skipIf(process.platform !== 'linux')('that nobody waits for any more is worked on no more', async () => {
    // A quarter of a megabyte that unfolds to sixty million bad rows: minutes of work.
    const body = gzipSync(Buffer.alloc(119 * 1024 * 1024, 'x\n'));
    const leaving = new AbortController();
    const sending = bare.ask('POST', '/events/bulk', {
      body,
      headers: { ...ndjson, 'content-encoding': 'gzip' },
      signal: leaving.signal,
    });
    const started = cpuSeconds();
    await until('the work has begun', 20_000, () => Promise.resolve(cpuSeconds() > started + 1 ? true : undefined));
    leaving.abort();
    await expect(sending).rejects.toThrow('abort');
    await until('the process rests', 20_000, async () => {
      const before = cpuSeconds();
      await delay(500);
      return cpuSeconds() - before < 0.25 ? true : undefined;
    });
  });

  it('lists a thousand of its bad rows and counts the rest', async () => {
    const rows = Array.from({ length: 1_500 }, (_, i) => ({ ...GOOD, event_id: `bad-${i}`, lat: 99, lon: 170 }));
    const answer = await sendBulk(bare, toNdjson([GOOD, ...rows]));
    const { duplicates, rejected, rejected_total } = JSON.parse(answer.text) as IngestAnswer;
    expect([answer.status, duplicates, rejected.length, rejected_total]).toEqual([201, 1, 1_000, 1_500]);
    expect(rejected.at(-1)).toMatchObject({ line: 1_001 });
  });
});

type Call = [
  what: string,
  method: string,
  path: string,
  status: number,
  code: string,
  ask?: Ask & { errorPath?: string; as?: 'town' | 'bare' | 'nobody' | keyof typeof tokens },
];

const many = Array.from({ length: 10_001 }, (_, i) => ({ ...GOOD, event_id: String(i) }));
const json = (value: unknown, errorPath?: string) => ({ json: value, ...(errorPath ? { errorPath } : {}) });
const at = (errorPath: string) => ({ errorPath });
const jsonText = (body: string) => ({ body, headers: { 'content-type': 'application/json' } });

const REQUESTS: Call[] = [
  ['10,001 events', 'POST', '/events', 413, 'EVENTS_TOO_MANY', json({ events: many }, 'events')],
  ['no events', 'POST', '/events', 400, 'REQUEST_INVALID', json({ events: [] }, 'events')],
  ['a list for a body', 'POST', '/events', 400, 'REQUEST_INVALID', json([GOOD])],
  ['null for a body', 'POST', '/events', 400, 'REQUEST_INVALID', json(null)],
  ['an unknown member', 'POST', '/events', 400, 'REQUEST_INVALID', json({ events: [GOOD], dry: true })],
  ['a NaN literal', 'POST', '/events', 400, 'REQUEST_MALFORMED', jsonText('{"events":[{"lat":NaN}]}')],
  ['JSON cut off', 'POST', '/events', 400, 'REQUEST_MALFORMED', jsonText('{"events":[')],
  ['an empty body', 'POST', '/events', 400, 'REQUEST_MALFORMED', jsonText('')],
  ['a poisoned prototype', 'POST', '/events', 400, 'REQUEST_MALFORMED', jsonText('{"__proto__":{"events":[]}}')],
  ['text for JSON', 'POST', '/events', 415, 'MEDIA_TYPE_UNSUPPORTED', { body: 'x' }],

  ['an unknown route', 'GET', '/nothing', 404, 'ROUTE_NOT_FOUND'],
  ['an unknown page', 'GET', '//nothing', 404, 'ROUTE_NOT_FOUND'],
  ['another method', 'DELETE', '/events', 405, 'METHOD_NOT_ALLOWED'],
  ['another method on an item', 'PUT', '/risks/<risk>', 405, 'METHOD_NOT_ALLOWED'],
  ['an address that cannot be read', 'GET', '/cells/%ZZ', 400, 'REQUEST_MALFORMED'],
  ['an unknown parameter', 'GET', '/events?colour=red', 400, 'REQUEST_INVALID'],
  ['a parameter twice', 'GET', '/risk-map?horizon=24&horizon=48', 400, 'REQUEST_INVALID', at('horizon')],

  ['a cursor of nonsense', 'GET', '/events?cursor=nonsense', 400, 'CURSOR_INVALID', at('cursor')],
  ['a cursor of another list', 'GET', `/risks?cursor=${cursor([1, 'x'])}`, 400, 'CURSOR_INVALID', at('cursor')],
  ['a cursor with a NUL', 'GET', `/risks?cursor=${cursor(['2026-01-01T00:00:00Z', '\0'])}`, 400, 'CURSOR_INVALID'],
  ['a limit of 0', 'GET', '/events?limit=0', 400, 'REQUEST_INVALID', at('limit')],
  ['a limit of 1,001', 'GET', '/risks?limit=1001', 400, 'REQUEST_INVALID', at('limit')],
  ['a limit of words', 'GET', '/models?limit=all', 400, 'REQUEST_INVALID', at('limit')],
  ['a box of three', 'GET', '/risk-map?bbox=1,2,3', 400, 'REQUEST_INVALID', at('bbox')],
  ['a box upside down', 'GET', '/events?bbox=0,50,1,40', 400, 'REQUEST_INVALID', at('bbox')],
  ['a box of words', 'GET', '/risks?bbox=a,b,c,d', 400, 'REQUEST_INVALID', at('bbox')],
  ['a box out of range', 'GET', '/risk-map?bbox=-181,0,0,1', 400, 'REQUEST_INVALID', at('bbox')],
  ['a polygon of two corners', 'GET', '/events?polygon=1,2;3,4', 400, 'REQUEST_INVALID', at('polygon')],
  ['a polygon of words', 'GET', '/events?polygon=a,b;c,d;e,f', 400, 'REQUEST_INVALID', at('polygon')],
  ['a polygon off the globe', 'GET', '/events?polygon=0,0;999,0;0,999', 400, 'REQUEST_INVALID', at('polygon')],
  ['a horizon of 0', 'GET', '/risk-map?horizon=0', 400, 'REQUEST_INVALID', at('horizon')],
  ['a horizon of 721', 'GET', '/risk-map?horizon=721', 400, 'REQUEST_INVALID', at('horizon')],
  ['half an hour', 'GET', '/risk-map?horizon=1.5', 400, 'REQUEST_INVALID', at('horizon')],
  ['a format of its own', 'GET', '/risk-map?format=pdf', 400, 'REQUEST_INVALID', at('format')],
  ['an export format', 'GET', '/events?format=xlsx', 400, 'REQUEST_INVALID', at('format')],
  ['a level that is none', 'GET', '/risk-map?min_level=EXTREME', 400, 'REQUEST_INVALID', at('min_level')],
  ['a resolution of 16', 'GET', '/risk-map?resolution=16', 400, 'REQUEST_INVALID', at('resolution')],
  ['a finer resolution', 'GET', '/risk-map?resolution=9', 400, 'RESOLUTION_TOO_FINE', at('resolution')],
  ['a status that is none', 'GET', '/risks?status=closed', 400, 'REQUEST_INVALID', at('status')],
  ['a time without a zone', 'GET', '/events?from=2026-01-01', 400, 'REQUEST_INVALID', at('from')],
  ['a type with a NUL', 'GET', '/risks?event_type=%00', 400, 'REQUEST_INVALID', at('event_type')],

  ['a cell of nonsense', 'GET', '/cells/xyz', 400, 'REQUEST_INVALID'],
  ['a cell that is none', 'GET', '/cells/88ffffffffffff1', 400, 'CELL_INVALID', at('cell')],
  ['a wrong resolution', 'GET', '/cells/<parent>', 400, 'CELL_RESOLUTION_WRONG', at('cell')],
  ['features of a wrong resolution', 'GET', '/cells/<parent>/features', 400, 'CELL_RESOLUTION_WRONG', at('cell')],
  ['an unknown cell', 'GET', `/cells/${FAR_CELL}`, 404, 'CELL_UNKNOWN', at('cell')],
  ['features of an unknown cell', 'GET', `/cells/${FAR_CELL}/features`, 404, 'CELL_UNKNOWN', at('cell')],
  ['events of a cell that is none', 'GET', '/events?cell=88ffffffffffff1', 400, 'CELL_INVALID', at('cell')],

  ['no place', 'POST', '/risk/assess', 400, 'REQUEST_INVALID', json({}, 'points')],
  [
    'too many places',
    'POST',
    '/risk/assess',
    400,
    'REQUEST_INVALID',
    json({ points: Array.from({ length: 1_001 }, () => ({ lat: 1, lon: 1 })) }, 'points'),
  ],
  [
    'a point off the globe',
    'POST',
    '/risk/assess',
    400,
    'REQUEST_INVALID',
    json({ points: [{ lat: 99, lon: 0 }] }, 'points.0.lat'),
  ],
  [
    'a point outside',
    'POST',
    '/risk/assess',
    404,
    'CELL_UNKNOWN',
    json({ points: [{ lat: -33.9, lon: 151.2 }] }, 'points.0'),
  ],
  [
    'one place outside of two',
    'POST',
    '/risk/assess',
    404,
    'CELL_UNKNOWN',
    json({ cells: ['<cell>', FAR_CELL] }, 'cells.1'),
  ],
  ['a cell too coarse', 'POST', '/risk/assess', 400, 'CELL_RESOLUTION_WRONG', json({ cells: ['<parent>'] })],
  [
    'too many scenarios',
    'POST',
    '/risk/assess',
    400,
    'REQUEST_INVALID',
    json({ cells: ['<cell>'], n_scenarios: 1_001 }, 'n_scenarios'),
  ],
  [
    'a horizon of a year',
    'POST',
    '/risk/assess',
    400,
    'REQUEST_INVALID',
    json({ cells: ['<cell>'], horizon_hours: 8_760 }, 'horizon_hours'),
  ],
  ['a seed below 0', 'POST', '/risk/assess', 400, 'REQUEST_INVALID', json({ cells: ['<cell>'], seed: -1 }, 'seed')],
  ['a type without a surface', 'GET', '/risk-map?event_type=flood', 404, 'SURFACE_NOT_READY'],
  ['a namespace without a model', 'GET', '/risk-map', 404, 'SURFACE_NOT_READY', { as: 'bare' }],

  ['a risk that is not there', 'GET', '/risks/rsk_00000000', 404, 'NOT_FOUND'],
  ['a risk id of another kind', 'GET', '/risks/7', 400, 'REQUEST_INVALID'],
  ['an empty patch', 'PATCH', '/risks/<risk>', 400, 'REQUEST_INVALID', json({})],
  ['a status of its own', 'PATCH', '/risks/<risk>', 400, 'REQUEST_INVALID', json({ status: 'expired' }, 'status')],
  ['a NUL in a comment', 'PATCH', '/risks/<risk>', 400, 'REQUEST_INVALID', json({ comment: 'a\0b' }, 'comment')],
  [
    'a tag that is no version',
    'PATCH',
    '/risks/<risk>',
    412,
    'VERSION_CONFLICT',
    { json: { comment: 'x' }, headers: { 'if-match': '"abc"' } },
  ],
  ['a model that is not there', 'GET', '/models/flood-1', 404, 'NOT_FOUND'],
  ['a model version with a NUL', 'GET', '/models/%00', 400, 'REQUEST_INVALID'],
  ['an activation of nothing', 'POST', '/models/flood-1/activate', 404, 'NOT_FOUND', json({})],
  ['a backtest of nothing', 'POST', '/models/flood-1/backtest', 404, 'NOT_FOUND', json({})],
  ['too many windows', 'POST', '/models/<model>/backtest', 400, 'REQUEST_INVALID', json({ windows: 201 }, 'windows')],
  ['training from no time', 'POST', '/models/train', 400, 'REQUEST_INVALID', json({ from: 'always' }, 'from')],
  ['training with a NUL', 'POST', '/models/train', 400, 'REQUEST_INVALID', json({ event_type: 'a\0' }, 'event_type')],
  [
    'training with half a character',
    'POST',
    '/models/train',
    400,
    'REQUEST_INVALID',
    json({ event_type: '\ud800' }, 'event_type'),
  ],
  [
    'an idempotency key too long',
    'POST',
    '/models/train',
    400,
    'REQUEST_INVALID',
    { json: { event_type: TOWN_TYPE }, headers: { 'idempotency-key': 'k'.repeat(201) } },
  ],
  ['a job of no type', 'POST', '/jobs', 400, 'REQUEST_INVALID', json({ type: 'world.end' }, 'type')],
  [
    'a job with wrong parameters',
    'POST',
    '/jobs',
    400,
    'REQUEST_INVALID',
    json({ type: 'surface.refresh', params: { event_type: 7 } }, 'params.event_type'),
  ],
  [
    'a job of too much importance',
    'POST',
    '/jobs',
    400,
    'REQUEST_INVALID',
    json({ type: 'model.train', priority: 11 }, 'priority'),
  ],
  ['a job that is not there', 'GET', '/jobs/00000000-0000-4000-8000-000000000000', 404, 'NOT_FOUND'],
  ['a job id of another kind', 'GET', '/jobs/7', 400, 'REQUEST_INVALID'],

  [
    'a namespace with capitals',
    'POST',
    '/namespaces',
    400,
    'REQUEST_INVALID',
    json({ namespace_id: 'Oslo' }, 'namespace_id'),
  ],
  ['a namespace that is there', 'POST', '/namespaces', 409, 'NAMESPACE_EXISTS', json({ namespace_id: 'town' })],
  [
    'a resolution of 11',
    'POST',
    '/namespaces',
    400,
    'REQUEST_INVALID',
    json({ namespace_id: 'oslo', h3_resolution: 11 }, 'h3_resolution'),
  ],
  [
    'a zone that is none',
    'POST',
    '/namespaces',
    400,
    'REQUEST_INVALID',
    json({ namespace_id: 'oslo', time_zone: 'Mars/Olympus' }, 'time_zone'),
  ],
  [
    'levels that fall',
    'POST',
    '/namespaces',
    400,
    'REQUEST_INVALID',
    json({ namespace_id: 'oslo', levels: { MODERATE: 0.5, HIGH: 0.4, CRITICAL: 0.6 } }, 'levels'),
  ],
  ['a namespace not there', 'GET', '/namespaces/atlantis', 404, 'NAMESPACE_NOT_FOUND'],
  ['a token without scopes', 'POST', '/tokens', 400, 'REQUEST_INVALID', json({ name: 'x', scopes: [] }, 'scopes')],
  [
    'a token with a scope of its own',
    'POST',
    '/tokens',
    400,
    'REQUEST_INVALID',
    json({ name: 'x', scopes: ['root'] }, 'scopes.0'),
  ],
  ['a NUL in a name', 'POST', '/tokens', 400, 'REQUEST_INVALID', json({ name: 'a\0b', scopes: ['jobs'] }, 'name')],
  [
    'a token for ever',
    'POST',
    '/tokens',
    400,
    'REQUEST_INVALID',
    json({ name: 'x', scopes: ['jobs'], expires_in_days: 99_999 }, 'expires_in_days'),
  ],

  ['no token', 'GET', '/risk-map', 401, 'TOKEN_MISSING', { as: 'nobody' }],
  ['an unknown token', 'GET', '/risk-map', 401, 'TOKEN_INVALID', bearer(`strisk_${'x'.repeat(43)}`)],
  ['a token too short', 'GET', '/risk-map', 401, 'TOKEN_INVALID', bearer('x')],
  ['another scheme', 'GET', '/risk-map', 401, 'TOKEN_INVALID', header('Basic YWRtaW46YWRtaW4=')],
  ['an expired token', 'GET', '/risk-map', 401, 'TOKEN_EXPIRED', { as: 'expired' }],
  ['a revoked token', 'GET', '/risk-map', 401, 'TOKEN_REVOKED', { as: 'revoked' }],
  ['a reader who writes', 'POST', '/events', 403, 'SCOPE_MISSING', { ...json({ events: [GOOD] }), as: 'reader' }],
  ['a reader who trains', 'POST', '/models/train', 403, 'SCOPE_MISSING', { ...json({}), as: 'reader' }],
  ['a reader who handles', 'PATCH', '/risks/<risk>', 403, 'SCOPE_MISSING', { ...json({ comment: 'x' }), as: 'reader' }],
  ['a writer who reads', 'GET', '/events', 403, 'SCOPE_MISSING', { as: 'writer' }],
  ['a worker who makes tokens', 'POST', '/tokens', 403, 'SCOPE_MISSING', { ...json({}), as: 'worker' }],
  ['a worker who reads metrics', 'GET', '//metrics', 403, 'SCOPE_MISSING', { as: 'worker' }],
  ['an unknown namespace', 'GET', '/risk-map', 404, 'NAMESPACE_NOT_FOUND', { headers: { 'x-namespace': 'atlantis' } }],
  [
    'a namespace that cannot be',
    'GET',
    '/risk-map',
    404,
    'NAMESPACE_NOT_FOUND',
    { headers: { 'x-namespace': "o'brien; --" } },
  ],
  [
    'the namespace of others',
    'GET',
    '/risk-map',
    403,
    'NAMESPACE_FORBIDDEN',
    { as: 'reader', headers: { 'x-namespace': 'town' } },
  ],
  ["another namespace's cell", 'GET', '/cells/<cell>', 404, 'CELL_UNKNOWN', { as: 'reader' }],
  ["features of another's cell", 'GET', '/cells/<cell>/features', 404, 'CELL_UNKNOWN', { as: 'reader' }],
  ["another namespace's risk", 'GET', '/risks/<risk>', 404, 'NOT_FOUND', { as: 'reader' }],
  [
    "a patch of another's risk",
    'PATCH',
    '/risks/<risk>',
    404,
    'NOT_FOUND',
    { ...json({ comment: 'x' }), as: 'worker' },
  ],
  ["another namespace's job", 'GET', '/jobs/<job>', 404, 'NOT_FOUND', { as: 'worker' }],
  ["another namespace's model", 'GET', '/models/<model>', 404, 'NOT_FOUND', { as: 'reader' }],
  ["activating another's model", 'POST', '/models/<model>/activate', 404, 'NOT_FOUND', { ...json({}), as: 'worker' }],
];

function bearer(token: string): Ask {
  return header(`Bearer ${token}`);
}

function header(authorization: string): Ask {
  return { headers: { authorization } };
}

function cursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

table('a request', () => {
  it.each(REQUESTS)('with %s (%s %s) is answered with %i %s', async (_, method, path, status, code, given = {}) => {
    const { errorPath, as = 'town', ...ask } = given;
    const named = (text: string) => text.replaceAll(/<(\w+)>/g, (_all, name: keyof typeof known) => known[name]);
    const filled =
      ask.json === undefined ? ask : { ...ask, json: JSON.parse(named(JSON.stringify(ask.json))) as unknown };
    const client = as === 'town' ? town : as === 'bare' ? bare : town.as(as === 'nobody' ? null : tokens[as]);
    const answer = await client.ask(method, named(path), filled);
    expectProblem(answer, status, code, errorPath);
    if (status === 405) expect(answer.headers.get('allow')).toContain('GET');
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });
});

it('refuses a body by the length it announces, before it comes', async () => {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${ADMIN}`,
      'content-type': 'application/json',
      'content-length': 5_000_000,
    };
    const asking = request(`${server.url}/api/v1/events`, { method: 'POST', headers }, resolve).on('error', reject);
    asking.write('{"events":[');
  });
  const answer = {
    status: response.statusCode ?? 0,
    headers: new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
    text: await text(response),
  };
  expectProblem(answer, 413, 'BODY_TOO_LARGE');
  expect((await town.ask('GET', '//health')).status).toBe(200);
});

it('takes the whole range of times that a query may name', async () => {
  for (const time of ['0001-01-01T00:00:00Z', '1900-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
    for (const path of [
      `/events?from=${time}`,
      `/events?to=${time}`,
      `/risks?from=${time}`,
      `/cells/${known.cell}/features?at=${time}`,
      `/features/snapshot?time=${time}&limit=1`,
    ]) {
      const answer = await town.ask('GET', path);
      expect([200, 400], `${path}: ${answer.text.slice(0, 300)}`).toContain(answer.status);
      if (answer.status === 400) expectProblem(answer, 400, 'REQUEST_INVALID');
    }
  }
});

it('answers with the request id it was given, and with one of its own for one that could not be', async () => {
  const answer = await town.ask('GET', '/nothing', { headers: { 'x-request-id': 'mine-1' } });
  expect(expectProblem(answer, 404, 'ROUTE_NOT_FOUND').request_id).toBe('mine-1');
  const other = await town.ask('GET', '/nothing', { headers: { 'x-request-id': '<script>' } });
  expect(expectProblem(other, 404, 'ROUTE_NOT_FOUND').request_id).toMatch(/^[\da-f]{24}-[\da-z]+$/);
});

it('turns away who floods, and tells when to come back', async () => {
  const limited = await startServer('apps/all-in-one/main', { ...ENV, RATE_LIMIT_PER_MINUTE: '20' });
  try {
    const stranger = new Client(limited, randomBytes(24).toString('base64url'));
    const answers = [];
    for (let i = 0; i < 21; i++) answers.push(await stranger.ask('GET', '/risk-map'));
    expect(answers.slice(0, 20).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 401));
    const last = answers[20]!;
    expectProblem(last, 429, 'RATE_LIMITED');
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    // Liveness is nobody's budget.
    expect((await stranger.ask('GET', '//health')).status).toBe(200);
  } finally {
    await limited.stop();
  }
});

it('logs each request once, and no probe', async () => {
  await town.ask('GET', '/event-types', { headers: { 'x-request-id': 'logged-once' } });
  for (const probe of ['//health', '//ready', '//metrics'])
    await town.ask('GET', probe, { headers: { 'x-request-id': 'logged-never' } });
  await town.ask('GET', '/event-types', { headers: { 'x-request-id': 'logged-last' } });
  await until('the last line', 10_000, () => Promise.resolve(server.stdout.includes('logged-last') ? true : undefined));
  expect(server.stdout.split('"logged-once"').length - 1).toBe(1);
  expect(server.stdout).not.toContain('logged-never');
});

it('has logged no error of its own', async () => {
  // A mistake of a client is none of the platform's: it would wake somebody up.
  const errors = server.stdout.split('\n').filter((line) => line.startsWith('{"level":50'));
  expect(errors).toEqual([]);
  expect((await town.get<{ data: EventTypeSummary[] }>('/event-types')).data).toHaveLength(1);
});
