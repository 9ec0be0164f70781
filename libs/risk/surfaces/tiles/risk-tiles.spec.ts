import { VectorTile } from '@mapbox/vector-tile';
import { tableFromIPC } from 'apache-arrow';
import { parse } from 'csv-parse/sync';
import { cellToLatLng, gridDisk, latLngToCell } from 'h3-js';
import { parquetReadObjects } from 'hyparquet';
import { PbfReader } from 'pbf';
import { describe, expect, it } from 'vitest';
import type { AccessContext } from '#access';
import {
  type CellRisk,
  type RiskMapGeoJson,
  riskMapQuery,
  type RiskMapQuery,
  riskTileQuery,
  tileAddress,
  tileJson,
} from '#contracts';
import { buildRegion, createRandom, type Region, serialiseSurface } from '#forecast';
import { boundaryRing, numberOfCell, worldX, worldY } from '#geo';
import { RequestContext, runInContext } from '#platform';
import type { Artefact } from '../../models/artefact.js';
import { LiveSurface } from '../live-surface.js';
import type { LiveSurfaces } from '../live-surfaces.js';
import { RiskMapService } from '../risk-map.service.js';
import { RiskTilesService } from './risk-tiles.service.js';

/** A surface of 0 to 1 events a day, the more the further into the list a cell stands. */
function surfaceOf(region: Region): LiveSurface {
  const hours = Float64Array.from({ length: 721 }, (_, hour) => hour);
  const random = createRandom(3);
  const payload = serialiseSurface({
    region,
    from: 490_000,
    maxHorizon: 720,
    background: Float64Array.from({ length: region.size }, () => random.next() ** 2 / 24),
    seasonHours: hours,
    rates: new Float64Array(0),
    direct: new Float32Array(0),
    knots: Float64Array.of(0, 720),
    later: new Float32Array(region.size),
    laterProfile: hours.map(() => 0),
    dispersion: { horizons: Float64Array.of(24), values: Float64Array.of(1.5) },
  });
  const head = {
    namespaceId: 'town',
    eventType: 'fire',
    version: 1,
    modelVersion: 'fire-1',
    issuedAt: new Date('2026-01-01T00:00:00Z'),
    dataUntil: new Date('2025-12-31T23:00:00Z'),
  };
  return new LiveSurface(head, payload, { model: { region }, severity: undefined } as unknown as Artefact);
}

const access = {
  namespace: { namespaceId: 'town', h3Resolution: 7, levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 } },
} as AccessContext;
function servicesOf(cells: string[]) {
  const region = buildRegion(cells, { addNeighbours: false });
  const surface = surfaceOf(region);
  const surfaces = { require: () => surface } as unknown as LiveSurfaces;
  return { region, surface, tiles: new RiskTilesService(surfaces), maps: new RiskMapService(surfaces) };
}
const { region, tiles, maps } = servicesOf(gridDisk(latLngToCell(43.65, -79.38, 7), 20));

const ask = (query: object = {}) => riskTileQuery.parse(query);
const addressAt = (z: number, lat = 43.65, lon = -79.38) =>
  tileAddress.parse({ z, x: Math.floor(worldX(lon) * 2 ** z), y: Math.floor(worldY(lat) * 2 ** z) });
function read(bytes: Buffer) {
  const layer = new VectorTile(new PbfReader(bytes)).layers['risk'];
  return Array.from({ length: layer?.length ?? 0 }, (_, i) => layer!.feature(i));
}
const propertiesOf = (bytes: Buffer) => read(bytes).map(({ properties }) => properties as unknown as CellRisk);

describe('a tile of the risk map', () => {
  const map = maps.map(access, riskMapQuery.parse({}));
  const ofMap = new Map(map.cells.map((cell) => [cell.cell, cell]));

  it('says of each cell what the map says, field by field', () => {
    const features = read(tiles.tile(access, addressAt(9), ask()));
    expect(features.length).toBeGreaterThan(400);
    for (const { id, properties } of features) {
      expect(properties).toEqual(ofMap.get(String(properties['cell'])));
      expect(Object.keys(properties)).toEqual(Object.keys(map.cells[0] ?? {}));
      expect(id).toBe(numberOfCell(String(properties['cell'])));
    }
  });

  it('holds all cells in the tiles of a zoom together, and the same in every call', () => {
    const seen = new Set<string>();
    const { x, y } = addressAt(11);
    for (let dx = -8; dx <= 8; dx++)
      for (let dy = -8; dy <= 8; dy++)
        for (const { cell } of propertiesOf(tiles.tile(access, { z: 11, x: x + dx, y: y + dy }, ask()))) seen.add(cell);
    expect([...seen].sort()).toEqual([...region.cells]);
    expect(tiles.tile(access, addressAt(9), ask())).toEqual(tiles.tile(access, addressAt(9), ask()));
  });

  it('shows what the parameters ask for', () => {
    const high = propertiesOf(tiles.tile(access, addressAt(9), ask({ min_level: 'HIGH' })));
    expect(high.length).toBeGreaterThan(10);
    expect(high.every(({ level }) => level === 'HIGH' || level === 'CRITICAL')).toBe(true);
    const all = propertiesOf(tiles.tile(access, addressAt(9), ask()));
    expect(high.length).toBe(all.filter(({ p_event }) => p_event >= 0.15).length);
    const longer = propertiesOf(tiles.tile(access, addressAt(9), ask({ horizon: '72' })));
    longer.forEach(({ expected_count }, i) => expect(expected_count).toBeCloseTo(3 * (all[i]?.expected_count ?? 0), 3));
  });

  it('shows parents from far away, which add up to their cells', () => {
    const far = propertiesOf(tiles.tile(access, addressAt(4), ask()));
    expect(far.length).toBeGreaterThan(5);
    expect(far.length).toBeLessThan(region.size / 25);
    const coarse = maps.map(access, riskMapQuery.parse({ resolution: '5' }));
    const byCell = new Map(coarse.cells.map((cell) => [cell.cell, cell]));
    for (const cell of far) expect(cell).toEqual(byCell.get(cell.cell));
    const sum = (cells: readonly CellRisk[]) => cells.reduce((total, { expected_count }) => total + expected_count, 0);
    expect(sum(far)).toBeCloseTo(sum(map.cells), 1);
  });

  it('has no bytes where there is nothing', () => {
    expect(tiles.tile(access, addressAt(9, 10, 10), ask())).toHaveLength(0);
    expect(tiles.tile(access, addressAt(12, -43.65, 100.6), ask())).toHaveLength(0);
  });

  it('is there on both sides of the antimeridian', () => {
    const { tiles: pacific, region: cells } = servicesOf(gridDisk(latLngToCell(-17, 180, 5), 8));
    const shown = [0, 2 ** 5 - 1].map((x) =>
      propertiesOf(pacific.tile(access, { ...addressAt(5, -17, 179), x }, ask())),
    );
    for (const side of shown) expect(side.length).toBeGreaterThan(50);
    expect(new Set(shown.flat().map(({ cell }) => cell)).size).toBe(cells.size);
    const answer = pacific.tileJson(access, ask(), 'x');
    expect([answer.bounds[0], answer.bounds[2]]).toEqual([-180, 180]);
  });
});

describe('the address of a tile', () => {
  it.each([
    [{ z: '0', x: '0', y: '0' }, []],
    [{ z: '22', x: '4194303', y: '4194303' }, []],
    [{ z: '3', x: '8', y: '0' }, ['x']],
    [{ z: '3', x: '0', y: '8' }, ['y']],
    [{ z: '23', x: '0', y: '0' }, ['z']],
    [{ z: '-1', x: '0', y: '0' }, ['z']],
    [{ z: '1.5', x: '-1', y: 'a' }, ['z', 'x', 'y']],
  ])('%j: wrong is %j', (address, wrong) => {
    const parsed = tileAddress.safeParse(address);
    expect(parsed.error?.issues.map(({ path }) => path.join('.')) ?? []).toEqual(wrong);
  });
});

describe('TileJSON', () => {
  it('says where tiles are, for which places and zooms, and what is in them', () => {
    const address = 'https://risk.example/api/v1/risk-map/{z}/{x}/{y}.mvt?horizon=24';
    const answer = tiles.tileJson(access, ask(), address);
    expect(tileJson.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ tilejson: '3.0.0', tiles: [address], minzoom: 0, maxzoom: 11 });
    const [west, south, east, north] = answer.bounds;
    for (const cell of region.cells) {
      const [lat, lon] = cellToLatLng(cell);
      expect(lon > west && lon < east && lat > south && lat < north).toBe(true);
    }
    expect(answer.vector_layers).toHaveLength(1);
    const [feature] = read(tiles.tile(access, addressAt(9), ask()));
    expect(Object.keys(answer.vector_layers[0]?.fields ?? {})).toEqual(Object.keys(feature?.properties ?? {}));
  });
});

describe('the map in other formats', () => {
  const query = (text: Record<string, string> = {}): RiskMapQuery => riskMapQuery.parse({ min_level: 'HIGH', ...text });
  const { cells, ...frame } = maps.map(access, query());
  const bytes = async (format: Parameters<RiskMapService['formatted']>[2], asked = query()) =>
    (await maps.formatted(access, asked, format)).bytes();

  it('is the same map', async () => {
    expect(cells.length).toBeGreaterThan(50);
    const ndjson = (await bytes('ndjson')).toString().trimEnd().split('\n');
    expect(ndjson.map((line) => JSON.parse(line) as unknown)).toEqual(cells);
    const csv = parse<Record<string, string>>(await bytes('csv'), { columns: true });
    expect(csv).toEqual(cells.map((cell) => Object.fromEntries(Object.entries(cell).map(([k, v]) => [k, String(v)]))));
    expect(await parquetReadObjects({ file: new Uint8Array(await bytes('parquet')).buffer })).toEqual(cells);
    const arrow = tableFromIPC(await bytes('arrow'));
    expect(arrow.toArray().map((row) => (row as { toJSON(): unknown }).toJSON())).toEqual(cells);
    expect(Object.fromEntries(arrow.schema.metadata)).toEqual(
      Object.fromEntries(Object.entries(frame).map(([name, value]) => [name, String(value)])),
    );
  });

  it.each(['7', '5'])('is drawn at resolution %s', async (resolution) => {
    const asked = query({ resolution, min_level: 'LOW' });
    const { cells: all, ...head } = maps.map(access, asked);
    const geo = JSON.parse((await bytes('geojson', asked)).toString()) as RiskMapGeoJson;
    expect(geo).toMatchObject({ type: 'FeatureCollection', ...head });
    expect(geo.features.map(({ properties }) => properties)).toEqual(all);
    for (const { id, geometry, properties } of geo.features) {
      expect(id).toBe(properties.cell);
      const [ring] = geometry.coordinates as number[][][];
      const expected = boundaryRing(id);
      expect(ring).toHaveLength(expected.length);
      ring?.forEach(([x = 0, y = 0], i) => {
        expect(x).toBeCloseTo(expected[i]?.[0] ?? 0, 6);
        expect(y).toBeCloseTo(expected[i]?.[1] ?? 0, 6);
      });
    }
  });

  it('has the fields that were chosen of its cells', async () => {
    const context = new RequestContext('r1');
    context.fields = { model_version: true, cells: { cell: true, level: true } };
    const text = await runInContext(context, () => bytes('csv'));
    expect(text.toString().split('\r\n').slice(0, 2)).toEqual(['cell,level', `${cells[0]?.cell},${cells[0]?.level}`]);
    context.fields = { model_version: true };
    await expect(runInContext(context, () => bytes('csv'))).rejects.toThrow('fields names');
  });

  it('finds the cells of a box without asking H3 for each', () => {
    const bbox = '-79.5,43.6,-79.3,43.7';
    const inBox = maps.map(access, riskMapQuery.parse({ bbox }));
    const expected = region.cells.filter((cell) => {
      const [lat, lon] = cellToLatLng(cell);
      return lon >= -79.5 && lon <= -79.3 && lat >= 43.6 && lat <= 43.7;
    });
    expect(inBox.cells.map(({ cell }) => cell)).toEqual(expected);
  });
});
