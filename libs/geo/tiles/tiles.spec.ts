import { VectorTile } from '@mapbox/vector-tile';
import {
  cellToBoundary,
  cellToChildren,
  cellToLatLng,
  getPentagons,
  getRes0Cells,
  gridDisk,
  isPentagon,
  latLngToCell,
} from 'h3-js';
import { PbfReader } from 'pbf';
import { describe, expect, it } from 'vitest';
import { boundaryRing } from '../boundary.js';
import { GeoError } from '../errors.js';
import { BoxIndex } from './box-index.js';
import { CellTiles, numberOfCell, TILE_MARGIN } from './cell-tiles.js';
import { clipRing } from './clip.js';
import {
  latitudeOf,
  longitudeOf,
  MAX_MERCATOR_LATITUDE,
  type Tile,
  tileBox,
  type WorldBox,
  worldX,
  worldY,
} from './mercator.js';
import { encodeTile, TILE_EXTENT } from './mvt.js';

/** Numbers from 0 to 1 that are the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
const random = randomNumbers(7);

/** Whether a closed or open ring of pairs holds a point: even-odd rule. */
function holds(ring: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0; i < ring.length; i++) {
    const [x1, y1] = ring[i]!;
    const [x2, y2] = ring[(i + 1) % ring.length]!;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}
const pairs = (flat: readonly number[]) =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);

function tileAt(lat: number, lon: number, z: number): Tile {
  const index = (world: number) => Math.min(2 ** z - 1, Math.max(0, Math.floor(world * 2 ** z)));
  return { z, x: index(worldX(lon)), y: index(worldY(lat)) };
}

/** A tile as a map program decodes it. */
function decoded(tiles: CellTiles, tile: Tile, wanted?: (position: number) => boolean) {
  const features = tiles.inTile(tile, wanted).map(({ index, rings }) => ({
    id: numberOfCell(tiles.cells[index]!),
    rings,
    values: [tiles.cells[index]!, index],
  }));
  const bytes = encodeTile({ name: 'cells', keys: ['cell', 'index'], features });
  const layer = new VectorTile(new PbfReader(bytes)).layers['cells'];
  return Array.from({ length: layer?.length ?? 0 }, (_, i) => {
    const feature = layer!.feature(i);
    return {
      id: feature.id,
      type: feature.type,
      cell: String(feature.properties['cell']),
      rings: feature.loadGeometry().map((ring) => ring.map(({ x, y }) => [x, y] as const)),
      geojson: () => feature.toGeoJSON(tile.x, tile.y, tile.z),
    };
  });
}

describe('the square of Web Mercator', () => {
  it('is 0 to 1, and there and back again is the same place', () => {
    expect([worldX(-180), worldX(180), worldY(0)]).toEqual([0, 1, 0.5]);
    expect(MAX_MERCATOR_LATITUDE).toBeCloseTo(85.0511287798066, 10);
    expect(worldY(MAX_MERCATOR_LATITUDE)).toBeCloseTo(0, 12);
    expect(worldY(-MAX_MERCATOR_LATITUDE)).toBeCloseTo(1, 12);
    for (const lat of [-89, -60, -1e-9, 12.3, 85, 89.5]) expect(latitudeOf(worldY(lat))).toBeCloseTo(lat, 9);
    for (const lon of [-180, -79.38, 0, 12, 179.9, 200]) expect(longitudeOf(worldX(lon))).toBeCloseTo(lon, 9);
    expect(Number.isFinite(worldY(90)) && Number.isFinite(worldY(-90))).toBe(true);
  });

  it('is cut into tiles', () => {
    expect(tileBox({ z: 0, x: 0, y: 0 })).toEqual({ minX: 0, minY: 0, maxX: 1, maxY: 1 });
    expect(tileBox({ z: 2, x: 1, y: 3 }, 0.5)).toEqual({ minX: 0.125, minY: 0.625, maxX: 0.625, maxY: 1.125 });
  });

  it.each([
    [{ z: -1, x: 0, y: 0 }, 'z'],
    [{ z: 23, x: 0, y: 0 }, 'z'],
    [{ z: 1.5, x: 0, y: 0 }, 'z'],
    [{ z: 3, x: 8, y: 0 }, 'x'],
    [{ z: 3, x: -1, y: 0 }, 'x'],
    [{ z: 3, x: 0, y: 8 }, 'y'],
    [{ z: 3, x: 0, y: Number.NaN }, 'y'],
  ])('has no tile %j', (tile, argument) => {
    expect(() => tileBox(tile)).toThrow(expect.objectContaining({ name: 'GeoError', argument }) as GeoError);
  });
});

describe('clipping', () => {
  const box: WorldBox = { minX: 0, minY: 0, maxX: 1, maxY: 1 };

  it('leaves what is inside, drops what is outside and cuts what is both', () => {
    const inside = [0.1, 0.1, 0.9, 0.1, 0.5, 0.9];
    expect(clipRing(inside, box)).toEqual(inside);
    expect(clipRing([2, 2, 3, 2, 2.5, 3], box)).toEqual([]);
    expect(clipRing([-1, -1, 2, -1, 2, 2, -1, 2], box)).toHaveLength(8);
    expect(clipRing([0.5, -0.2, 1.2, 0.5, 0.5, 1.2, -0.2, 0.5], box)).toHaveLength(16);
    expect(clipRing([], box)).toEqual([]);
  });

  it('keeps exactly the points that are in both, for convex rings anywhere', () => {
    for (let round = 0; round < 300; round++) {
      const corners = 3 + Math.floor(random() * 6);
      const [cx, cy, radius] = [3 * random() - 1, 3 * random() - 1, 0.05 + 1.5 * random()];
      const angles = Array.from({ length: corners }, () => 2 * Math.PI * random()).sort((a, b) => a - b);
      const ring = angles.flatMap((angle) => [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)]);
      const part = clipRing(ring, box);
      for (const [x, y] of pairs(part)) expect(Math.min(x, y, 1 - x, 1 - y)).toBeGreaterThanOrEqual(-1e-12);
      for (let i = 0; i < 40; i++) {
        const [x, y] = [random(), random()];
        expect(holds(pairs(part), x, y)).toBe(holds(pairs(ring), x, y));
      }
    }
  });
});

describe('the index of boxes', () => {
  const touches = (a: WorldBox, b: WorldBox) =>
    a.minX <= b.maxX && a.minY <= b.maxY && a.maxX >= b.minX && a.maxY >= b.minY;
  const boxOf = (x: number, y: number, size: number): WorldBox => ({
    minX: x,
    minY: y,
    maxX: x + size,
    maxY: y + size,
  });

  it.each([0, 1, 2, 15, 16, 17, 255, 257, 5_000])('finds what a look at each of %i finds', (n) => {
    const boxes = Array.from({ length: n }, () => boxOf(4 * random() - 2, random(), 0.05 * random()));
    const index = new BoxIndex(
      Float64Array.from(boxes.flatMap(({ minX, minY, maxX, maxY }) => [minX, minY, maxX, maxY])),
    );
    for (let i = 0; i < 50; i++) {
      const asked = boxOf(4 * random() - 2, random(), random() ** 3);
      const found: number[] = [];
      index.search(asked, (position) => found.push(position));
      expect(found.sort((a, b) => a - b)).toEqual(boxes.flatMap((box, at) => (touches(box, asked) ? [at] : [])));
    }
  });

  it('takes boxes that are all the same', () => {
    const index = new BoxIndex(Float64Array.from(Array.from({ length: 100 }, () => [1, 1, 1, 1]).flat()));
    let found = 0;
    index.search(boxOf(0, 0, 2), () => found++);
    expect(found).toBe(100);
    expect(index.extent).toEqual({ minX: 1, minY: 1, maxX: 1, maxY: 1 });
  });
});

describe('the number of a cell', () => {
  it('is one of its own among all resolutions, and exact in JavaScript', () => {
    const cells = [
      ...getRes0Cells(),
      ...getRes0Cells().flatMap((cell) => cellToChildren(cell, 2)),
      ...cellToChildren('872b9bc71ffffff', 11),
      ...gridDisk(latLngToCell(43.65, -79.38, 15), 20),
    ];
    const numbers = cells.map(numberOfCell);
    expect(new Set(numbers).size).toBe(new Set(cells).size);
    for (const number of numbers) expect(Number.isSafeInteger(number) && number > 0).toBe(true);
    expect(
      Math.max(
        ...getRes0Cells()
          .flatMap((cell) => cellToChildren(cell, 1))
          .map(numberOfCell),
      ),
    ).toBeLessThan(2 ** 11);
  });
});

describe('the cells of a tile', () => {
  const around = (lat: number, lon: number, resolution: number, rings: number) =>
    gridDisk(latLngToCell(lat, lon, resolution), rings);

  it.each([
    ['a city', around(43.65, -79.38, 7, 12), 10],
    ['a city from far away', around(43.65, -79.38, 7, 12), 6],
    ['the antimeridian', around(-17, 180, 5, 10), 5],
    ['the antimeridian, seen whole', around(-17, 180, 3, 6), 0],
    ['the date line in the far north', around(72, 179.9, 4, 12), 4],
    ['the edge of the map in the north', around(85, 20, 3, 8), 3],
    ['the edge of the map in the south', around(-85, -120, 4, 8), 5],
    ['the north pole', around(90, 0, 2, 6), 1],
    ['the south pole', around(-90, 0, 1, 3), 2],
    ['pentagons', getPentagons(3).flatMap((cell) => gridDisk(cell, 3)), 3],
    ['the whole world', getRes0Cells(), 0],
    ['the whole world, closer', getRes0Cells().flatMap((cell) => cellToChildren(cell, 1)), 2],
  ])('are where they are on the globe: %s', (_where, list, z) => {
    const cells = [...new Set(list)];
    const tiles = new CellTiles(cells);
    const cache = new Map<string, ReturnType<typeof decoded>>();
    let looked = 0;
    for (let i = 0; i < 400; i++) {
      // A point between the centre and a corner of a cell, which is in that cell and in no other.
      const cell = cells[Math.floor(random() * cells.length)]!;
      const ring = boundaryRing(cell);
      const [lat, lon] = cellToLatLng(cell);
      const [cornerLon, cornerLat] = ring[Math.floor(random() * (ring.length - 1))] as [number, number];
      const share = 0.6 * random();
      const nearest = lon + 360 * Math.round((cornerLon - lon) / 360);
      let x = nearest + share * (cornerLon - nearest);
      const y = lat + share * (cornerLat - lat);
      x = ((((x + 180) % 360) + 360) % 360) - 180;
      if (Math.abs(y) > 84.9) continue;
      looked++;
      const tile = tileAt(y, x, z);
      const key = `${tile.x}/${tile.y}`;
      const features = cache.get(key) ?? decoded(tiles, tile);
      cache.set(key, features);
      const px = (worldX(x) * 2 ** z - tile.x) * TILE_EXTENT;
      const py = (worldY(y) * 2 ** z - tile.y) * TILE_EXTENT;
      const at = features.filter(({ rings }) => rings.some((one) => holds(one, px, py))).map((feature) => feature.cell);
      expect(at, `${cell} at ${y}, ${x} in ${z}/${key}`).toEqual([cell]);
    }
    expect(looked).toBeGreaterThan(20);
    for (const features of cache.values()) {
      expect(features.map(({ id }) => id)).toEqual(features.map(({ cell }) => numberOfCell(cell)));
      expect(new Set(features.map(({ cell }) => cell)).size).toBe(features.length);
      for (const { rings, type } of features) {
        expect(type).toBe(3);
        for (const ring of rings) {
          // The specification: outer rings have a positive area by the surveyor's formula, in coordinates of the tile.
          const area = ring.reduce((sum, [x1, y1], i) => {
            const [x2, y2] = ring[(i + 1) % ring.length]!;
            return sum + x1 * y2 - x2 * y1;
          }, 0);
          expect(area).toBeGreaterThan(0);
          const margin = TILE_MARGIN * TILE_EXTENT;
          for (const [x, y] of ring)
            expect(Math.min(x, y, TILE_EXTENT - x, TILE_EXTENT - y)).toBeGreaterThanOrEqual(-margin - 1);
        }
      }
    }
  });

  it('have the corners that H3 gives them, to the width of a unit', () => {
    const cell = latLngToCell(43.65, -79.38, 7);
    const tile = tileAt(43.65, -79.38, 10);
    const [feature] = decoded(new CellTiles([cell]), tile).map(({ geojson }) => geojson());
    if (feature?.geometry.type !== 'Polygon') throw new Error('no polygon');
    const ring = feature.geometry.coordinates[0]!;
    const unit = 360 / 2 ** 10 / TILE_EXTENT;
    expect(ring).toHaveLength(7);
    for (const [lat, lon] of cellToBoundary(cell))
      expect(ring.some(([x = 0, y = 0]) => Math.abs(x - lon) < unit && Math.abs(y - lat) < unit)).toBe(true);
  });

  it('reach into the margin, where the next tile goes on', () => {
    const cells = around(43.65, -79.38, 7, 12);
    const tiles = new CellTiles(cells);
    const left = tileAt(43.65, -79.38, 11);
    const inLeft = decoded(tiles, left).map(({ cell }) => cell);
    const inRight = decoded(tiles, { ...left, x: left.x + 1 }).map(({ cell }) => cell);
    expect(inLeft.filter((cell) => inRight.includes(cell)).length).toBeGreaterThan(2);
  });

  it('are none where there is nothing, or nothing wanted', () => {
    const tiles = new CellTiles(around(43.65, -79.38, 7, 3));
    expect(encodeTile({ name: 'cells', keys: [], features: [] })).toHaveLength(0);
    expect(tiles.inTile({ z: 10, x: 0, y: 0 })).toEqual([]);
    expect(tiles.inTile(tileAt(43.65, -79.38, 10), () => false)).toEqual([]);
    expect(new CellTiles([]).inTile({ z: 0, x: 0, y: 0 })).toEqual([]);
    // Smaller than a unit of the tile.
    expect(new CellTiles([latLngToCell(43.65, -79.38, 12)]).inTile({ z: 0, x: 0, y: 0 })).toEqual([]);
    expect(() => new CellTiles(['nowhere']).extent).toThrow(GeoError);
  });

  it('are found wherever their corners reach: no box is too small', () => {
    for (let resolution = 0; resolution <= 12; resolution++) {
      const cells = Array.from({ length: 150 }, () =>
        latLngToCell((Math.asin(2 * random() - 1) * 180) / Math.PI, 360 * random() - 180, resolution),
      );
      const some = [...new Set([...cells, ...getPentagons(resolution)])];
      for (const cell of some) {
        const { extent } = new CellTiles([cell]);
        for (const [lon, lat] of boundaryRing(cell) as [number, number][]) {
          expect(worldX(lon)).toBeGreaterThanOrEqual(extent.minX - 1e-12);
          expect(worldX(lon)).toBeLessThanOrEqual(extent.maxX + 1e-12);
          expect(worldY(lat)).toBeGreaterThanOrEqual(extent.minY - 1e-12);
          expect(worldY(lat)).toBeLessThanOrEqual(extent.maxY + 1e-12);
        }
      }
      expect(some.filter((cell) => isPentagon(cell)).length).toBe(12);
    }
  });

  it('have a box around them all, which never crosses the antimeridian', () => {
    const [west, south, east, north] = new CellTiles(around(43.65, -79.38, 7, 12)).bounds();
    expect(west).toBeGreaterThan(-80);
    expect(east).toBeLessThan(-78.9);
    expect(south).toBeGreaterThan(43);
    expect(north).toBeLessThan(44.2);
    expect(new CellTiles(around(-17, 180, 5, 10)).bounds().filter((_, i) => i % 2 === 0)).toEqual([-180, 180]);
    const polar = new CellTiles(around(90, 0, 2, 6)).bounds();
    expect([polar[0], polar[2]]).toEqual([-180, 180]);
    expect(polar[3]).toBeCloseTo(MAX_MERCATOR_LATITUDE, 6);
  });

  it('are the same when they were prepared in slices', async () => {
    const cells = around(43.65, -79.38, 7, 30);
    const prepared = new CellTiles(cells);
    let pauses = 0;
    await prepared.prepare(() => Promise.resolve(pauses++));
    expect(pauses).toBe(Math.ceil(cells.length / 1_000));
    const tile = tileAt(43.65, -79.38, 9);
    expect(prepared.inTile(tile)).toEqual(new CellTiles(cells).inTile(tile));
  });

  it('are counted in the fullest tile of a zoom', () => {
    const tiles = new CellTiles(around(43.65, -79.38, 7, 12));
    expect(tiles.fullestTile(0)).toBe(tiles.cells.length);
    expect(tiles.fullestTile(22)).toBe(1);
    const counts = new Map<string, number>();
    for (const cell of tiles.cells) {
      const { x, y } = tileAt(...cellToLatLng(cell), 10);
      counts.set(`${x}/${y}`, (counts.get(`${x}/${y}`) ?? 0) + 1);
    }
    expect(tiles.fullestTile(10)).toBe(Math.max(...counts.values()));
  });
});

describe('a tile', () => {
  it('holds every kind of value as it was', () => {
    const values = ['text ä', 0, 7, 4_294_967_296, 0.131, -3, -0.5, 1e300, true, false];
    const keys = values.map((_, i) => `k${i}`);
    const bytes = encodeTile({
      name: 'a layer',
      keys,
      features: [{ id: 2 ** 53 - 1, rings: [[0, 0, 9, 0, 9, 9]], values }],
    });
    const layer = new VectorTile(new PbfReader(bytes)).layers['a layer']!;
    expect([layer.version, layer.extent, layer.length]).toEqual([2, TILE_EXTENT, 1]);
    const feature = layer.feature(0);
    expect(feature.id).toBe(2 ** 53 - 1);
    expect(Object.values(feature.properties)).toEqual(values);
    expect(feature.loadGeometry().map((ring) => ring.map(({ x, y }) => [x, y]))).toEqual([
      [
        [0, 0],
        [9, 0],
        [9, 9],
        [0, 0],
      ],
    ]);
  });
});
