import { request } from 'node:http';
import { Readable } from 'node:stream';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compression } from './compression.js';
import { entityTag } from './entity-tag.js';

const LONG = JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ cell: i, level: 'HIGH' })));
let app: FastifyInstance;
let streamDestroyed: Promise<boolean>;

beforeAll(async () => {
  app = Fastify();
  app.addHook('onSend', entityTag);
  app.addHook('onSend', compression);
  const gone = Promise.withResolvers<boolean>();
  streamDestroyed = gone.promise;
  const json = 'application/json; charset=utf-8';
  app.get('/long', (_request, reply) => reply.type(json).send(LONG));
  app.get('/short', (_request, reply) => reply.type(json).send('{}'));
  app.get('/bytes', (_request, reply) => reply.type('application/vnd.apache.parquet').send(Buffer.alloc(5_000)));
  app.get('/done', (_request, reply) => reply.type(json).header('Content-Encoding', 'br').send(Buffer.alloc(5_000)));
  app.get('/varied', (_request, reply) => reply.type(json).header('Vary', 'Accept').send(LONG));
  app.get('/problem', (_request, reply) => reply.code(400).type('application/problem+json').send(LONG));
  app.get('/stream', (_request, reply) => reply.type('application/x-ndjson').send(Readable.from([LONG, LONG])));
  app.get('/events', (_request, reply) => reply.type('text/event-stream').send(Readable.from(['data: 1\n\n'])));
  const breaking = (rows: number) =>
    Readable.from(
      (function* () {
        for (let i = 0; i < rows; i++) yield Math.random().toString(36).repeat(100);
        throw new Error('the store is gone');
      })(),
    );
  app.get('/broken', (_request, reply) => reply.type('application/x-ndjson').send(breaking(1)));
  app.get('/broken-late', (_request, reply) => reply.type('application/x-ndjson').send(breaking(5_000)));
  app.get('/endless', (_request, reply) => {
    const stream = Readable.from(
      (function* () {
        for (;;) yield Math.random().toString(36).repeat(500);
      })(),
    );
    stream.once('close', () => gone.resolve(stream.destroyed));
    return reply.type('text/csv').send(stream);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => app.close());

const ask = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  app.inject({ method, url, headers });

describe('compression', () => {
  it.each([
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('in %s, of texts and streams', async (coding, unpack) => {
    for (const [url, text] of [
      ['/long', LONG],
      ['/problem', LONG],
      ['/stream', LONG + LONG],
    ] as const) {
      const answer = await ask(url, { 'accept-encoding': coding });
      expect(answer.headers['content-encoding']).toBe(coding);
      expect(answer.headers['vary']).toBe('Accept-Encoding');
      expect(unpack(answer.rawPayload).toString()).toBe(text);
    }
  });

  it('of nothing that is short, packed already, or not asked for packed', async () => {
    for (const [url, headers] of [
      ['/short', { 'accept-encoding': 'br' }],
      ['/bytes', { 'accept-encoding': 'br' }],
      ['/events', { 'accept-encoding': 'br' }],
      ['/long', {}],
      ['/long', { 'accept-encoding': 'identity' }],
    ] as const)
      expect((await ask(url, headers)).headers).not.toHaveProperty('content-encoding');
    expect((await ask('/done', { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBe('br');
  });

  it('says on what the answer depends, also where it was not compressed', async () => {
    expect((await ask('/long')).headers['vary']).toBe('Accept-Encoding');
    expect((await ask('/varied', { 'accept-encoding': 'br' })).headers['vary']).toBe('Accept, Accept-Encoding');
  });

  it('has a tag of its own in each coding, and knows each again', async () => {
    const tags = new Set<string>();
    for (const coding of ['identity', 'br', 'zstd', 'gzip']) {
      const answer = await ask('/long', { 'accept-encoding': coding });
      const tag = String(answer.headers.etag);
      tags.add(tag);
      const again = await ask('/long', { 'accept-encoding': coding, 'if-none-match': tag });
      expect([again.statusCode, again.rawPayload.length, again.headers.etag]).toEqual([304, 0, tag]);
    }
    expect(tags.size).toBe(4);
  });

  it('of a HEAD is that of the GET, without the body', async () => {
    const head = await ask('/long', { 'accept-encoding': 'br' }, 'HEAD');
    expect([head.headers['content-encoding'], head.rawPayload.length]).toEqual(['br', 0]);
  });

  it('of a stream that breaks is never a whole good answer', async () => {
    const { port } = app.server.address() as { port: number };
    for (const path of ['/broken', '/broken-late']) {
      const whole = await new Promise((resolve, reject) => {
        const sent = request({ port, path, headers: { 'accept-encoding': 'gzip' } }, (answer) => {
          answer.resume();
          // Where nothing had been sent yet, the error is the answer.
          answer.on('end', () => resolve(answer.complete && answer.statusCode === 200));
          answer.on('error', () => resolve(false));
        });
        sent.on('error', reject).end();
      });
      expect(whole, path).toBe(false);
    }
  });

  it('stops the stream when its reader leaves', async () => {
    const address = app.server.address() as { port: number };
    const sent = request({ port: address.port, path: '/endless', headers: { 'accept-encoding': 'br' } }, (answer) => {
      answer.once('data', () => sent.destroy());
      answer.on('error', () => undefined);
    });
    sent.on('error', () => undefined).end();
    expect(await streamDestroyed).toBe(true);
  });
});
