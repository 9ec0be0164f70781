import type { HttpAdapterHost } from '@nestjs/core';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AnswerVersions } from './answer-versions.js';
import { AnswerWarmer } from './answer-warmer.js';
import type { HotPath } from './hot-path.js';
import { inProcessCaller } from './in-process.js';

const rule = { scope: 'risk:read' };

let app: FastifyInstance;
let versions: AnswerVersions;
let warmer: AnswerWarmer;
/** What was asked, by whom; and how many at once. */
let asked: string[];
let atOnce: number;
let most: number;

beforeEach(() => {
  asked = [];
  atOnce = most = 0;
  versions = new AnswerVersions();
  app = Fastify();
  app.get('/*', async (request) => {
    most = Math.max(most, ++atOnce);
    const { namespaceId, scopes } = inProcessCaller() ?? {};
    await new Promise(setImmediate);
    asked.push(`${request.url} ${request.headers.accept} ${namespaceId} ${scopes?.join(' ')}`);
    atOnce--;
    if (request.url === '/broken') throw new Error('a store is away');
    return {};
  });
  const addresses = ['/map', '/broken', '/tile'].map((url) => ({ url, accept: 'application/json', rule }));
  const lately = (namespaceId: string) => (namespaceId === 'empty' ? [] : addresses);
  const host = { httpAdapter: { getInstance: () => app } } as unknown as HttpAdapterHost;
  warmer = new AnswerWarmer(host, { lately } as unknown as HotPath, versions);
});
afterEach(() => app.close());

const of = (namespaceId: string) =>
  ['/map', '/broken', '/tile'].map((url) => `${url} application/json ${namespaceId} risk:read`);

it('asks for what a namespace was last asked for, in its name, when it has something new', async () => {
  warmer.onApplicationBootstrap();
  versions.changed('empty');
  versions.changed('north');
  await expect.poll(() => asked).toEqual(of('north'));
});

it('waits for the routes, then asks for all that changed before, one after another', async () => {
  versions.changed('north');
  versions.changed('south');
  versions.changed('north');
  await new Promise(setImmediate);
  expect(asked).toEqual([]);
  warmer.onApplicationBootstrap();
  await expect.poll(() => asked).toEqual([...of('north'), ...of('south')]);
  expect(most).toBe(1);
});

it('asks again for a namespace that changed while it was at it, and is itself of no caller', async () => {
  warmer.onApplicationBootstrap();
  versions.changed('north');
  await expect.poll(() => asked.length).toBeGreaterThan(0);
  versions.changed('north');
  expect(inProcessCaller()).toBeUndefined();
  await expect.poll(() => asked).toEqual([...of('north'), ...of('north')]);
});
