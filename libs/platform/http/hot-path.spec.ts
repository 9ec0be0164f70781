import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import Fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Cache, type CacheHit, type CachePlace, placeOf } from '../cache/cache.js';
import { AccessLog } from './access-log.js';
import { answerInFront } from './answer-in-front.js';
import { AnswerVersions } from './answer-versions.js';
import { answerCache, type CachedRule } from './cached.js';
import { FrontDoor, type KnownCaller } from './front-door.js';
import { HotPath } from './hot-path.js';
import type { Ended } from './request-line.js';
import { asInProcess } from './in-process.js';
import { StoredAnswer } from './stored-answer.js';

const LONG = JSON.stringify({ text: 'x'.repeat(5_000) });
const rule: CachedRule = {
  cache: answerCache('hot-path-spec', { ttlMs: 60_000, staleMs: 0 }),
  version: 'surface',
  tags: () => [],
  scope: 'risk:read',
};

/** Knows callers by their word, as the real one knows tokens. */
class Door extends FrontDoor {
  budget = Infinity;
  known({ authorization }: IncomingHttpHeaders): KnownCaller | undefined {
    const [namespaceId, scope] = authorization?.split(' ') ?? [];
    if (namespaceId === undefined || namespaceId === '') return undefined;
    return { tokenId: `token of ${namespaceId}`, namespaceId, mayRead: (wanted) => wanted === scope };
  }
  take(): string[] | undefined {
    return this.budget-- > 0 ? ['RateLimit', 'one left'] : undefined;
  }
}

let door: Door;
let hot: HotPath;
let kept: Map<string, CacheHit<StoredAnswer>>;
let version: number;
let app: FastifyInstance;
let agent: Agent;
/** Done when the server has begun to close. */
let whileClosing: () => Promise<void>;
/** What was told of the requests that were answered in front of the framework. */
let ended: Ended[];

class Log extends AccessLog {
  override ended(one: Ended): void {
    ended.push(one);
  }
}

beforeEach(async () => {
  door = new Door();
  kept = new Map();
  version = 1;
  ended = [];
  const versions = new AnswerVersions();
  versions.register('surface', () => String(version));
  const peekAt = (place: CachePlace<StoredAnswer>) => kept.get(place);
  hot = new HotPath({ peekAt } as unknown as Cache, door, versions);
  agent = new Agent({ keepAlive: true });
  app = Fastify({ forceCloseConnections: 'idle' });
  answerInFront(app, hot, new Log(pino({ level: 'silent' })));
  whileClosing = () => Promise.resolve();
  app.addHook('preClose', () => whileClosing());
  // The long way, which keeps what it answers with.
  app.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/map',
    handler: async (request, reply) => {
      const namespaceId = request.headers.authorization?.split(' ')[0] ?? '';
      const key = placeOf(rule.cache, hot.keyOf(namespaceId, rule, '/map'));
      const value = await StoredAnswer.of('application/json', Buffer.from(LONG.replace('x', namespaceId)));
      kept.set(key, { value, storedAt: Date.now() - 5_500 });
      hot.remember(request, namespaceId, rule, '/map');
      return reply.header('X-Way', 'long').send('{}');
    },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  agent.destroy();
  await app.close();
});

interface Asked {
  method?: 'GET' | 'HEAD' | 'POST';
  url?: string;
  caller?: string;
  headers?: Record<string, string>;
}

interface Answer {
  statusCode: number | undefined;
  headers: IncomingHttpHeaders;
  rawPayload: Buffer;
  body: string;
}

async function ask({
  method = 'GET',
  url = '/map',
  caller = 'north risk:read',
  headers = {},
}: Asked = {}): Promise<Answer> {
  const { port } = app.server.address() as AddressInfo;
  const sent = send({
    port,
    method,
    path: url,
    agent,
    headers: { authorization: caller, 'accept-encoding': 'br', ...headers },
  }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const rawPayload = await buffer(response);
  return { statusCode: response.statusCode, headers: response.headers, rawPayload, body: rawPayload.toString() };
}

const way = async (asked?: Asked) => ((await ask(asked)).headers['x-cache'] === 'HIT' ? 'hot' : 'long');

describe('an address that was answered before', () => {
  beforeEach(() => ask());

  it('is answered from what is kept, with the budget, its age and all', async () => {
    const { statusCode, headers, rawPayload } = await ask();
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'x-cache': 'HIT',
      age: '5',
      ratelimit: 'one left',
      'content-encoding': 'br',
      'content-length': String(rawPayload.length),
      'x-request-id': expect.any(String) as string,
      'x-content-type-options': 'nosniff',
    });
    expect(headers).not.toHaveProperty('x-way');
    expect(ended).toMatchObject([
      {
        requestId: headers['x-request-id'],
        asked: { method: 'GET', route: '/map' },
        status: 200,
        cut: false,
        who: ',"token_id":"token of north","namespace":"north"',
      },
    ]);
    const unchanged = await ask({ headers: { 'if-none-match': String(headers['etag']) } });
    expect([unchanged.statusCode, unchanged.body]).toEqual([304, '']);
    const head = await ask({ method: 'HEAD' });
    expect([head.headers['content-length'], head.body]).toEqual([headers['content-length'], '']);
  });

  it.each<[string, Asked]>([
    ['without a token', { caller: '' }],
    ['without the scope of the route', { caller: 'north jobs' }],
    ['by another namespace', { caller: 'south risk:read' }],
    ['with another query', { url: '/map?horizon=48' }],
    ['in another format', { headers: { accept: 'text/csv' } }],
    ['in a coding that is not there yet', { headers: { 'accept-encoding': 'zstd' } }],
    ['by a page of another origin', { headers: { origin: 'https://example.org' } }],
    ['with a method that does not read', { method: 'POST' }],
  ])('takes the long way %s', async (_, asked) => expect(await way(asked)).toBe('long'));

  it('takes the long way when the budget is used up, so that the refusal is the same', async () => {
    door.budget = 1;
    expect([await way(), await way()]).toEqual(['hot', 'long']);
  });

  it('takes the long way inside of the process, where a transaction reads what it has changed itself', async () => {
    const { headers } = await app.inject({ url: '/map', headers: { authorization: 'north risk:read' } });
    expect(headers['x-way']).toBe('long');
  });

  it('keeps the caller’s own id of the request', async () => {
    expect((await ask({ headers: { 'x-request-id': 'mine-1' } })).headers['x-request-id']).toBe('mine-1');
    expect((await ask({ headers: { 'x-request-id': 'not mine' } })).headers['x-request-id']).toMatch(
      /^[\da-f]{24}-[\da-z]+$/,
    );
  });

  it('says of an answer that nobody waited for that it was cut off', async () => {
    const { port } = app.server.address() as AddressInfo;
    const value = await StoredAnswer.of('text/plain', randomBytes(16 << 20));
    for (const key of kept.keys()) kept.set(key, { value, storedAt: Date.now() });
    const sent = send({ port, path: '/map', headers: { authorization: 'north risk:read', 'accept-encoding': 'br' } });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.destroy();
    await vi.waitFor(() =>
      expect(ended).toMatchObject([{ cut: true, who: expect.stringContaining('north') as string }]),
    );
  });

  it('takes the long way while the server closes, which ends the connection', async () => {
    let seen: string | undefined;
    whileClosing = async () => void (seen = await way());
    expect(await way()).toBe('hot');
    await app.close();
    expect(seen).toBe('long');
  });

  it('takes the long way when what it shows is of another version by now', async () => {
    expect(await way()).toBe('hot');
    version = 2;
    expect([await way(), await way()]).toEqual(['long', 'hot']);
  });

  it('never shows one namespace what is kept for another', async () => {
    await ask({ caller: 'south risk:read' });
    for (const namespace of ['north', 'south']) {
      const { headers, body } = await ask({ caller: `${namespace} risk:read`, headers: { 'accept-encoding': '' } });
      // Not there uncompressed: the long way says whose it is.
      expect(headers['x-way']).toBe('long');
      expect(body).toBe('{}');
    }
    const tags = await Promise.all(['north', 'south'].map((name) => ask({ caller: `${name} risk:read` })));
    expect(tags.map(({ headers }) => headers['x-cache'])).toEqual(['HIT', 'HIT']);
    expect(tags[0]?.headers['etag']).not.toBe(tags[1]?.headers['etag']);
  });
});

describe('what a namespace was last asked for', () => {
  it('is known by its addresses, the latest first, at most eight', async () => {
    hot.expect({ url: '/first', accept: '', rule });
    expect(hot.lately('north').map(({ url }) => url)).toEqual(['/first']);
    for (let i = 0; i < 10; i++) await ask({ url: `/map?n=${i}` });
    const urls = hot.lately('north').map(({ url }) => url);
    expect(urls).toEqual([9, 8, 7, 6, 5, 4, 3, 2].map((n) => `/map?n=${n}`));
    expect(hot.lately('south').map(({ url }) => url)).toEqual(['/first']);
  });

  it('is not what the platform asked for itself', async () => {
    await asInProcess({ namespaceId: 'north', scopes: [] }, async () => {
      await app.inject({ url: '/map', headers: { authorization: 'north risk:read' } });
    });
    expect(hot.lately('north')).toEqual([]);
    expect(await way()).toBe('hot');
  });
});
