import Fastify, { type FastifyInstance } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cache, CacheHit } from '../cache/cache.js';
import type { Postgres } from '../postgres/postgres.service.js';
import { AnswerVersions } from './answer-versions.js';
import { answerCache, type CachedRule } from './cached.js';
import { FrontDoor, type KnownCaller } from './front-door.js';
import { HotPath, hotCallerOf } from './hot-path.js';
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
  take(): Record<string, string> | undefined {
    return this.budget-- > 0 ? { RateLimit: 'one left' } : undefined;
  }
}

let door: Door;
let hot: HotPath;
let kept: Map<string, CacheHit<StoredAnswer>>;
let version: number;
let inTransaction: boolean;
let app: FastifyInstance;
/** Who was seen when the answer was out. */
let callers: (string | undefined)[];

beforeEach(() => {
  door = new Door();
  kept = new Map();
  version = 1;
  inTransaction = false;
  callers = [];
  const versions = new AnswerVersions();
  versions.register('surface', () => String(version));
  const peek = (_: unknown, key: string) => kept.get(key);
  hot = new HotPath({ peek } as unknown as Cache, door, versions, {
    get inTransaction() {
      return inTransaction;
    },
  } as Postgres);
  app = Fastify();
  app.addHook('onRequest', (request, reply, done) => {
    if (!hot.answer(request, reply)) done();
  });
  app.addHook('onResponse', (request, _reply, done) => {
    callers.push(hotCallerOf(request)?.namespaceId);
    done();
  });
  // The long way, which keeps what it answers with.
  app.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/map',
    handler: async (request, reply) => {
      const namespaceId = request.headers.authorization?.split(' ')[0] ?? '';
      const key = hot.keyOf(namespaceId, rule, '/map');
      const value = await StoredAnswer.of('application/json', Buffer.from(LONG.replace('x', namespaceId)));
      kept.set(key, { value, storedAt: Date.now() - 5_500 });
      hot.remember(request, namespaceId, rule, '/map');
      return reply.header('X-Way', 'long').send('{}');
    },
  });
});
afterEach(() => app.close());

interface Asked {
  method?: 'GET' | 'HEAD' | 'POST';
  url?: string;
  caller?: string;
  headers?: Record<string, string>;
}
const ask = ({ method = 'GET', url = '/map', caller = 'north risk:read', headers = {} }: Asked = {}) =>
  app.inject({ method, url, headers: { authorization: caller, 'accept-encoding': 'br', ...headers } });
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
    expect(callers).toEqual([undefined, 'north']);
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

  it('takes the long way inside of a transaction, which reads what it has changed itself', async () => {
    inTransaction = true;
    expect(await way()).toBe('long');
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
    await asInProcess({ namespaceId: 'north', scopes: [] }, async () => void (await ask()));
    expect(hot.lately('north')).toEqual([]);
    expect(await way()).toBe('hot');
  });
});
