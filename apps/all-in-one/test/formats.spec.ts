import { get } from 'node:http';
import { VectorTile } from '@mapbox/vector-tile';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { PbfReader } from 'pbf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event, IngestAnswer, RiskMap, TileJson } from '#contracts';
import { worldX, worldY } from '#geo';
import { startServer, type TestServer } from '#testing';
import { ADMIN, Client, ENV, expectProblem } from './platform.js';
import { createTown, sendBulk, toNdjson, townEvents, train } from './town.js';

let server: TestServer;
let town: Client;
let map: RiskMap;
const events = townEvents(19);

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  const admin = new Client(server);
  await createTown(admin, 'town');
  town = admin.as(ADMIN, 'town');
  await sendBulk(town, toNdjson(events));
  map = await train(town);
});
afterAll(() => server.stop());

async function bytesOf(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${ADMIN}`, 'x-namespace': 'town', ...headers },
  });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}
const buffer = (bytes: Buffer) => new Uint8Array(bytes).buffer;

describe('exports', () => {
  it('of all events are the same in every format, by the address or by Accept', async () => {
    const ndjson = await bytesOf('/events?format=ndjson');
    expect(ndjson.response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(ndjson.response.headers.get('vary')).toMatch(/\bAccept\b/);
    const lines = ndjson.bytes.toString().trimEnd().split('\n');
    const sent = lines.map((line) => JSON.parse(line) as Event);
    expect(sent).toHaveLength(events.length);

    const parquet = await bytesOf('/events', { accept: 'application/vnd.apache.parquet' });
    expect(parquet.response.headers.get('content-disposition')).toBe('attachment; filename="events.parquet"');
    const rows = await parquetReadObjects({ file: buffer(parquet.bytes) });
    expect(rows.map((row) => ({ ...row, timestamp: (row['timestamp'] as Date).toISOString() }))).toEqual(sent);

    const arrow = await bytesOf('/events?format=arrow&fields=event_id,lat');
    expect(tableFromIPC(arrow.bytes).schema.fields.map(({ name }) => name)).toEqual(['event_id', 'lat']);
    expect(tableFromIPC(arrow.bytes).getChild('event_id')?.toArray()).toEqual(sent.map(({ event_id }) => event_id));
  });

  it('may be sent to another namespace as they are', async () => {
    await createTown(new Client(server), 'copy');
    const { bytes } = await bytesOf('/events?format=parquet');
    const answer = await town.as(ADMIN, 'copy').ask('POST', '/events/bulk', {
      body: new Uint8Array(bytes),
      headers: { 'content-type': 'application/vnd.apache.parquet' },
    });
    expect(answer.status, answer.text).toBe(201);
    expect(JSON.parse(answer.text) as IngestAnswer).toMatchObject({ accepted: events.length, rejected_total: 0 });
    const again = await town.as(ADMIN, 'copy').ask('POST', '/events/bulk', {
      body: new Uint8Array(bytes),
      headers: { 'content-type': 'application/vnd.apache.parquet' },
    });
    expect(JSON.parse(again.text) as IngestAnswer).toMatchObject({ accepted: 0, duplicates: events.length });
  });

  it('of lists hold every row and not a page', async () => {
    for (const path of ['/risks', '/features/snapshot']) {
      const csv = (await bytesOf(`${path}?format=csv&limit=2`)).bytes.toString().trimEnd().split('\r\n');
      const ndjson = (await bytesOf(`${path}?format=ndjson&limit=2`)).bytes.toString().trimEnd().split('\n');
      expect(ndjson.length).toBeGreaterThan(2);
      expect(csv).toHaveLength(ndjson.length + 1);
    }
  });

  it('are refused in words that help', async () => {
    const unknown = await town.ask('GET', '/risk-map?format=xlsx');
    const problem = expectProblem(unknown, 400, 'REQUEST_INVALID', 'format');
    expect(JSON.stringify(problem.errors)).toContain('json, geojson, ndjson, csv, parquet, arrow');
    expectProblem(await town.ask('GET', '/events', { headers: { accept: 'image/png' } }), 406, 'NOT_ACCEPTABLE');
    const garbage = await town.ask('POST', '/events/bulk', {
      body: 'PAR1 no parquet PAR1',
      headers: { 'content-type': 'application/vnd.apache.parquet' },
    });
    expectProblem(garbage, 400, 'BULK_FILE_INVALID');
  });

  it('end when the client leaves, and the platform goes on', async () => {
    const headers = { authorization: `Bearer ${ADMIN}`, 'x-namespace': 'town' };
    for (let i = 0; i < 20; i++)
      await new Promise<void>((done) => {
        const request = get(`${server.url}/api/v1/events?format=ndjson`, { headers }, (answer) => {
          answer.once('data', () => {
            answer.destroy();
            done();
          });
        });
        request.on('error', () => done());
      });
    expect((await town.ask('GET', '/events?limit=1')).status).toBe(200);
  });
});

describe('vector tiles', () => {
  it('are found by their TileJSON and show the map, cell by cell', async () => {
    const { bytes, response } = await bytesOf('/risk-map/tiles.json?horizon=24&min_level=MODERATE');
    expect(response.headers.get('content-type')).toContain('application/json');
    const json = JSON.parse(bytes.toString()) as TileJson;
    const [address = ''] = json.tiles;
    expect(address).toBe(`${server.url}/api/v1/risk-map/{z}/{x}/{y}.mvt?horizon=24&min_level=MODERATE`);
    const [west, south, east, north] = json.bounds;
    const z = json.maxzoom;
    const range = (from: number, to: number) =>
      Array.from({ length: Math.floor(to) - Math.floor(from) + 1 }, (_, i) => Math.floor(from) + i);
    const seen = new Map<string, unknown>();
    for (const x of range(worldX(west) * 2 ** z, worldX(east) * 2 ** z))
      for (const y of range(worldY(north) * 2 ** z, worldY(south) * 2 ** z)) {
        const path = address
          .slice(`${server.url}/api/v1`.length)
          .replace('{z}', String(z))
          .replace('{x}', String(x))
          .replace('{y}', String(y));
        const tile = await bytesOf(path);
        expect(tile.response.status).toBe(200);
        expect(tile.response.headers.get('content-type')).toBe('application/vnd.mapbox-vector-tile');
        const layer = new VectorTile(new PbfReader(tile.bytes)).layers['risk'];
        for (let i = 0; i < (layer?.length ?? 0); i++) {
          const { properties } = layer!.feature(i);
          seen.set(String(properties['cell']), properties);
        }
      }
    const shown = map.cells.filter(({ level }) => level !== 'LOW');
    expect(shown.length).toBeGreaterThan(10);
    expect([...seen.keys()].sort()).toEqual(shown.map(({ cell }) => cell).sort());
  });

  it('are told apart by what is wrong with their address', async () => {
    expectProblem(await town.ask('GET', '/risk-map/3/8/0.mvt'), 400, 'REQUEST_INVALID', 'x');
    expectProblem(await town.ask('GET', '/risk-map/23/0/0.mvt'), 400, 'REQUEST_INVALID', 'z');
    expectProblem(await town.ask('GET', '/risk-map/3/a/0.mvt'), 400, 'REQUEST_INVALID', 'x');
    expectProblem(await town.ask('GET', '/risk-map/3/0/0.mvt?horizon=0'), 400, 'REQUEST_INVALID', 'horizon');
    expectProblem(await town.ask('GET', '/risk-map/3/0/0.png'), 404, 'ROUTE_NOT_FOUND');
    expectProblem(await town.as(null).ask('GET', '/risk-map/3/0/0.mvt'), 401, 'TOKEN_MISSING');
    const empty = await bytesOf('/risk-map/9/0/0.mvt');
    expect([empty.response.status, empty.bytes.length]).toEqual([200, 0]);
  });
});
