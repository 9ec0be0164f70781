import { describe, expect, it } from 'vitest';
import { ApiProblem, RiskClient } from './index.js';

const QUICK = { attempts: 3, firstDelayMs: 1, longestDelayMs: 2, whenUnreachable: true };

/** A client whose answers are given, and the requests it made. */
function client(answers: (() => Response | Promise<Response>)[]) {
  const seen: { url: string; method: string; headers: Headers; body: string }[] = [];
  const made = new RiskClient({
    url: 'https://risk.example.org',
    token: 'secret',
    namespace: 'toronto',
    defaults: { patience: QUICK },
    fetch: async (request) => {
      const { url, method, headers } = request;
      seen.push({ url: url.replace('https://risk.example.org', ''), method, headers, body: await request.text() });
      const answer = answers.shift();
      if (!answer) throw new Error('no answer left');
      return answer();
    },
  });
  return { made, seen };
}

const json =
  (body: unknown, init: ResponseInit = {}) =>
  () =>
    new Response(JSON.stringify(body), init);
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(
    { type: '', title: 'T', status, detail: 'D', instance: '/', code, request_id: 'r-1', errors: [] },
    { status, headers },
  );
const away = () => {
  throw new TypeError('fetch failed');
};

describe('RiskClient', () => {
  it('fills in path and query, and says who asks for which namespace', async () => {
    const { made, seen } = client([json({ risk_id: 'rsk_1' })]);
    const path = { risk_id: 'rsk/1' };
    const risk = await made.get('/api/v1/risks/{risk_id}', { params: { path, query: { fields: 'risk_id' } } });
    expect(risk.risk_id).toBe('rsk_1');
    expect(seen[0]?.url).toBe('/api/v1/risks/rsk%2F1?fields=risk_id');
    expect(seen[0]?.headers.get('authorization')).toBe('Bearer secret');
    expect(seen[0]?.headers.get('x-namespace')).toBe('toronto');
    expect(seen[0]?.headers.has('idempotency-key')).toBe(false);
  });

  it('waits as the server asks, and sends one idempotency key with all attempts of a POST', async () => {
    const { made, seen } = client([
      problem(503, 'OVERLOADED', { 'retry-after': '0' }),
      problem(429, 'RATE_LIMITED', { 'retry-after': '0' }),
      json({ job_id: 'j' }, { status: 202 }),
    ]);
    const told: number[] = [];
    const job = await made.post('/api/v1/jobs', {
      body: { type: 'model.train' },
      onRetry: (_failure, waitMs) => told.push(waitMs),
    });
    expect(job.job_id).toBe('j');
    expect(told).toEqual([0, 0]);
    expect(seen.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => '{"type":"model.train"}'));
    expect(new Set(seen.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1);
    expect(seen[0]?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('throws the problem with its code, and does not ask again for what will not change', async () => {
    const { made, seen } = client([problem(404, 'NOT_FOUND')]);
    const failure = await made
      .get('/api/v1/jobs/{job_id}', { params: { path: { job_id: 'x' } } })
      .catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(ApiProblem);
    expect(failure).toMatchObject({ status: 404, code: 'NOT_FOUND', requestId: 'r-1', message: 'T: D (NOT_FOUND)' });
    expect(seen).toHaveLength(1);
  });

  it('takes what a proxy says in its own words for an error without a code', async () => {
    const { made } = client([() => new Response('<html>', { status: 500 })]);
    await expect(made.get('/api/v1/tokens/self')).rejects.toMatchObject({ status: 500, code: null, text: '<html>' });
  });

  it('gives up after its patience, with the last failure', async () => {
    const { made, seen } = client([problem(503, 'UNAVAILABLE'), away, problem(503, 'UNAVAILABLE')]);
    await expect(made.get('/api/v1/tokens/self')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(seen).toHaveLength(3);
  });

  it('does not repeat a change that may have been made', async () => {
    const change = { params: { path: { risk_id: 'rsk_1' } }, body: { status: 'resolved' as const } };
    const first = client([away]);
    await expect(first.made.patch('/api/v1/risks/{risk_id}', change)).rejects.toThrow('fetch failed');
    expect(first.seen).toHaveLength(1);
    const second = client([away, json({ risk_id: 'rsk_1' })]);
    await second.made.patch('/api/v1/risks/{risk_id}', { ...change, headers: { 'If-Match': '"3"' } });
    expect(second.seen).toHaveLength(2);
  });

  it('reads a list to its end, and no further than it is read', async () => {
    const page = (ids: string[], next_cursor: string | null) =>
      json({
        data: ids.map((risk_id) => ({ risk_id })),
        page: { limit: 1000, next_cursor, has_more: next_cursor !== null },
      });
    const { made, seen } = client([page(['a', 'b'], 'next'), page(['c'], null), page(['a'], 'next')]);
    const ids: string[] = [];
    for await (const risk of made.items('/api/v1/risks', { params: { query: { status: 'open' } } }))
      ids.push(risk.risk_id);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(seen.map(({ url }) => url)).toEqual([
      '/api/v1/risks?limit=1000&status=open',
      '/api/v1/risks?limit=1000&status=open&cursor=next',
    ]);
    for await (const risk of made.items('/api/v1/risks')) if (risk.risk_id === 'a') break;
    expect(seen).toHaveLength(3);
  });

  it('hands over 304 and 204 without a body', async () => {
    const { made } = client([() => new Response(null, { status: 304 }), () => new Response(null, { status: 204 })]);
    const answer = await made.answer('get', '/api/v1/tokens/self', { headers: { 'If-None-Match': '"1"' } });
    expect(answer).toMatchObject({ data: undefined, response: { status: 304 } });
    await made.delete('/api/v1/tokens/{token_id}', { params: { path: { token_id: 'x' } } });
  });

  it('stops when it is called off, also while it waits', async () => {
    const stop = new AbortController();
    const { made, seen } = client([problem(503, 'UNAVAILABLE', { 'retry-after': '30' })]);
    const call = made.get('/api/v1/tokens/self', {
      signal: stop.signal,
      onRetry: () => setTimeout(() => stop.abort(new Error('enough'))),
    });
    await expect(call).rejects.toThrow('enough');
    expect(seen).toHaveLength(1);
  });

  it('waits no longer than it is told to', async () => {
    const made = new RiskClient({
      url: 'https://risk.example.org',
      fetch: (request) =>
        new Promise((_resolve, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
        }),
    });
    const patience = { ...QUICK, attempts: 1 };
    await expect(made.get('/api/v1/tokens/self', { timeoutMs: 5, patience })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});
