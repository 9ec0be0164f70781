import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cellToBoundary, cellToLatLng } from 'h3-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Event,
  type EventTypeSummary,
  type Model,
  type Namespace,
  type Paged,
  type RiskMap,
  riskMap,
  type RiskMapGeoJson,
  riskMapGeoJson,
  type TokenSelf,
} from '#contracts';
import { cityTruth } from '#forecast';
import { freePort, startServer, type TestServer } from '#testing';
import { type Answer, Client, expectProblem, strisk, until } from './platform.js';
import { toCsv, TOWN_TYPE, type TownEvent, townEvents } from './town.js';

/** As `npm start` gives it to whoever has set nothing. */
const DEMO = { STRISK_DEMO: 'on', LOG_LEVEL: 'warn' };
/** A start may take this long here, where other programs run beside it; how long it takes alone is the bench's matter. */
const READY_MS = 15_000;

let dataDir: string;
let server: TestServer;
/** What the administrator finds where the platform said to look. */
let admin: Client;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'strisk-newcomer-'));
  server = await startServer('apps/all-in-one/main', DEMO, { dataDir });
});

afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** What follows a label in what the platform says to whoever started it. */
const said = (label: string): string => {
  const found = new RegExp(`${label}\\s+(.*)`).exec(server.stdout)?.[1]?.trim();
  if (found === undefined) throw new Error(`It did not say "${label}": ${server.stdout}`);
  return found;
};

describe('the first start', () => {
  let viewer: Client;

  it('tells where it is, how to look at the demo, and where the way in lies', async () => {
    expect(said('ST Risk Platform is ready at')).toBe(server.url);
    const link = new URL(said('The demo city:'));
    expect(link.origin).toBe(server.url);
    const token = new URLSearchParams(link.hash.slice(1)).get('token');
    expect(token).toMatch(/^strisk_[\w-]{43}$/);
    viewer = new Client(server, token);
    const path = said('Administrator:').replace('the token in ', '');
    expect(path).toBe(join(dataDir, 'admin-token'));
    for (const file of ['admin-token', 'demo-token', 'postgres/password'])
      expect((await stat(join(dataDir, file))).mode & 0o777, file).toBe(0o600);
    admin = new Client(server, (await readFile(path, 'utf8')).trim());
    expect((await admin.get<TokenSelf>('/tokens/self')).scopes).toEqual(['admin']);
    // What a person reads shows no secret but the demo's, which is meant to be clicked.
    expect(server.stdout).not.toContain(admin.token);
  });

  it('lets the link look and work at the demo, and do nothing else', async () => {
    const self = await viewer.get<TokenSelf>('/tokens/self');
    expect(self.namespace.namespace_id).toBe('demo');
    expect(self.scopes.toSorted()).toEqual(['risk:read', 'risk:write']);
    expectProblem(await viewer.ask('POST', '/events', { json: { events: [] } }), 403, 'SCOPE_MISSING');
    expectProblem(await viewer.as(viewer.token, 'default').ask('GET', '/risk-map'), 403, 'NAMESPACE_FORBIDDEN');
  });

  it('serves the map of the demo city: its cells, its year of events, its model', async () => {
    const map = await until('the demo map', 120_000, async () => {
      const answer = await viewer.ask('GET', '/risk-map');
      if (answer.status !== 200) expectProblem(answer, 404, 'SURFACE_NOT_READY');
      return answer.status === 200 ? riskMap.parse(JSON.parse(answer.text)) : undefined;
    });
    await until('the word of it', 10_000, () =>
      Promise.resolve(server.stdout.includes(`The demo city's risk map is served.`) ? true : undefined),
    );
    const [type] = (await viewer.get<{ data: EventTypeSummary[] }>('/event-types')).data;
    expect(type?.event_type).toBe('incident');
    expect(type?.events).toBeGreaterThanOrEqual(50_000);
    // The last twelve months up to now: the city lives on.
    expect(Date.now() - Date.parse(type?.first ?? '')).toBeGreaterThan(364 * 86_400_000);
    expect(Date.now() - Date.parse(type?.last ?? '')).toBeLessThan(2 * 3_600_000);

    // The city that was simulated is known, so what the map says can be held against it.
    const { region, background, branchingRatio } = cityTruth();
    const shown = new Map(map.cells.map((cell) => [cell.cell, cell]));
    const missing = region.cells.filter((cell) => !shown.has(cell));
    expect(missing.length / region.size).toBeLessThan(0.05);
    const total = map.cells.reduce((sum, { expected_count }) => sum + expected_count, 0);
    expect(total).toBeGreaterThan(80);
    expect(total).toBeLessThan(320);
    const pairs = region.cells.flatMap((cell, i) => {
      const found = shown.get(cell);
      return found === undefined ? [] : [[background[i] ?? 0, found.expected_count] as const];
    });
    expect(correlation(pairs)).toBeGreaterThan(0.85);
    const card = await viewer.get<Model>(`/models/${map.model_version}`);
    expect(card.status).toBe('active');
    expect(Math.abs(card.branching_ratio - branchingRatio)).toBeLessThan(0.12);
    expect(card.scores?.forecasters.length).toBeGreaterThan(3);
  });

  it('shows the console at the address', async () => {
    const page = await new Client(server, null).ask('GET', '//');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });
});

describe('a file of their own', () => {
  let events: TownEvent[];
  let town: Client;
  let file: string;
  const asAdmin = () => ({ STRISK_TOKEN: admin.token ?? '' });

  beforeAll(async () => {
    events = townEvents(19);
    file = join(dataDir, 'town.csv');
    // As files are: one row is beyond repair, and it must cost nothing but itself.
    await writeFile(file, `${toCsv(events)}broken,2026-01-01T00:00:00Z,991,0,5,${TOWN_TYPE}\n`);
    town = new Client(server, admin.token, 'town');
  });

  it('is imported by the CLI into a namespace that it makes', async () => {
    const args = ['import', file, '--namespace', 'town', '--create-namespace', '--resolution', '8', '--json'];
    const { code, out, err } = await strisk(server, args, asAdmin());
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      namespace: 'town',
      rows: events.length + 1,
      accepted: events.length,
      duplicates: 0,
      rejected: 1,
      rejected_by_code: { EVENT_LAT_OUT_OF_RANGE: 1 },
    });
    expect((await town.get<{ data: EventTypeSummary[] }>('/event-types')).data[0]?.events).toBe(events.length);
    expect((await town.get<Namespace>('/namespaces/town')).h3_resolution).toBe(8);
  });

  it('changes nothing when it is imported again', async () => {
    const { code, out } = await strisk(server, ['import', file, '--namespace', 'town', '--json'], asAdmin());
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ accepted: 0, duplicates: events.length, rejected: 1 });
    expect((await town.get<{ data: EventTypeSummary[] }>('/event-types')).data[0]?.events).toBe(events.length);
  });

  it('becomes a model and a map', async () => {
    const { code, out, err } = await strisk(server, ['train', '--namespace', 'town', '--force', '--json'], asAdmin());
    expect(code, err).toBe(0);
    const { model } = JSON.parse(out) as { model: Model };
    expect(model).toMatchObject({ event_type: TOWN_TYPE, status: 'active', events: events.length });
    const map = await until('the map', 30_000, () => mapNow(town));
    expect(riskMap.parse(map)).toMatchObject({ model_version: model.model_version, resolution: 8, horizon_hours: 24 });
    expect(map.cells.length).toBe(map.cell_count);
    // Nineteen days of some 157 events a day: the next one cannot be far from that.
    const total = map.cells.reduce((sum, { expected_count }) => sum + expected_count, 0);
    expect(total).toBeGreaterThan(60);
    expect(total).toBeLessThan(400);
    for (const { p_event, expected_count, q05, q50, q95, risk_score } of map.cells) {
      expect(p_event).toBeGreaterThan(0);
      expect(p_event).toBeLessThan(1);
      // At least one event cannot be likelier than their expected number.
      expect(p_event).toBeLessThanOrEqual(expected_count);
      expect(q05 <= q50 && q50 <= q95 && risk_score >= 0 && risk_score <= 100).toBe(true);
    }
  });

  it('becomes GeoJSON that a map program reads: closed rings, longitude first, counter-clockwise', async () => {
    const answer = await town.ask('GET', '/risk-map?format=geojson');
    expect(answer.headers.get('content-type')).toContain('application/geo+json');
    const geo: RiskMapGeoJson = riskMapGeoJson.parse(JSON.parse(answer.text));
    const plain = await town.get<RiskMap>('/risk-map');
    expect(geo.features.map(({ properties }) => properties)).toEqual(plain.cells);
    expect(geo.type).toBe('FeatureCollection');
    for (const { id, geometry, properties } of geo.features) {
      expect(id).toBe(properties.cell);
      expect(geometry.type).toBe('Polygon');
      const [ring = [], ...holes] = geometry.coordinates as [number, number][][];
      expect(holes).toEqual([]);
      expect(ring.at(-1)).toEqual(ring[0]);
      expect(ring.length).toBe(7);
      const [lat, lon] = cellToLatLng(id);
      const corners = cellToBoundary(id);
      for (const [x, y] of ring) {
        // Chicago: a latitude in the place of a longitude would lie in another hemisphere.
        expect(Math.abs(x - lon)).toBeLessThan(0.02);
        expect(Math.abs(y - lat)).toBeLessThan(0.02);
        expect(corners.some(([cy, cx]) => Math.abs(cx - x) < 1e-4 && Math.abs(cy - y) < 1e-4)).toBe(true);
      }
      expect(signedArea(ring)).toBeGreaterThan(0);
    }
    const byAccept = await town.ask('GET', '/risk-map', { headers: { accept: 'application/geo+json' } });
    expect(byAccept.text).toBe(answer.text);
  });

  it('comes out again as it went in', async () => {
    const { code, err } = await strisk(
      server,
      ['export', 'events', '--namespace', 'town', '--output', join(dataDir, 'out.ndjson')],
      asAdmin(),
    );
    expect(code, err).toBe(0);
    const lines = (await readFile(join(dataDir, 'out.ndjson'), 'utf8')).trimEnd().split('\n');
    const out = lines.map((line) => JSON.parse(line) as Event);
    const essence = (event: TownEvent | Event) =>
      [event.event_id, Date.parse(event.timestamp), event.lat, event.lon, event.amount].join();
    expect(out.map(essence).toSorted()).toEqual(events.map(essence).toSorted());
  });
});

it('a restart keeps everything, and the map is there before anything is computed', async () => {
  const clients = [new Client(server, admin.token, 'town'), new Client(server, admin.token, 'demo')] as const;
  const look = async (client: Client) => ({
    models: await client.get<Paged<Model>>('/models'),
    types: (await client.get<{ data: EventTypeSummary[] }>('/event-types')).data,
    newest: await client.get<Paged<Event>>('/events?limit=5&to=2026-01-01T00:00:00Z'),
    tokens: await client.get('/tokens'),
  });
  const townBefore = await look(clients[0]);
  const demoBefore = await look(clients[1]);
  const mapBefore = await clients[0].ask('GET', '/risk-map');

  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const port = await freePort();
  const restarted = new Client({ url: `http://127.0.0.1:${port}` }, admin.token, 'town');
  const started = performance.now();
  const starting = startServer('apps/all-in-one/main', DEMO, { dataDir, port });
  // The very first answer it gives to anyone.
  const first = await until<Answer>('any answer', READY_MS, () =>
    restarted.ask('GET', '/risk-map').catch(() => undefined),
  );
  server = await starting;
  expect(performance.now() - started).toBeLessThan(READY_MS);
  expect(first.status, first.text.slice(0, 300)).toBe(200);
  // Issued before the stop: it was read from the store and not made anew.
  expect(first.text).toBe(mapBefore.text);

  expect(await look(restarted)).toEqual(townBefore);
  const demoAfter = await look(new Client(server, admin.token, 'demo'));
  expect(demoAfter.models).toEqual(demoBefore.models);
  expect(demoAfter.types[0]?.first).toBe(demoBefore.types[0]?.first);
  // The city has lived on, and was not made a second time.
  const more = (demoAfter.types[0]?.events ?? 0) - (demoBefore.types[0]?.events ?? 0);
  expect(more).toBeGreaterThanOrEqual(0);
  expect(more).toBeLessThan(100);
  // The same ways in.
  expect(said('Administrator:')).toContain(join(dataDir, 'admin-token'));
});

it('with STRISK_DEMO=off there is an empty platform', async () => {
  const empty = await startServer('apps/all-in-one/main', { STRISK_DEMO: 'off' });
  try {
    expect(empty.stdout).not.toContain('demo');
    const secret = (await readFile(join(empty.dataDir, 'admin-token'), 'utf8')).trim();
    const client = new Client(empty, secret);
    const namespaces = await client.get<Paged<Namespace>>('/namespaces');
    expect(namespaces.data.map(({ namespace_id }) => namespace_id)).toEqual(['default']);
    expect((await client.get<{ data: unknown[] }>('/event-types')).data).toEqual([]);
    expect((await client.get<Paged<unknown>>('/jobs')).data).toEqual([]);
    expectProblem(await client.ask('GET', '/risk-map'), 404, 'SURFACE_NOT_READY');
    expectProblem(await client.as(secret, 'demo').ask('GET', '/risk-map'), 404, 'NAMESPACE_NOT_FOUND');
  } finally {
    expect(await empty.stop()).toEqual({ code: 0, signal: null });
  }
});

async function mapNow(client: Client): Promise<RiskMap | undefined> {
  const answer = await client.ask('GET', '/risk-map');
  return answer.status === 200 ? (JSON.parse(answer.text) as RiskMap) : undefined;
}

/** Twice the area of a ring, positive where it runs counter-clockwise. */
function signedArea(ring: readonly [number, number][]): number {
  return ring.slice(1).reduce((sum, [x, y], i) => sum + ((ring[i]?.[0] ?? 0) * y - x * (ring[i]?.[1] ?? 0)), 0);
}

/** Pearson's correlation of logarithms. */
function correlation(pairs: readonly (readonly [number, number])[]): number {
  const logs = pairs.map(([a, b]) => [Math.log(a), Math.log(b)] as const);
  const mean = (at: 0 | 1) => logs.reduce((sum, pair) => sum + pair[at], 0) / logs.length;
  const [meanA, meanB] = [mean(0), mean(1)];
  const moment = (of: (a: number, b: number) => number) =>
    logs.reduce((sum, [a, b]) => sum + of(a - meanA, b - meanB), 0);
  return moment((a, b) => a * b) / Math.sqrt(moment((a) => a * a) * moment((_, b) => b * b));
}
