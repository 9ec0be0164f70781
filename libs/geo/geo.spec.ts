import { describe, expect, it } from 'vitest';
import {
  areaKm2,
  areasKm2,
  baseCellOf,
  bboxAround,
  bboxContains,
  boundaryRing,
  cellAt,
  cellFeature,
  cellFeatureCollection,
  cellFromBigInt,
  cellGeometry,
  cellsInBbox,
  cellToBigInt,
  centerOf,
  centersOf,
  crossesAntimeridian,
  GeoError,
  indicesInBbox,
  isCell,
  isNullIsland,
  isPentagon,
  looksSwapped,
  neighbourIndex,
  normalizeLon,
  parentOf,
  parseBbox,
  resolutionOf,
  ringsAround,
  rollUp,
  sumByParent,
} from './index.js';

const TORONTO = '872b9bc71ffffff';
const PENTAGON = '8009fffffffffff';

/** Twice the signed area of a ring on the flat map: positive when counter-clockwise. */
function orientation(ring: readonly number[][]): number {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x1, y1] = ring[i] as [number, number];
    const [x2, y2] = ring[i + 1] as [number, number];
    sum += x1 * y2 - x2 * y1;
  }
  return sum;
}

/** Whether a flat ring holds a point: even-odd rule. */
function holds(ring: readonly number[][], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x1, y1] = ring[i] as [number, number];
    const [x2, y2] = ring[i + 1] as [number, number];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}

describe('cells', () => {
  it('finds the cell of a place, and its centre lies in it', () => {
    expect(cellAt(43.65, -79.38, 7)).toHaveLength(15);
    for (const [lat, lon] of [
      [43.65, -79.38],
      [0, 0],
      [90, 0],
      [-90, 17],
      [12, 180],
      [12, -180],
      [-33.9, 151.2],
    ] as const) {
      for (const resolution of [0, 5, 9, 15]) {
        const cell = cellAt(lat, lon, resolution);
        expect(isCell(cell, resolution)).toBe(true);
        expect(resolutionOf(cell)).toBe(resolution);
        const center = centerOf(cell);
        expect(cellAt(center.lat, center.lon, resolution)).toBe(cell);
      }
    }
  });

  it('takes ±180 for one meridian', () => {
    expect(cellAt(12, 180, 7)).toBe(cellAt(12, -180, 7));
  });

  it.each([
    [91, 0, 7, 'lat'],
    [-90.001, 0, 7, 'lat'],
    [Number.NaN, 0, 7, 'lat'],
    [0, 180.5, 7, 'lon'],
    [0, Infinity, 7, 'lon'],
    [0, 0, 16, 'resolution'],
    [0, 0, -1, 'resolution'],
    [0, 0, 7.5, 'resolution'],
  ])('names what is wrong with (%d, %d) at %d', (lat, lon, resolution, argument) => {
    expect(() => cellAt(lat, lon, resolution)).toThrow(expect.objectContaining({ name: 'GeoError', argument }));
  });

  it('takes canonical spellings alone', () => {
    expect(isCell(TORONTO)).toBe(true);
    expect(isCell(TORONTO, 7)).toBe(true);
    for (const wrong of [
      '',
      'x',
      TORONTO.toUpperCase(),
      `0${TORONTO}`,
      '872b9bc71fffff0',
      608819013681676287n,
      null,
      7,
    ]) {
      expect(isCell(wrong)).toBe(false);
    }
    expect(isCell(TORONTO, 8)).toBe(false);
    // A directed edge is an H3 index, and no cell.
    expect(isCell('1172b9bc71ffffff')).toBe(false);
    expect(() => centerOf('nowhere')).toThrow(GeoError);
    expect(() => centersOf([TORONTO, 'nowhere'])).toThrow('cells[1]');
  });

  it('passes through 64-bit integers without loss', () => {
    const value = cellToBigInt(TORONTO);
    expect(cellFromBigInt(value)).toBe(TORONTO);
    expect(cellFromBigInt(value.toString())).toBe(TORONTO);
    expect(() => cellFromBigInt('12')).toThrow('value');
    expect(() => cellFromBigInt('0x12')).toThrow('unsigned integer');
  });

  it('knows areas, parents and pentagons', () => {
    expect(areaKm2(TORONTO)).toBeGreaterThan(3);
    expect(areaKm2(TORONTO)).toBeLessThan(7);
    expect(areasKm2([TORONTO, PENTAGON])).toEqual(Float64Array.of(areaKm2(TORONTO), areaKm2(PENTAGON)));
    expect(isPentagon(PENTAGON)).toBe(true);
    expect(isPentagon(TORONTO)).toBe(false);
    expect(baseCellOf(PENTAGON)).toBe(4);
    expect(parentOf(TORONTO, 7)).toBe(TORONTO);
    expect(resolutionOf(parentOf(TORONTO, 3))).toBe(3);
    expect(() => parentOf(TORONTO, 8)).toThrow('finer');
  });
});

describe('boundaryRing', () => {
  const everywhere = [-90, -89.9, -60, -10, 0, 45, 89.99, 90].flatMap((lat) =>
    [-180, -179.999, -90, 0, 12.3, 179.999, 180].flatMap((lon) => [0, 1, 3, 6].map((res) => cellAt(lat, lon, res))),
  );

  it('is closed, continuous, counter-clockwise and holds the centre, everywhere on Earth', () => {
    for (const cell of new Set([...everywhere, PENTAGON])) {
      const ring = boundaryRing(cell);
      expect(ring[0]).toEqual(ring[ring.length - 1]);
      for (let i = 0; i + 1 < ring.length; i++) {
        const [x1, y1] = ring[i] as [number, number];
        const [x2, y2] = ring[i + 1] as [number, number];
        // Only the line along a pole may be long.
        if (Math.abs(y1) !== 90 || y1 !== y2) expect(Math.abs(x2 - x1)).toBeLessThanOrEqual(180);
      }
      expect(orientation(ring)).toBeGreaterThan(0);
      const { lat, lon } = centerOf(cell);
      const copies = [-360, 0, 360].filter((shift) => holds(ring, lon + shift, lat));
      expect(copies, `${cell} at ${lat}, ${lon}`).toHaveLength(1);
    }
  });

  it('runs past 180 on the antimeridian and encloses a pole', () => {
    const across = cellAt(0, 180, 4);
    const longitudes = boundaryRing(across).map(([lon]) => lon as number);
    expect(Math.max(...longitudes) - Math.min(...longitudes)).toBeLessThan(2);
    expect(Math.max(...longitudes.map(Math.abs))).toBeGreaterThan(180);
    const pole = boundaryRing(cellAt(90, 0, 3));
    expect(pole.filter(([, lat]) => lat === 90)).toHaveLength(2);
    for (const lon of [-170, -80, 10, 100, 170]) {
      expect([-360, 0, 360].some((shift) => holds(pole, lon + shift, 89.999))).toBe(true);
    }
  });

  it('has five corners at a pentagon of even resolution', () => {
    expect(boundaryRing(PENTAGON)).toHaveLength(6);
  });
});

describe('cellGeometry', () => {
  it('is one polygon away from the antimeridian', () => {
    expect(cellGeometry(TORONTO)).toEqual({ type: 'Polygon', coordinates: [boundaryRing(TORONTO)] });
  });

  it('is cut at the antimeridian, without loss of area', () => {
    for (const cell of [cellAt(0, 180, 4), cellAt(70, 179.9999, 2), cellAt(90, 0, 3), cellAt(-90, 0, 1)]) {
      const geometry = cellGeometry(cell);
      const rings =
        geometry.type === 'Polygon' ? [geometry.coordinates[0]] : geometry.coordinates.map((part) => part[0]);
      let area = 0;
      for (const ring of rings as number[][][]) {
        expect(ring[0]).toEqual(ring[ring.length - 1]);
        expect(orientation(ring)).toBeGreaterThan(0);
        for (const [lon] of ring) expect(Math.abs(lon as number)).toBeLessThanOrEqual(180);
        area += orientation(ring);
      }
      expect(rings.length).toBeGreaterThan(1);
      expect(area / orientation(boundaryRing(cell))).toBeCloseTo(1, 9);
    }
  });
});

describe('boxes', () => {
  it('reads west, south, east, north', () => {
    expect(parseBbox('-79.7, 43.5,-79.1,43.9')).toEqual({ west: -79.7, south: 43.5, east: -79.1, north: 43.9 });
    expect(crossesAntimeridian(parseBbox('170,-20,-170,20'))).toBe(true);
  });

  it.each([
    '',
    '1,2,3',
    '1,2,3,4,5',
    '1,,3,4',
    'a,2,3,4',
    '1,2,3,NaN',
    '-181,0,0,1',
    '0,-91,1,1',
    '0,10,1,5',
    '0,0,1,Infinity',
  ])('refuses %j', (text) => {
    expect(() => parseBbox(text)).toThrow(expect.objectContaining({ argument: 'bbox' }));
  });

  it('contains its edges, and both names of the antimeridian', () => {
    const box = parseBbox('170,-20,-170,20');
    expect(bboxContains(box, 0, 175)).toBe(true);
    expect(bboxContains(box, 0, -175)).toBe(true);
    expect(bboxContains(box, 20, 170)).toBe(true);
    expect(bboxContains(box, 0, 0)).toBe(false);
    expect(bboxContains(box, 21, 175)).toBe(false);
    const toTheEdge = parseBbox('170,-20,180,20');
    expect(bboxContains(toTheEdge, 0, -180)).toBe(true);
    expect(bboxContains(toTheEdge, Number.NaN, 175)).toBe(false);
  });

  it('filters cells by their centre', () => {
    const disk = ringsAround(TORONTO, 6).flat();
    const { lat, lon } = centersOf(disk);
    const box = { west: -79.5, south: 43.6, east: -79.3, north: 43.7 };
    const found = cellsInBbox(disk, box);
    expect(found).toEqual(disk.filter((cell) => bboxContains(box, centerOf(cell).lat, centerOf(cell).lon)));
    expect(Array.from(indicesInBbox(lat, lon, box), (i) => disk[i])).toEqual(found);
    const world = { west: -180, south: -90, east: 180, north: 90 };
    expect(cellsInBbox(disk, world)).toEqual(disk);
    expect(() => indicesInBbox(lat, lon.subarray(1), box)).toThrow('lon');
  });

  it('finds the smallest box around places, over the antimeridian too', () => {
    expect(bboxAround([1, 2, 3], [10, 30, 20])).toEqual({ west: 10, south: 1, east: 30, north: 3 });
    expect(bboxAround([1, 2], [179, -178])).toEqual({ west: 179, south: 1, east: -178, north: 2 });
    expect(bboxAround([5], [7])).toEqual({ west: 7, south: 5, east: 7, north: 5 });
    expect(() => bboxAround([], [])).toThrow('no entries');
    expect(() => bboxAround([Number.NaN], [0])).toThrow('bbox');
  });
});

describe('rollUp', () => {
  it('maps each cell to its ancestor and adds up', () => {
    const cells = [...ringsAround(TORONTO, 3).flat(), cellAt(-33.9, 151.2, 9)];
    const grouping = rollUp(cells, 5);
    expect(new Set(grouping.parents).size).toBe(grouping.parents.length);
    cells.forEach((cell, i) => expect(grouping.parents[grouping.index[i] as number]).toBe(parentOf(cell, 5)));
    const sums = sumByParent(grouping, new Float64Array(cells.length).fill(1));
    expect(sums.reduce((a, b) => a + b, 0)).toBe(cells.length);
    expect(rollUp([TORONTO], 7)).toEqual({ parents: [TORONTO], index: Int32Array.of(0) });
    expect(rollUp([], 7)).toEqual({ parents: [], index: new Int32Array() });
  });

  it('names what is wrong', () => {
    expect(() => rollUp([TORONTO, parentOf(TORONTO, 4)], 5)).toThrow('cells[1]');
    expect(() => rollUp(['x'], 5)).toThrow('cells[0]');
    expect(() => rollUp([TORONTO], 16)).toThrow('resolution');
    expect(() => sumByParent(rollUp([TORONTO], 5), [1, 2])).toThrow('values');
  });
});

describe('neighbours', () => {
  it('come by ring, six times the distance, fewer at a pentagon', () => {
    expect(ringsAround(TORONTO, 3).map((ring) => ring.length)).toEqual([1, 6, 12, 18]);
    expect(ringsAround(PENTAGON, 1).map((ring) => ring.length)).toEqual([1, 5]);
    expect(ringsAround(TORONTO, 0)).toEqual([[TORONTO]]);
    expect(() => ringsAround(TORONTO, -1)).toThrow('radius');
    expect(() => ringsAround(TORONTO, 201)).toThrow('radius');
  });

  it('are indexed within a list, symmetrically', () => {
    const cells = ringsAround(TORONTO, 4).flat().sort();
    const { offsets, members, distances } = neighbourIndex(cells, 2);
    const distance = new Map<string, number>();
    cells.forEach((cell, i) => {
      expect(members[offsets[i] as number]).toBe(i);
      for (let k = offsets[i] as number; k < (offsets[i + 1] as number); k++) {
        const other = members[k] as number;
        distance.set(`${i},${other}`, distances[k] as number);
        expect(ringsAround(cell, 2)[distances[k] as number]).toContain(cells[other]);
      }
    });
    for (const [key, d] of distance) expect(distance.get(key.split(',').reverse().join(','))).toBe(d);
    const inner = cells.indexOf(TORONTO);
    expect((offsets[inner + 1] as number) - (offsets[inner] as number)).toBe(19);
  });

  it('refuses lists with a cell twice or none', () => {
    expect(() => neighbourIndex([TORONTO, TORONTO], 1)).toThrow('cells[1]');
    expect(() => neighbourIndex(['x'], 1)).toThrow('cells[0]');
    expect(Array.from(neighbourIndex([], 1).offsets)).toEqual([0]);
  });
});

describe('features', () => {
  it('carry the cell as id, and properties', () => {
    const feature = cellFeature(TORONTO, { p_event: 0.13 });
    expect(feature).toMatchObject({
      type: 'Feature',
      id: TORONTO,
      properties: { p_event: 0.13 },
      geometry: { type: 'Polygon' },
    });
    const across = cellAt(0, 180, 4);
    expect(cellFeature(across, {}).geometry.type).toBe('Polygon');
    expect(cellFeature(across, {}, 'cut').geometry.type).toBe('MultiPolygon');
    const collection = cellFeatureCollection([TORONTO, across], (cell, i) => ({ cell, i }));
    expect(collection.type).toBe('FeatureCollection');
    expect(collection.features.map((f) => f.properties)).toEqual([
      { cell: TORONTO, i: 0 },
      { cell: across, i: 1 },
    ]);
    expect(() => cellFeature('x', {})).toThrow(GeoError);
  });
});

describe('suspicious coordinates', () => {
  it('finds exchanged latitude and longitude', () => {
    expect(looksSwapped(-120.5, 35)).toBe(true);
    expect(looksSwapped(35, -120.5)).toBe(false);
    expect(looksSwapped(200, 35)).toBe(false);
    expect(looksSwapped(Number.NaN, 35)).toBe(false);
    const nearToronto = (lat: number, lon: number) => lat > 43 && lat < 44 && lon > -80 && lon < -79;
    expect(looksSwapped(-79.38, 43.65)).toBe(false);
    expect(looksSwapped(-79.38, 43.65, nearToronto)).toBe(true);
    expect(looksSwapped(43.65, -79.38, nearToronto)).toBe(false);
    expect(looksSwapped(10, 10, nearToronto)).toBe(false);
    expect(looksSwapped(-120.5, 35, nearToronto)).toBe(false);
  });

  it('finds (0, 0), and leaves the Gulf of Guinea alone', () => {
    expect(isNullIsland(0, 0)).toBe(true);
    expect(isNullIsland(0.00005, -0.00001)).toBe(true);
    expect(isNullIsland(0, 0.01)).toBe(false);
    expect(isNullIsland(Number.NaN, 0)).toBe(false);
  });

  it('brings longitudes into one turn', () => {
    for (const [lon, same] of [
      [181, -179],
      [-181, 179],
      [540, -180],
      [180, -180],
      [-180, -180],
      [12.5, 12.5],
      [-360, 0],
    ] as const) {
      expect(normalizeLon(lon)).toBeCloseTo(same, 9);
    }
    expect(() => normalizeLon(Infinity)).toThrow('lon');
  });
});
