import { once } from 'node:events';
import { type IncomingMessage, request as open } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Body, Controller, Get, Post } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Answers } from './answers.js';
import { DeadlineInterceptor } from './deadline.interceptor.js';
import { ProblemFilter } from './problem.filter.js';
import { requestContext, type RequestContext } from './request-context.js';
import { contextOf, requestScope } from './request-scope.js';
import { RouteTable } from './route-table.js';

const DEADLINE_MS = 120;

let contexts: (RequestContext | undefined)[];
/** Settles when a handler runs. */
let begun: PromiseWithResolvers<RequestContext>;
let handled: number;

/** Runs until the request is told to stop, as a query does. */
function untilStopped(): Promise<string> {
  handled++;
  const context = requestContext();
  if (!context) throw new Error('There is no context');
  begun.resolve(context);
  return new Promise((resolve) => context.signal.addEventListener('abort', () => resolve('stopped')));
}

@Controller()
class WorkController {
  @Get('short')
  @Answers(z.object({}), { summary: 'Work', deadlineMs: DEADLINE_MS })
  short(): Promise<string> {
    return untilStopped();
  }

  @Get('deaf')
  @Answers(z.object({}), { summary: 'Work', deadlineMs: DEADLINE_MS })
  deaf(): Promise<never> {
    begun.resolve(requestContext()!);
    return new Promise<never>(() => undefined);
  }

  @Get('endless')
  @Answers(z.object({}), { summary: 'Work', deadlineMs: null })
  endless(): { deadline: string } {
    return { deadline: String(requestContext()?.deadline) };
  }

  @Get('long')
  long(): Promise<string> {
    return untilStopped();
  }

  @Post('read')
  async read(@Body() body: { text: string }): Promise<object> {
    const context = requestContext();
    const { signal } = context ?? {};
    contexts.push(context);
    // The request's own end comes with its body's, and its socket's events after that.
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    return { length: body.text.length, id: requestContext()?.requestId, aborted: signal?.aborted };
  }
}

let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  const module = await Test.createTestingModule({
    controllers: [WorkController],
    providers: [{ provide: APP_INTERCEPTOR, useClass: DeadlineInterceptor }],
  }).compile();
  const adapter = new FastifyAdapter({
    genReqId: ({ headers }: IncomingMessage) => (typeof headers['x-id'] === 'string' ? headers['x-id'] : 'none'),
  });
  const fastify = adapter.getInstance();
  requestScope(fastify);
  fastify.addHook('onRequest', (request, _reply, done) => {
    contexts.push(contextOf(request), requestContext());
    // Whoever is still busy with the token when the caller leaves.
    if (request.headers['x-slow'] === undefined) return done();
    begun.resolve(contextOf(request)!);
    contextOf(request)!.signal.addEventListener('abort', () => done());
  });
  app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
  app.useGlobalFilters(new ProblemFilter(new RouteTable()));
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
});
afterAll(() => app.close());
beforeEach(() => {
  contexts = [];
  handled = 0;
  begun = Promise.withResolvers();
});

const fired = (signal: AbortSignal) =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => undefined);

/** A client on a real connection that leaves as soon as the server is at work for it. */
async function leave(path: string, headers: Record<string, string> = {}): Promise<RequestContext> {
  const sent = open({ port, host: '127.0.0.1', path, headers });
  sent.on('error', () => undefined).end();
  const context = await begun.promise;
  sent.destroy();
  return context;
}

describe('the context of a request', () => {
  it('is one and the same from its first hook to its handler, whether or not a body was read between', async () => {
    const text = 'ä'.repeat(500_000);
    for (const id of ['one', 'two']) {
      contexts = [];
      const answer = await fetch(`http://127.0.0.1:${port}/read`, {
        method: 'POST',
        // Piece by piece, as it comes over a network.
        body: Readable.toWeb(Readable.from([`{"text":"`, text, '"}'])) as ReadableStream<Uint8Array>,
        duplex: 'half',
        headers: { 'content-type': 'application/json', 'x-id': id },
      });
      expect(await answer.json()).toEqual({ length: text.length, id, aborted: false });
      expect(contexts).toHaveLength(3);
      expect(new Set(contexts).size).toBe(1);
    }
  });

  it('is each request’s own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        app.inject({ method: 'POST', url: '/read', payload: { text: 'x' }, headers: { 'x-id': `r${i}` } }),
      ),
    );
    expect(answers.map((answer) => answer.json<{ id: string }>().id)).toEqual(answers.map((_, i) => `r${i}`));
  });

  it('is not abandoned by an answer that is out, in the process or over the network', async () => {
    for (const ask of [
      () => app.inject('/endless').then(({ statusCode }) => statusCode),
      () => fetch(`http://127.0.0.1:${port}/endless`).then((answer) => answer.text().then(() => answer.status)),
    ]) {
      contexts = [];
      expect(await ask()).toBe(200);
      const [context] = contexts;
      await new Promise(setImmediate);
      expect(context?.signal.aborted).toBe(false);
    }
  });
});

describe('when the deadline passes', () => {
  it.each(['/short', '/deaf'])('the caller is told, and what was called is told to stop (%s)', async (path) => {
    const answer = app.inject(path).then((response) => response);
    const context = await begun.promise;
    const { statusCode, body } = await answer;
    expect(statusCode).toBe(504);
    expect(JSON.parse(body)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(context.signal.aborted).toBe(true);
    expect(context.deadline - context.startedAt).toBe(DEADLINE_MS);
    expect(Date.now()).toBeGreaterThanOrEqual(context.deadline - 1);
  });

  it('is nothing to a route that has none', async () => {
    expect((await app.inject('/endless')).json()).toEqual({ deadline: 'Infinity' });
  });
});

describe('when the caller leaves', () => {
  it('what runs for it is told to stop', async () => {
    const context = await leave('/long');
    await fired(context.signal);
    expect(context.signal.reason).toMatchObject({ message: 'The client has gone' });
    expect(context.remaining()).toBeGreaterThan(0);
  });

  it('before the handler began, it does not begin', async () => {
    const context = await leave('/long', { 'x-slow': '1' });
    await fired(context.signal);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(handled).toBe(0);
  });
});
