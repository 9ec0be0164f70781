import { describe, expect, it, vi } from 'vitest';
import { Api } from './api.js';
import type { ApiError } from './api-error.js';

interface Seen {
  url: string;
  method: string;
  headers: Headers;
  body: string;
}

const ORIGIN = 'https://console.test';
vi.stubGlobal('location', { origin: ORIGIN });

/** An Api whose answers are given, and the requests it made. */
function api(answers: (() => Response | Promise<Response>)[], namespace: string | null = null) {
  const seen: Seen[] = [];
  const signedOut: ApiError[] = [];
  const made = new Api(
    { token: 'secret', namespace },
    (error) => signedOut.push(error),
    async (request) => {
      const { url, method, headers } = request;
      seen.push({ url: url.replace(ORIGIN, ''), method, headers, body: await request.text() });
      const answer = answers.shift();
      if (answer === undefined) throw new Error('no answer left');
      return answer();
    },
  );
  return { made, seen, signedOut };
}

const json =
  (body: unknown, init: ResponseInit = {}) =>
  () =>
    new Response(JSON.stringify(body), init);
const header = ({ headers }: Seen, name: string) => headers.get(name);

const cell = {
  cell: '872b9bc71ffffff',
  p_event: 0.13,
  expected_count: 0.14,
  q05: 0,
  q50: 0,
  q95: 1,
  expected_loss: 4,
  risk_score: 87,
  level: 'HIGH',
};
const map = {
  model_version: 'fire-3',
  event_type: 'fire',
  issued_at: '2026-01-01T00:00:00Z',
  valid_from: '2026-01-01T00:00:00Z',
  valid_to: '2026-01-02T00:00:00Z',
  data_until: '2026-01-01T00:00:00Z',
  horizon_hours: 24,
  resolution: 7,
  cell_count: 1,
  cells: [cell],
};
const risk = {
  risk_id: 'rsk_1',
  timestamp: '2026-01-01T00:00:00Z',
  status: 'acknowledged',
  level: 'HIGH',
  cell: { id: cell.cell, center: { lat: 1, lon: 2 } },
  target_id: null,
  event_type: 'fire',
  p_event: 0.2,
  expected_count: 0.2,
  horizon_hours: 24,
  model_version: 'fire-3',
  acknowledged_by: 'x',
  comment: null,
  updated_at: '2026-01-01T00:00:00Z',
  version: 4,
};

describe('Api', () => {
  it('sends the token, and the namespace only where there is one to name', async () => {
    const plain = api([json({ data: [] })]);
    await plain.made.eventTypes();
    expect(plain.seen[0]?.url).toBe('/api/v1/event-types');
    expect(header(plain.seen[0] as Seen, 'authorization')).toBe('Bearer secret');
    expect(header(plain.seen[0] as Seen, 'x-namespace')).toBeNull();
    const admin = api([json({ data: [] })], 'demo');
    await admin.made.eventTypes();
    expect(header(admin.seen[0] as Seen, 'x-namespace')).toBe('demo');
  });

  it('asks with the tag it has, and gives the very surface back where that still holds', async () => {
    const { made, seen } = api([
      json(map, { headers: { etag: '"v1"' } }),
      () => new Response(null, { status: 304, headers: { etag: '"v1"' } }),
    ]);
    const first = await made.riskMap({ horizon: 24, eventType: 'a fire' });
    expect(first).toMatchObject({ etag: '"v1"', value: { cell_count: 1 } });
    expect(seen[0]?.url).toBe('/api/v1/risk-map?horizon=24&event_type=a%20fire&format=json');
    expect(header(seen[0] as Seen, 'if-none-match')).toBeNull();
    expect(await made.riskMap({ horizon: 24, eventType: 'a fire' }, first)).toBe(first);
    expect(header(seen[1] as Seen, 'if-none-match')).toBe('"v1"');
  });

  it('takes note of a risk only as it was read', async () => {
    const { made, seen } = api([json(risk)]);
    await made.acknowledge({ risk_id: 'rsk_1', version: 3 });
    expect(seen[0]).toMatchObject({
      url: '/api/v1/risks/rsk_1',
      method: 'PATCH',
      body: '{"status":"acknowledged"}',
    });
    expect(header(seen[0] as Seen, 'if-match')).toBe('"3"');
  });

  it('reads namespaces page by page', async () => {
    const one = (id: string, next_cursor: string | null) => {
      const levels = { MODERATE: 0.1, HIGH: 0.2, CRITICAL: 0.3 };
      const rest = { h3_resolution: 7, time_zone: 'UTC', levels, amount_kind: 'none', created_at: '', version: 1 };
      const page = { limit: 1000, next_cursor, has_more: next_cursor !== null };
      return json({ data: [{ namespace_id: id, name: id, ...rest }], page });
    };
    const { made, seen } = api([one('a', 'next'), one('b', null)]);
    expect((await made.namespaces()).map((each) => each.namespace_id)).toEqual(['a', 'b']);
    expect(seen[1]?.url).toBe('/api/v1/namespaces?limit=1000&cursor=next');
  });

  it('refuses an answer of another form, and says where', async () => {
    const { made } = api([json({ ...map, cells: [{ ...cell, p_event: 'high' }] })]);
    await expect(made.riskMap({ horizon: 24, eventType: 'fire' })).rejects.toMatchObject({
      code: 'ANSWER_UNEXPECTED',
      message: expect.stringContaining('cells.0.p_event') as string,
    });
  });

  it('refuses an answer that is no JSON', async () => {
    const { made } = api([() => new Response('<html>')]);
    await expect(made.eventTypes()).rejects.toMatchObject({ code: 'ANSWER_UNEXPECTED' });
  });

  it('reports a 401, once', async () => {
    const body = { code: 'TOKEN_REVOKED', title: 't', status: 401, detail: 'd', request_id: 'r' };
    const { made, signedOut } = api([json(body, { status: 401 })]);
    await expect(made.eventTypes()).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(signedOut.map((error) => error.code)).toEqual(['TOKEN_REVOKED']);
  });

  it('rejects with the reason of the signal where it was called off', async () => {
    const controller = new AbortController();
    const { made, signedOut } = api([
      () => {
        controller.abort();
        throw new DOMException('called off', 'AbortError');
      },
    ]);
    await expect(made.eventTypes(controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(signedOut).toEqual([]);
  });

  it('goes by the clock of the server', async () => {
    const ahead = new Date(Date.now() + 3_600_000).toUTCString();
    const { made } = api([json({ data: [] }, { headers: { date: ahead } })]);
    await made.eventTypes();
    expect(Math.abs(made.now() - Date.parse(ahead))).toBeLessThan(2_000);
  });
});
