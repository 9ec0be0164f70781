import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { latLngToCell } from 'h3-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '#testing';
import { type Answer, type Ask, Client, ENV, expectProblem, until } from './platform.js';

const MEGABYTE = 1024 * 1024;
/** Seconds of computing that no single request here may cost. What is not linear in its input takes minutes. */
const MOST_SECONDS = 4;
const NDJSON = { 'content-type': 'application/x-ndjson' };
const CSV = { 'content-type': 'text/csv' };

let server: TestServer;
let admin: Client;

beforeAll(async () => {
  // What comes right after a bomb is answered too, so that each is judged by itself.
  const env = { ...ENV, BULK_LIMIT_MB: '64', LOG_LEVEL: 'debug', SHED_EVENT_LOOP_DELAY_MS: '60000' };
  server = await startServer('apps/all-in-one/main', env);
  admin = new Client(server);
  const own = { event_id: 'own', timestamp: '2026-01-01T00:00:00Z', lat: 48.8, lon: 2.3, event_type: 'theft' };
  await admin.json('POST', '/events', { events: [own] });
});
afterAll(() => server.stop());

/** What the platform has computed so far; 0 where the system does not tell. */
function cpuSeconds(): number {
  if (process.platform !== 'linux') return 0;
  const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** An answer that cost no more than a request may. */
async function cheap(method: string, path: string, ask: Ask = {}, client = admin): Promise<Answer> {
  const before = cpuSeconds();
  const answer = await client.ask(method, path, ask);
  expect(answer.status, answer.text.slice(0, 300)).toBeLessThan(500);
  expect(cpuSeconds() - before, `${method} ${path.slice(0, 100)}`).toBeLessThan(MOST_SECONDS);
  return answer;
}

describe('JSON', () => {
  const post = (body: string, path = '/events') =>
    cheap('POST', path, { body, headers: { 'content-type': 'application/json' } });

  it.each([
    ['brackets without end', '['.repeat(8 * MEGABYTE)],
    ['objects in objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['empty objects side by side', `{"events":[${'{},'.repeat(4_000_000)}{}]}`],
    ['keys without end', `{${Array.from({ length: 1_000_001 }, (_, i) => `"k${i}":0`).join(',')}}`],
  ])('%s is refused before it is made into anything', async (_, body) => {
    expectProblem(await post(body), 413, 'BODY_TOO_COMPLEX');
  });

  it.each([
    ['a number of a million digits', `{"events":[{"lat":${'9'.repeat(1_000_000)}}]}`],
    ['a number beyond all numbers', '{"events":[{"lat":1e999,"lon":-1e999,"amount":1e400}]}'],
    ['a text of megabytes', `{"events":[{"event_id":"${'x'.repeat(8 * MEGABYTE)}"}]}`],
    ['the same key over and over', `{${'"events":[],'.repeat(100_000)}"events":[{}]}`],
    ['lone surrogates', String.raw`{"events":[{"event_id":"\ud800\udfff\ud800"}]}`],
  ])('%s is refused as a value', async (_, body) => {
    expect([400, 413, 422]).toContain((await post(body)).status);
  });

  it.each(['__proto__', String.raw`__pr\u006fto__`])('%s reaches no prototype', async (key) => {
    for (const path of ['/events', '/tokens', '/jobs', '/risk/assess', '/batch', '//graphql', '/groups', '/targets'])
      expectProblem(await post(`{"${key}":{"polluted":true,"scopes":["admin"]}}`, path), 400, 'REQUEST_MALFORMED');
    expect((await admin.ask('GET', '/namespaces')).text).not.toContain('polluted');
  });

  it('in a stream is bounded line by line', async () => {
    const lines = [
      '['.repeat(1_000_000),
      `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
      '"',
      '{"__proto__":{"a":1}}',
    ];
    const answer = await cheap('POST', '/events/bulk', { body: `${lines.join('\n')}\n`, headers: NDJSON });
    expectProblem(answer, 422, 'EVENTS_ALL_REJECTED');
  });
});

describe('what grows when it is opened', () => {
  const NOTHING = Buffer.alloc(200 * MEGABYTE, '\n');

  it.each([
    ['gzip', gzipSync(NOTHING)],
    ['zstd', zstdCompressSync(NOTHING)],
  ])('%s is read up to the limit and no further', async (encoding, body) => {
    expect(body.length).toBeLessThan(MEGABYTE);
    const answer = await cheap('POST', '/events/bulk', { body, headers: { ...NDJSON, 'content-encoding': encoding } });
    expectProblem(answer, 413, 'BODY_TOO_LARGE');
  });

  it('is not opened where nobody said so', async () => {
    const body = gzipSync(Buffer.alloc(4 * MEGABYTE, ' '));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expectProblem(await cheap('POST', '/events', { body, headers }), 415, 'ENCODING_UNSUPPORTED');
    const twice = gzipSync(gzipSync(NOTHING));
    const again = await cheap('POST', '/events/bulk', {
      body: twice,
      headers: { ...NDJSON, 'content-encoding': 'gzip' },
    });
    expect(again.status).toBe(422);
  });

  it('a form, a file or XML is taken by nobody', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])
      for (const path of ['/events', '/tokens', '/events/bulk'])
        expectProblem(
          await cheap('POST', path, { body: 'a=1', headers: { 'content-type': type } }),
          415,
          'MEDIA_TYPE_UNSUPPORTED',
        );
  });
});

describe('CSV', () => {
  const HEADER = 'event_id,timestamp,lat,lon,event_type';
  const send = (text: string) => cheap('POST', '/events/bulk', { body: text, headers: CSV });

  it.each([
    ['digits', '1'.repeat(60_000)],
    ['digits that end as none', `${'1'.repeat(60_000)}x`],
    ['a fraction', `0.${'1'.repeat(60_000)}x`],
    ['blanks', `1${' '.repeat(60_000)}x`],
    ['signs', '-'.repeat(60_000)],
  ])('%s in place of a number take no longer than they are long', async (_, field) => {
    expectProblem(await send(`${HEADER}\nid,2026-01-01T00:00:00Z,${field},2.3,theft\n`), 422, 'EVENTS_ALL_REJECTED');
    expectProblem(await send(`${HEADER}\nid,${field},1,2.3,theft\n`), 422, 'EVENTS_ALL_REJECTED');
  });

  it('a header of columns without end is refused', async () => {
    const columns = Array.from({ length: 92_000 }, (_, i) => `attrs.${i.toString(36)}`).join(',');
    expect([400, 413, 422]).toContain((await send(`${HEADER},${columns}\n${','.repeat(92_004)}\n`)).status);
  });

  it('quotes without end are one record that is too long', async () => {
    const text = `${HEADER}\n${'"'.repeat(900_001)},x\n${'"a""'.repeat(500_000)}\n`;
    expect([400, 422]).toContain((await send(text)).status);
  });
});

describe('an address', () => {
  const LONG = 7_500;
  const TEXTS = ['a', '-', '1', ' ', '%00', '(', '.', ',', '{"a":', '%F0%9F%92%A9', 'a.', '1,', '-1e'].map((part) =>
    part.repeat(Math.floor(LONG / part.length)),
  );

  it('is bounded', async () => {
    expectProblem(await cheap('GET', `/risks?status=${'x'.repeat(13_000)}`), 414, 'ADDRESS_TOO_LONG');
  });

  it.each([
    ['/events', ['from', 'bbox', 'polygon', 'cell', 'event_type', 'entity_id', 'cursor', 'fields', 'limit', 'format']],
    ['/risks', ['status', 'level', 'from', 'cursor', 'fields', 'bbox', 'cell', 'target_id']],
    ['/risk-map', ['horizon', 'bbox', 'resolution', 'min_level', 'event_type', 'fields', 'format']],
    ['/targets', ['q', 'cursor', 'fields', 'bbox']],
    ['/jobs', ['type', 'state', 'cursor']],
    ['/features/snapshot', ['time', 'event_type', 'cursor']],
  ])('of %s takes any text in any parameter in linear time', async (path, parameters) => {
    for (const parameter of parameters)
      for (const text of TEXTS) {
        const answer = await cheap('GET', `${path}?${parameter}=${text.slice(0, LONG)}`);
        expect(answer.status, `${path} ${parameter} ${text.slice(0, 20)}`).toBeLessThan(500);
      }
  });

  it('holds as many parameters as fit, each once or often', async () => {
    for (const query of ['a&'.repeat(3_000), 'limit=1&'.repeat(900), 'fields=a&'.repeat(800), '&'.repeat(8_000)])
      expect([200, 400]).toContain((await cheap('GET', `/risks?${query}`)).status);
    for (const query of ['__proto__[x]=1', 'constructor[prototype][x]=1', '__proto__=1', 'limit[]=1', 'limit[a]=1'])
      expect([200, 400]).toContain((await cheap('GET', `/risks?${query}`)).status);
  });

  it('is written to the log in linear time, whatever looks like a secret in it', async () => {
    // Nobody needs a token for this one.
    const stranger = new Client(server, null);
    const before = cpuSeconds();
    for (let i = 0; i < 50; i++) await stranger.ask('GET', `/none?${'key'.repeat(2_700)}&a=1`);
    expect(cpuSeconds() - before).toBeLessThan(1.5);
  });

  it('has parameters of its path that take any text too', async () => {
    const cell = latLngToCell(48.8, 2.3, 7);
    for (const path of ['/cells/', '/risks/', '/jobs/', '/models/', '/targets/', '/groups/', '/namespaces/'])
      for (const text of [...TEXTS, '..%2f..%2fetc%2fpasswd', `${cell}%00`, `${cell}'--`])
        expect([400, 404, 414, 431]).toContain((await cheap('GET', path + text)).status);
  });
});

describe('headers', () => {
  const LONG = 7_500;
  it.each([
    ['accept', 'a/b;q=0.1,'],
    ['accept', '*/*;'],
    ['accept', ';q='],
    ['accept-encoding', 'br;q=1,'],
    ['accept-encoding', ',;q=0.'],
    ['authorization', 'Bearer '],
    ['authorization', 'Bearer aaaaaaaaaaaaaaaa='],
    ['if-none-match', 'W/"a",'],
    ['if-none-match', '"'],
    ['if-match', '"1",'],
    ['x-namespace', 'a-'],
    ['x-request-id', 'a.'],
    ['idempotency-key', 'k'],
    ['traceparent', '00-'],
    ['content-type', 'a/b;c='],
    ['range', 'bytes=0-1,'],
    ['x-forwarded-for', '10.0.0.1, '],
    ['cookie', 'a=b; '],
  ])('%s of many "%s" are read in linear time', async (name, part) => {
    const value = part.repeat(LONG / part.length).trim();
    for (const path of ['/risks', '/risk-map', '/tokens/self'])
      expect((await cheap('GET', path, { headers: { [name]: value } })).status).toBeLessThan(500);
  });

  it('are bounded together', async () => {
    const large = await admin.ask('GET', '/risks', { headers: { 'x-large': 'x'.repeat(20_000) } });
    expect([large.status, JSON.parse(large.text)]).toEqual([
      431,
      expect.objectContaining({ code: 'HEADERS_TOO_LARGE' }),
    ]);
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, '1']));
    expect((await admin.ask('GET', '/risks', { headers: many })).status).toBe(431);
  });
});

describe('what computes', () => {
  const json = (path: string, body: unknown) => cheap('POST', path, { json: body });

  it('is asked for in bounded amounts', async () => {
    const points = Array.from({ length: 50_000 }, () => ({ lat: 1, lon: 1 }));
    expectProblem(await json('/risk/assess', { points }), 400, 'REQUEST_INVALID');
    expectProblem(await json('/risk/assess', { points: points.slice(0, 1), n_scenarios: 1e9 }), 400, 'REQUEST_INVALID');
    expectProblem(
      await json('/risk/assess', { points: points.slice(0, 1), horizon_hours: 1e9 }),
      400,
      'REQUEST_INVALID',
    );
    const corners = Array.from({ length: 20_000 }, (_, i) => [i / 1e6, (i % 7) / 1e3]);
    const shape = { type: 'polygon', coordinates: [[...corners, corners[0]]] };
    expectProblem(await json('/targets', { name: 'x', shape }), 400, 'REQUEST_INVALID');
    const circle = { type: 'circle', center: { lat: 0, lon: 0 }, radius_m: 20_000_000 };
    expectProblem(await json('/targets', { name: 'x', shape: circle }), 400, 'REQUEST_INVALID');
    const operations = Array.from({ length: 101 }, (_, i) => ({ id: `o${i}`, method: 'GET', path: '/risks' }));
    expectProblem(await json('/batch', { operations }), 400, 'REQUEST_INVALID');
    const nested = { id: 'a', method: 'POST', path: '/batch', body: { operations: [] } };
    expect((await json('/batch', { operations: [nested] })).text).toContain('BATCH_OPERATION_REFUSED');
  });

  it('a query of fragments within fragments, of aliases, or of brackets is refused', async () => {
    const aliases = Array.from({ length: 5_000 }, (_, i) => `a${i}: risks { data { risk_id } }`).join(' ');
    const fragments = Array.from({ length: 60 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`);
    for (const query of [
      `{ ${aliases} }`,
      `{ ...f0 } ${fragments.join(' ')} fragment f60 on Query { __typename }`,
      `query { ${'risks { data { '.repeat(5_000)}`,
      '{'.repeat(100_000),
      `{ risks(limit: ${'9'.repeat(100_000)}) { data { risk_id } } }`,
    ])
      expect((await json('//graphql', { query })).status, query.slice(0, 60)).toBe(400);
  });
});

describe('secrets', () => {
  it('stand in no line of the log, whichever way they came', async () => {
    const { token, token_id } = await admin.newToken(['risk:read']);
    const reader = admin.as(token);
    await reader.ask('GET', '/risks');
    await reader.ask('GET', '/risk-map');
    await reader.ask('GET', '/tokens');
    const [inQuery, inBody, inCookie, unknown] = Array.from({ length: 4 }, () => randomBytes(16).toString('hex'));
    for (const name of ['token', 'access_token', 'api_key', 'apikey', 'password', 'client_secret', 'Authorization'])
      await reader.ask('GET', `/risks?${name}=${inQuery}&limit=1`);
    await reader.ask('GET', `/risks?limit=1&%74oken=${inQuery}`);
    await reader.ask('GET', '/risks', {
      headers: { cookie: `session=${inCookie}`, 'proxy-authorization': `x ${inCookie}` },
    });
    await admin.as(`strisk_${unknown}${unknown}`).ask('GET', '/risks');
    for (const body of [`{"token":"${inBody}"}`, `{"token":"${inBody}`, `{"name":"x","scopes":["${inBody}"]}`, inBody])
      await admin.ask('POST', '/tokens', { body: String(body), headers: { 'content-type': 'application/json' } });
    const rotated = await admin.json<{ token: string }>('POST', `/tokens/${token_id}/rotate`, {});
    await admin.ask('GET', '/none', { headers: { 'x-request-id': 'the-last-one' } });
    await until('the last line', 10_000, () =>
      Promise.resolve(server.stdout.includes('the-last-one') ? true : undefined),
    );
    const log = server.stdout + server.stderr;
    expect(log).toContain('/api/v1/risks');
    const secrets = { token, rotated: rotated.token, admin: admin.token, inQuery, inBody, inCookie, unknown };
    expect(Object.entries(secrets).flatMap(([name, secret]) => (log.includes(String(secret)) ? [name] : []))).toEqual(
      [],
    );
  });
});

describe('every answer', () => {
  it.each([
    ['an answer', 'GET', '/risks', {}],
    ['one that nobody may have', 'GET', '/risks', { authorization: '' }],
    ['one that is not there', 'GET', '/none', {}],
    ['a mistake', 'GET', '/risks?limit=0', {}],
    ['what is too long', 'GET', `/risks?q=${'x'.repeat(13_000)}`, {}],
    ['what cannot be decoded', 'GET', '/cells/%zz', {}],
    ['a wrong method', 'PUT', '/risks', {}],
    ['what may be done', 'OPTIONS', '/risks', {}],
    ['no body', 'HEAD', '/risks', {}],
    ['the document', 'GET', '/openapi.json', {}],
    ['the page', 'GET', '/docs', {}],
    ['liveness', 'GET', '//health', {}],
    ['the console', 'GET', '//', {}],
  ])('carries what keeps browsers from harm: %s', async (_, method, path, headers) => {
    const answer = await admin.ask(method, path, { headers });
    const of = (name: string) => answer.headers.get(name) ?? '';
    expect(of('x-content-type-options')).toBe('nosniff');
    expect(of('referrer-policy')).toBe('no-referrer');
    expect(of('x-frame-options')).toBe('DENY');
    expect(of('cross-origin-resource-policy')).toBe('same-origin');
    expect(of('content-security-policy')).toMatch(/default-src '(?:none|self)'/);
    expect(of('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(of('permissions-policy')).toContain('geolocation=()');
    expect(of('x-powered-by') + of('server')).toBe('');
  });
});

it('after all that the platform is well and has made no mistake of its own', async () => {
  expect((await new Client(server, null).ask('GET', '//ready')).status).toBe(200);
  expect(server.stdout.split('\n').filter((line) => line.startsWith('{"level":50'))).toEqual([]);
});
