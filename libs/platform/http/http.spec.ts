import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from './app-error.js';
import { entityTag } from './entity-tag.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { versionOf } from './if-match.js';
import { problemOf, toAppError } from './problem.filter.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
};

describe('If-Match', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    ['"3"', 3],
    ['W/"12"', 12],
    [' 4 ', 4],
  ])('%s is version %s', (header, version) => expect(versionOf(header)).toBe(version));

  it.each(['', '"abc"', '"1", "2"', '"99999999999"', '"-1"', '"1.5"'])('%s matches no version', (header) =>
    expect(codeOf(() => versionOf(header))).toBe('VERSION_CONFLICT'),
  );
});

describe('Idempotency-Key', () => {
  it('is what the header says, or nothing', () => {
    expect(idempotencyKeyOf(undefined)).toBeUndefined();
    expect(idempotencyKeyOf(' a-1 ')).toBe('a-1');
  });

  it.each(['', '   ', 'x'.repeat(201)])('is refused when it is empty or too long', (header) =>
    expect(codeOf(() => idempotencyKeyOf(header))).toBe('REQUEST_INVALID'),
  );
});

describe('problems', () => {
  it('say nothing of what nobody expected, but keep it as the cause', () => {
    const secret = new Error('password=hunter2 at /home/x/file.ts');
    const error = toAppError(secret);
    expect(error.code).toBe('INTERNAL');
    expect(error.cause).toBe(secret);
    expect(JSON.stringify(problemOf(error, { id: 'r1', url: '/api/v1/x?token=abc' }))).not.toMatch(/hunter2|token/);
    expect(toAppError('just text').code).toBe('INTERNAL');
    expect(toAppError(undefined).code).toBe('INTERNAL');
  });

  it('hide what an internal error of the framework says', () => {
    expect(toAppError(new HttpException('secret', 500)).code).toBe('INTERNAL');
    expect(toAppError(new HttpException('secret', 500)).message).not.toContain('secret');
    expect(toAppError(Object.assign(new Error('secret'), { statusCode: 500 })).message).not.toContain('secret');
  });

  it('carry the code of an AppError, its fields and what it adds', () => {
    const error = new AppError('CELL_UNKNOWN', 'gone', {
      errors: [{ path: 'a', message: 'b' }],
      extension: { more: 1 },
    });
    expect(toAppError(error)).toBe(error);
    expect(problemOf(error, { id: 'r1', url: '/api/v1/cells/x?y=1' })).toEqual({
      type: 'urn:st-risk-platform:problem:cell-unknown',
      title: 'The cell is outside what this namespace covers',
      status: 404,
      detail: 'gone',
      instance: '/api/v1/cells/x',
      code: 'CELL_UNKNOWN',
      request_id: 'r1',
      errors: [{ path: 'a', message: 'b' }],
      more: 1,
    });
  });

  it.each([
    [new NotFoundException('no'), 'ROUTE_NOT_FOUND'],
    [new BadRequestException('no'), 'REQUEST_MALFORMED'],
    [new HttpException('teapot', 418), 'REQUEST_MALFORMED'],
    [Object.assign(new Error('too large'), { statusCode: 413 }), 'BODY_TOO_LARGE'],
    [Object.assign(new Error('what type'), { statusCode: 415 }), 'MEDIA_TYPE_UNSUPPORTED'],
    [Object.assign(new Error('too long an address'), { statusCode: 414 }), 'REQUEST_MALFORMED'],
  ])('of the framework get the code of their status: %s', (thrown, code) => expect(toAppError(thrown).code).toBe(code));

  it.each([
    ['57P01', 'UNAVAILABLE'],
    ['08006', 'UNAVAILABLE'],
    ['53300', 'UNAVAILABLE'],
    ['ECONNREFUSED', 'UNAVAILABLE'],
    ['ETIMEDOUT', 'UNAVAILABLE'],
    ['57014', 'DEADLINE_EXCEEDED'],
    ['22021', 'REQUEST_INVALID'],
    ['42P01', 'INTERNAL'],
    ['23505', 'INTERNAL'],
  ])('of PostgreSQL with %s are %s', (code, expected) => {
    const error = toAppError(Object.assign(new Error('secret detail'), { code }));
    expect(error.code).toBe(expected);
    expect(error.message).not.toContain('secret');
  });

  it('know a pool that gets no connection', () => {
    expect(toAppError(new Error('timeout exceeded when trying to connect')).code).toBe('UNAVAILABLE');
    expect(toAppError(new Error('Connection terminated unexpectedly')).code).toBe('UNAVAILABLE');
  });
});

describe('entity tags', () => {
  let app: FastifyInstance;
  const body = { a: 1 };

  beforeEach(async () => {
    app = Fastify();
    app.addHook('onSend', entityTag);
    app.get('/json', () => body);
    app.get('/versioned', (_request, reply) => reply.header('ETag', '"7"').send(body));
    app.get('/kept', (_request, reply) => reply.header('Cache-Control', 'no-store').send(body));
    app.get('/missing', (_request, reply) => reply.code(404).send(body));
    app.post('/json', () => body);
    await app.ready();
  });
  afterEach(() => app.close());

  const get = (url: string, known?: string) =>
    app.inject({ method: 'GET', url, ...(known === undefined ? {} : { headers: { 'if-none-match': known } }) });

  it('are strong, the same for the same body, and cacheable only after asking', async () => {
    const [one, two] = [await get('/json'), await get('/json')];
    expect(one.headers.etag).toMatch(/^"[\w-]+"$/);
    expect(two.headers.etag).toBe(one.headers.etag);
    expect(one.headers['cache-control']).toBe('private, no-cache');
    expect((await get('/kept')).headers['cache-control']).toBe('no-store');
  });

  it('answer 304 without a body to who has it, also by a weak tag, a list or *', async () => {
    const tag = String((await get('/json')).headers.etag);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const answer = await get('/json', known);
      expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', tag]);
    }
    expect((await get('/json', '"other"')).statusCode).toBe(200);
    expect((await get('/json', tag.slice(1, -1))).statusCode).toBe(200);
  });

  it('leave the version of a resource as its tag', async () => {
    expect((await get('/versioned')).headers.etag).toBe('"7"');
    expect((await get('/versioned', '"7"')).statusCode).toBe(304);
  });

  it('stand on HEAD as on GET', async () => {
    const tag = String((await get('/json')).headers.etag);
    const head = await app.inject({ method: 'HEAD', url: '/json' });
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', tag]);
    const known = await app.inject({ method: 'HEAD', url: '/json', headers: { 'if-none-match': tag } });
    expect(known.statusCode).toBe(304);
  });

  it('stand on no error and no POST', async () => {
    expect((await get('/missing', '*')).statusCode).toBe(404);
    expect((await get('/missing')).headers.etag).toBeUndefined();
    const post = await app.inject({ method: 'POST', url: '/json', headers: { 'if-none-match': '*' } });
    expect([post.statusCode, post.headers.etag]).toEqual([200, undefined]);
  });
});
