import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyLimits, MAX_ADDRESS_LENGTH } from './body-limits.js';
import { toAppError } from './problem.filter.js';
import { answerBrokenRequest, SERVER_LIMITS, trustedProxies } from './server-limits.js';

const MEGABYTE = 1024 * 1024;

let app: FastifyInstance;

async function start(options: { trustProxy?: string[]; patience?: Parameters<typeof bodyLimits>[1] } = {}) {
  app = Fastify({
    bodyLimit: 16 * MEGABYTE,
    http: SERVER_LIMITS.http,
    clientErrorHandler: answerBrokenRequest,
    trustProxy: options.trustProxy ?? false,
  });
  app.server.maxHeadersCount = SERVER_LIMITS.maxHeadersCount;
  app.setErrorHandler((error, _request, reply) => {
    const { code, status, message } = toAppError(error);
    void reply.code(status).send({ code, message });
  });
  bodyLimits(app, options.patience);
  app.addContentTypeParser('text/csv', (_request, payload, done) => done(null, payload));
  app.post('/stream', async (incoming) => (await text(incoming.body as Readable)).length);
  app.post('/', (incoming) => ({ body: incoming.body, ip: incoming.ip }));
  app.get('/', (incoming) => ({ query: incoming.query, ip: incoming.ip, headers: incoming.headers }));
  await app.ready();
}

beforeEach(() => start());
afterEach(() => app.close());

async function post(payload: string | Buffer, headers: Record<string, string> = {}) {
  const type = { 'content-type': 'application/json', ...headers };
  const answer = await app.inject({ method: 'POST', url: '/', headers: type, payload });
  return { status: answer.statusCode, ...answer.json<{ code?: string; body?: unknown; ip?: string }>() };
}

describe('a JSON body', () => {
  it('is read as it was sent', async () => {
    const body = { 'ä "}': ['[', { n: 1e-7 }], empty: {}, text: '𝒳\\' };
    expect((await post(JSON.stringify(body))).body).toEqual(body);
    expect((await post(JSON.stringify(body), { 'content-type': 'application/json; charset=utf-8' })).body).toEqual(
      body,
    );
  });

  it.each([
    ['too deep', '['.repeat(5_000_000), 413, 'BODY_TOO_COMPLEX'],
    ['of too many empty objects', `[${'{},'.repeat(2_000_000)}{}]`, 413, 'BODY_TOO_COMPLEX'],
    ['of too many keys', `{${'"":0,'.repeat(2_000_000)}"":0}`, 413, 'BODY_TOO_COMPLEX'],
    ['too large', `"${'x'.repeat(17 * MEGABYTE)}"`, 413, 'BODY_TOO_LARGE'],
    ['cut short', '{"a":', 400, 'REQUEST_MALFORMED'],
    ['empty', '', 400, 'REQUEST_MALFORMED'],
    ['that reaches for a prototype', '{"a":{"__proto__":{"polluted":1}}}', 400, 'REQUEST_MALFORMED'],
    ['that does so in escapes', String.raw`{"__pr\u006fto__":{"polluted":1}}`, 400, 'REQUEST_MALFORMED'],
    ['that does so by a constructor', '{"constructor":{"prototype":{"polluted":1}}}', 400, 'REQUEST_MALFORMED'],
  ])('%s is refused', async (_, payload, status, code) => {
    expect(await post(payload)).toMatchObject({ status, code });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('that is compressed, or is none, is told from a broken one', async () => {
    expect(await post('x', { 'content-encoding': 'gzip' })).toMatchObject({
      status: 415,
      code: 'ENCODING_UNSUPPORTED',
    });
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])
      expect(await post('a=1', { 'content-type': type })).toMatchObject({
        status: 415,
        code: 'MEDIA_TYPE_UNSUPPORTED',
      });
  });

  it('of numbers beyond all bounds is read as the language has it, and kept from nobody', async () => {
    expect((await post('{"a":1e999,"b":123456789012345678901234567890}')).body).toEqual({
      a: null,
      b: Number('123456789012345678901234567890'),
    });
    expect((await post(`{"a":${'9'.repeat(1_000_000)}}`)).status).toBe(200);
  });
});

describe('an address', () => {
  it('has a length it may not exceed', async () => {
    const of = (length: number) => app.inject(`/?${'a'.repeat(length - 2)}`);
    expect((await of(MAX_ADDRESS_LENGTH)).statusCode).toBe(200);
    const long = await of(MAX_ADDRESS_LENGTH + 1);
    expect([long.statusCode, long.json<{ code: string }>().code]).toEqual([414, 'ADDRESS_TOO_LONG']);
  });

  it('may name a parameter often, and reaches no prototype', async () => {
    const { query } = (await app.inject(`/?${'a&'.repeat(4_000)}__proto__=1&__proto__[polluted]=1`)).json<{
      query: { a: string[] };
    }>();
    expect(query.a).toHaveLength(4_000);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });
});

describe('below the framework', () => {
  async function url(): Promise<URL> {
    return new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
  }

  it('headers are bounded in size and number', async () => {
    const address = await url();
    const get = async (headers: Record<string, string>) => {
      const asking = request(address, { headers });
      asking.end();
      const [answer] = (await once(asking, 'response')) as [import('node:http').IncomingMessage];
      return { status: answer.statusCode, type: answer.headers['content-type'], body: await text(answer) };
    };
    const large = await get({ 'x-large': 'x'.repeat(20_000) });
    expect([large.status, large.type]).toEqual([431, 'application/problem+json; charset=utf-8']);
    expect(JSON.parse(large.body)).toMatchObject({ code: 'HEADERS_TOO_LARGE', status: 431 });
    const many = await get(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, '1'])));
    expect([many.status, many.type]).toEqual([431, 'application/problem+json; charset=utf-8']);
  });

  it('what is no HTTP is answered as a problem, and the connection ended', async () => {
    await url();
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"REQUEST_MALFORMED"');
  });
});

describe('who sends slowly', () => {
  const head = (path: string, type: string) =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: 100\r\n\r\n`;

  async function open(patience: { jsonMs: number; silenceMs: number }) {
    await app.close();
    await start({ patience });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    return socket;
  }

  it.each([
    ['/', 'application/json', { jsonMs: 50, silenceMs: 60_000 }],
    ['/stream', 'text/csv', { jsonMs: 60_000, silenceMs: 50 }],
  ])('to %s in %s is cut off', async (path, type, patience) => {
    const socket = await open(patience);
    socket.write(head(path, type) + '[');
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
  });

  it('to a stream is served while something comes', async () => {
    const socket = await open({ jsonMs: 1, silenceMs: 500 });
    socket.write(head('/stream', 'text/csv'));
    for (let i = 0; i < 10; i++) {
      await delay(100);
      socket.write('x'.repeat(10));
    }
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*100$/);
  });
});

describe('the address of the caller', () => {
  const forged = { 'x-forwarded-for': '203.0.113.9' };
  const ip = async (remoteAddress: string) =>
    (await app.inject({ url: '/', remoteAddress, headers: forged })).json<{ ip: string }>().ip;

  it('is that of the connection, whatever the caller says', async () => {
    expect(await ip('198.51.100.7')).toBe('198.51.100.7');
  });

  it('is what a trusted proxy says, and nobody else', async () => {
    await app.close();
    await start({ trustProxy: trustedProxies.parse('10.0.0.0/8, loopback') });
    expect(await ip('10.1.2.3')).toBe('203.0.113.9');
    expect(await ip('127.0.0.1')).toBe('203.0.113.9');
    expect(await ip('198.51.100.7')).toBe('198.51.100.7');
    const chain = { 'x-forwarded-for': '1.1.1.1, 203.0.113.9' };
    const answer = await app.inject({ url: '/', remoteAddress: '10.1.2.3', headers: chain });
    expect(answer.json<{ ip: string }>().ip).toBe('203.0.113.9');
  });

  it.each(['true', '1', '*', '0.0.0.0/33', '10.0.0.0/8/8', 'proxy.example.org', '', '::1/129'])(
    'is left to no such proxies: %j',
    (given) => expect(trustedProxies.safeParse(given).success).toBe(false),
  );
});
