import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerOptions } from './options.js';
import { RouteTable } from './route-table.js';

let app: FastifyInstance;
beforeAll(async () => {
  app = Fastify();
  const routes = new RouteTable();
  app.addHook('onRoute', ({ url, method }) => routes.add(url, method));
  answerOptions(app, routes);
  for (const [method, url] of [
    ['GET', '/tokens'],
    ['POST', '/tokens'],
    ['GET', '/tokens/self'],
    ['DELETE', '/tokens/:token_id'],
  ] as const)
    app.route({ method, url, handler: (request) => Promise.resolve({ of: request.routeOptions.url }) });
  await app.register(
    (plugin, _options, done) => {
      plugin.get('/', (request) => Promise.resolve({ of: request.routeOptions.url }));
      done();
    },
    { prefix: '/board' },
  );
  await app.ready();
});
afterAll(() => app.close());

const ask = (method: 'OPTIONS' | 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'PATCH' | 'POST', url: string) =>
  app.inject({ method, url });

it('tells which methods an address takes', async () => {
  for (const [url, allow] of [
    ['/tokens?limit=1', 'GET, HEAD, POST, OPTIONS'],
    ['/tokens/self', 'GET, HEAD, OPTIONS'],
    ['/tokens/abc', 'DELETE, OPTIONS'],
  ] as const) {
    const { statusCode, headers, body } = await ask('OPTIONS', url);
    expect([statusCode, headers['allow'], body], url).toEqual([204, allow, '']);
  }
});

it('refuses a method that an address has not, also where a route with a parameter would take it', async () => {
  for (const [method, url] of [
    ['PUT', '/tokens'],
    ['POST', '/tokens/abc'],
    ['DELETE', '/tokens/self'],
  ] as const) {
    const refused = await ask(method, url);
    expect([refused.statusCode, refused.json<{ code: string }>().code], url).toEqual([405, 'METHOD_NOT_ALLOWED']);
  }
});

it('leaves everything else alone', async () => {
  expect((await ask('GET', '/tokens')).json()).toEqual({ of: '/tokens' });
  expect((await ask('HEAD', '/tokens/self')).statusCode).toBe(200);
  expect((await ask('DELETE', '/tokens/abc')).json()).toEqual({ of: '/tokens/:token_id' });
  for (const url of ['/board', '/board/']) expect((await ask('GET', url)).statusCode, url).toBe(200);
  expect((await ask('OPTIONS', '/nothing')).statusCode).toBe(404);
  expect((await ask('GET', '/nothing')).statusCode).toBe(404);
});
