import { once } from 'node:events';
import { request as open } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { register } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AccessLog, logRequests } from './access-log.js';
import { redactUrl } from './redact-url.js';
import { askedOf, whoOf } from './request-line.js';
import { contextOf, requestScope } from './request-scope.js';

interface Line {
  level: number;
  msg: string;
  req: { id: string; method: string; url: string };
  route?: string;
  res: { status: number };
  responseTime: number;
  token_id?: string;
  namespace?: string;
}

let app: FastifyInstance;
let lines: Line[];
const reached = Promise.withResolvers<void>();

beforeAll(async () => {
  app = Fastify({ genReqId: () => 'the-id' });
  requestScope(app);
  logRequests(
    app,
    new AccessLog(pino({ level: 'info' }, { write: (text: string) => void lines.push(JSON.parse(text) as Line) })),
  );
  app.get('/health', () => 'ok');
  app.get('/things/:id', (request) => {
    Object.assign(contextOf(request) ?? {}, { tokenId: 't1', namespaceId: 'north' });
    return {};
  });
  app.get('/bad', (_request, reply) => reply.code(404).send());
  app.get('/broken', () => Promise.reject(new Error('password=hunter2')));
  app.get('/never', () => {
    reached.resolve();
    return new Promise(() => undefined);
  });
  app.get('/endless', (_request, reply) =>
    reply.send(
      Readable.from(
        (function* () {
          for (;;) yield 'x'.repeat(10_000);
        })(),
      ),
    ),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => app.close());
beforeEach(() => {
  lines = [];
});

it('writes one line for a request: who, what, how it ended, and nothing that was sent', async () => {
  await app.inject({
    url: '/things/7?fields=a&token=abc',
    headers: { authorization: 'Bearer strisk_secret', cookie: 'a=b' },
  });
  expect(lines).toMatchObject([
    {
      level: 30,
      msg: 'request completed',
      req: { id: 'the-id', method: 'GET', url: '/things/7?fields=a&token=[cut]' },
      route: '/things/:id',
      res: { status: 200 },
      token_id: 't1',
      namespace: 'north',
    },
  ]);
  expect(lines[0]?.responseTime).toBeGreaterThanOrEqual(0);
  expect(JSON.stringify(lines)).not.toMatch(/strisk_secret|cookie|abc/);
});

it('says what is a client’s mistake and what is ours by the level', async () => {
  await app.inject('/bad');
  await app.inject('/nothing?x=1');
  await app.inject('/broken');
  expect(lines.map(({ level, route, res }) => [level, route, res.status])).toEqual([
    [40, '/bad', 404],
    [40, undefined, 404],
    [50, '/broken', 500],
  ]);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

it('is in pino’s own form, whatever a stranger writes', () => {
  const logger = pino(
    { level: 'info', base: { pid: 7, hostname: 'a "host"' } },
    {
      write: (line: string) => void lines.push(JSON.parse(line) as Line),
    },
  );
  const nasty = '/x?a="}\n\u2028ä\ud800&token=abc';
  const ended = { requestId: 'an-id', asked: askedOf('GET', nasty, '/x'), elapsedMs: 1.26, cut: false };
  const log = new AccessLog(logger);
  log.ended({ ...ended, status: 200, who: whoOf({ tokenId: 't', namespaceId: 'n' }) });
  logger.info(
    {
      req: { id: 'an-id', method: 'GET', url: redactUrl(nasty) },
      route: '/x',
      res: { status: 200 },
      responseTime: 1.3,
      token_id: 't',
      namespace: 'n',
    },
    'request completed',
  );
  const [ours, theirs] = lines.map((line) => ({ ...line, time: 0 }));
  expect(ours).toEqual(theirs);
  expect(Object.keys(ours ?? {})).toEqual(Object.keys(theirs ?? {}));
  logger.level = 'warn';
  log.ended({ ...ended, status: 200, who: '' });
  expect(lines).toHaveLength(2);
});

it('leaves probes out of the log, not out of the figures', async () => {
  const before = await seen('/health');
  await app.inject('/health');
  expect(lines).toEqual([]);
  expect(await seen('/health')).toBe(before + 1);
});

it('counts by route and class, never by what a stranger writes into an address', async () => {
  const [unmatched, things] = [await seen('unmatched'), await seen('/things/:id')];
  await app.inject('/made-up-1');
  await app.inject('/made-up-2');
  await app.inject('/things/8');
  expect([await seen('unmatched'), await seen('/things/:id')]).toEqual([unmatched + 2, things + 1]);
  expect(await register.getSingleMetricAsString('strisk_http_request_duration_seconds')).not.toMatch(
    /made-up|things\/8/,
  );
});

it('tells an answer that was cut off from one that went out', async () => {
  const { port } = app.server.address() as AddressInfo;
  const sent = open({ port, host: '127.0.0.1', path: '/endless' });
  sent.on('error', () => undefined).end();
  const [answer] = (await once(sent, 'response')) as [Readable];
  answer.on('error', () => undefined);
  sent.destroy();
  await expect
    .poll(() => lines)
    .toMatchObject([{ level: 30, route: '/endless', res: { status: 200 }, msg: 'request cut off' }]);
});

it('speaks of a caller who left before the answer, and claims no status', async () => {
  const { port } = app.server.address() as AddressInfo;
  const before = await seen('/never');
  const sent = open({ port, host: '127.0.0.1', path: '/never' });
  sent.on('error', () => undefined).end();
  await reached.promise;
  sent.destroy();
  await expect.poll(() => lines).toMatchObject([{ route: '/never', res: {}, msg: 'request cut off' }]);
  expect(lines[0]?.res).toEqual({});
  expect(await seen('/never')).toBe(before + 1);
});

async function seen(route: string): Promise<number> {
  const { values } = (await register.getSingleMetric('strisk_http_request_duration_seconds')?.get()) ?? { values: [] };
  return values
    .filter(
      ({ labels, ...rest }) =>
        labels['route'] === route && 'metricName' in rest && String(rest.metricName).endsWith('_count'),
    )
    .reduce((sum, { value }) => sum + value, 0);
}
