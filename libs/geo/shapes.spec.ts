import fc from 'fast-check';
import { cellArea, cellToBoundary, cellToLatLng, getPentagons, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { boundsOf } from './bounds.js';
import { cover, TooManyCellsError } from './cover.js';
import { type Circle, polygonProblems, type Shape, type SphericalPolygon } from './shapes.js';
import { angleBetween, EARTH_RADIUS_KM, placeOf, TangentPlane, unit, type Vector, vectorOf } from './sphere.js';

const RADIANS = Math.PI / 180;
const ALL = 1_000_000;
const circle = (lat: number, lon: number, radius_m: number): Circle => ({
  type: 'circle',
  center: { lat, lon },
  radius_m,
});

/** The place `km` away in the direction `bearing` (radians). */
function away(from: { lat: number; lon: number }, bearing: number, km: number): [lon: number, lat: number] {
  const center = vectorOf(from.lat, from.lon);
  const help: Vector = Math.abs(center[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0];
  const cross = (a: Vector, b: Vector): Vector => [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ];
  const east = unit(cross(help, center));
  const north = cross(center, east);
  const angle = km / EARTH_RADIUS_KM;
  const at = [0, 1, 2].map(
    (i) =>
      Math.cos(angle) * (center[i] as number) +
      Math.sin(angle) * (Math.cos(bearing) * (north[i] as number) + Math.sin(bearing) * (east[i] as number)),
  );
  const { lat, lon } = placeOf([at[0] as number, at[1] as number, at[2] as number]);
  return [lon, lat];
}

/** A polygon with corners around a place, at these distances; star-shaped, so simple, mostly not convex. */
function star(center: { lat: number; lon: number }, radii: number[], hole = 0): SphericalPolygon {
  const ring = (factor: number) => {
    const corners = radii.map((km, i) => away(center, (2 * Math.PI * i) / radii.length, factor * km));
    return [...corners, corners[0] as [number, number]];
  };
  return { type: 'polygon', coordinates: hole > 0 ? [ring(1), ring(hole)] : [ring(1)] };
}

/** Whether a place is inside, by the angle the outline turns around it: another way than the one under test. */
function holds(shape: Shape, lat: number, lon: number): boolean {
  const place = vectorOf(lat, lon);
  if (shape.type === 'circle')
    return angleBetween(place, vectorOf(shape.center.lat, shape.center.lon)) * EARTH_RADIUS_KM * 1000 < shape.radius_m;
  const plane = new TangentPlane(place);
  return shape.coordinates.every((ring, k) => {
    let turned = 0;
    for (let i = 0; i + 1 < ring.length; i++) {
      const [ax, ay] = plane.project(vectorOf(ring[i]?.[1] ?? 0, ring[i]?.[0] ?? 0));
      const [bx, by] = plane.project(vectorOf(ring[i + 1]?.[1] ?? 0, ring[i + 1]?.[0] ?? 0));
      turned += Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
    }
    return Math.abs(turned) > Math.PI === (k === 0);
  });
}

/** Places where a grid or a map is odd. */
const odd = fc.constantFrom(
  { lat: 90, lon: 0 },
  { lat: -90, lon: 0 },
  { lat: 89.2, lon: 77 },
  { lat: -17, lon: 180 },
  { lat: 66, lon: -179.8 },
  ...getPentagons(3).map((cell) => ({ lat: cellToLatLng(cell)[0], lon: cellToLatLng(cell)[1] })),
);
const anywhere = fc.record({
  lat: fc.double({ min: -1, max: 1, noNaN: true }).map((z) => Math.asin(z) / RADIANS),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
});
const center = fc.oneof(odd, anywhere);
const anyCircle = fc
  .tuple(center, fc.double({ min: -3, max: Math.log10(200_000), noNaN: true }))
  .map(([{ lat, lon }, power]) => circle(lat, lon, Math.min(200_000, 10 ** power)));
const anyPolygon = fc
  .tuple(
    center,
    fc.double({ min: -3, max: Math.log10(300), noNaN: true }),
    fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 5, maxLength: 30 }),
    fc.constantFrom(0, 0.5),
  )
  .map(([at, power, radii, hole]) =>
    star(
      at,
      radii.map((share) => share * 10 ** power),
      hole,
    ),
  );
/** A resolution at which the shape has few thousand cells at most. */
function resolutionFor(areaKm2: number, wanted: number): number {
  let resolution = wanted;
  while (resolution > 0 && areaKm2 / (4_250_000 / 7 ** resolution) > 3_000) resolution--;
  return resolution;
}

describe('the cover of a shape', () => {
  it('adds up to its area wherever it lies, every share above 0 and at most 1', () => {
    fc.assert(
      fc.property(fc.oneof(anyCircle, anyPolygon), fc.integer({ min: 0, max: 10 }), (shape, wanted) => {
        const coarse = cover(shape, 0, ALL);
        const resolution = resolutionFor(coarse.areaKm2, wanted);
        const { cells, shares, parts, areaKm2 } = cover(shape, resolution, ALL);
        const inKm2 = cells.reduce((sum, cell, i) => sum + (shares[i] ?? 0) * cellArea(cell, 'km2'), 0);
        // H3’s outlines fit together to a fraction of a millimetre, near a pole to a few; a shape of a metre notices.
        const { south, north } = boundsOf(shape);
        const gap = Math.max(-south, north) > 89.9 ? 1e-2 : 1e-4;
        const tolerance = 1e-7 + gap / Math.sqrt(areaKm2 * 1e6);
        expect(Math.abs(inKm2 / areaKm2 - 1)).toBeLessThan(tolerance);
        expect(Math.abs(parts.reduce((sum, part) => sum + part, 0) - 1)).toBeLessThan(tolerance);
        expect(areaKm2 / coarse.areaKm2).toBeCloseTo(1, 9);
        expect(shares.every((share) => share > 0 && share <= 1)).toBe(true);
        expect(cells).toEqual([...new Set(cells)].toSorted());
      }),
      { numRuns: 300 },
    );
  });

  it('has the shares that throwing points at it gives, and misses no cell', () => {
    fc.assert(
      fc.property(fc.oneof(anyCircle, anyPolygon), fc.integer(), (shape, seed) => {
        const { areaKm2 } = cover(shape, 0, ALL);
        // About twenty cells, down to the finest resolution.
        let resolution = 0;
        while (resolution < 15 && areaKm2 / (4_250_000 / 7 ** resolution) < 10) resolution++;
        const { cells, shares } = cover(shape, resolution, ALL);
        const random = generator(seed);
        const share = new Map(cells.map((cell, i) => [cell, shares[i] ?? 0]));
        // In a cell: where the points of it that fall into the shape are as many as its share says.
        for (const cell of cells.slice(0, 6)) {
          let inside = 0;
          let thrown = 0;
          while (thrown < 400) {
            const [lat, lon] = placeNear(cell, random);
            if (latLngToCell(lat, lon, resolution) !== cell) continue;
            thrown++;
            if (holds(shape, lat, lon)) inside++;
          }
          const expected = share.get(cell) ?? 0;
          // Five standard deviations of 400 throws; of a share that one throw in 400 would show, its own.
          const spread = 5 * Math.sqrt(Math.max(expected * (1 - expected), 1 / thrown) / thrown);
          expect(Math.abs(inside / thrown - expected)).toBeLessThanOrEqual(spread);
        }
        for (let i = 0; i < 200; i++) {
          const [lat, lon] = placeNear(cells[Math.floor(random() * cells.length)] ?? '', random, 2.5);
          if (holds(shape, lat, lon)) expect(share.has(latLngToCell(lat, lon, resolution))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of a cell is that cell, also of pentagons and of cells bent over an edge of the icosahedron', () => {
    for (const resolution of [2, 3, 5]) {
      const bent = getPentagons(resolution).flatMap(
        (pentagon) => cover(aroundCell(pentagon, 3), resolution, ALL).cells,
      );
      for (const cell of bent) {
        const outline = cellToBoundary(cell, true).map(([lon, lat]) => [lon, lat] as [number, number]);
        const { cells, shares } = cover({ type: 'polygon', coordinates: [outline] }, resolution, ALL);
        const own = shares[cells.indexOf(cell)] ?? 0;
        expect(own).toBeCloseTo(1, 6);
        for (const [i, other] of cells.entries()) if (other !== cell) expect(shares[i] ?? 1).toBeLessThan(1e-6);
      }
    }
  });

  it('of a place of a hand’s breadth in a cell of 12,000 km² is that cell with a share', () => {
    const { cells, shares, parts, areaKm2 } = cover(circle(43.65, -79.38, 0.1), 3, ALL);
    expect(cells).toEqual([latLngToCell(43.65, -79.38, 3)]);
    expect((shares[0] ?? 0) * cellArea(cells[0] ?? '', 'km2')).toBeCloseTo(Math.PI * 1e-8, 12);
    expect(areaKm2 / (Math.PI * 1e-8)).toBeCloseTo(1, 6);
    expect(parts[0]).toBeCloseTo(1, 6);
  });

  it('of a circle so small that its area is no number is its cell, with numbers', () => {
    const found = cover({ type: 'circle', center: { lat: 43.65, lon: -79.38 }, radius_m: 1e-170 }, 7, 100);
    expect(found.cells).toEqual([latLngToCell(43.65, -79.38, 7)]);
    expect([...found.parts, ...found.shares, found.areaKm2].every(Number.isFinite)).toBe(true);
    expect(found.parts[0]).toBe(1);
  });

  it('of a circle is that of a polygon with many corners', () => {
    const at = { lat: 61, lon: 179.9 };
    const round = cover(circle(at.lat, at.lon, 30_000), 6, ALL);
    const many = cover(
      star(
        at,
        Array.from({ length: 900 }, () => 30),
      ),
      6,
      ALL,
    );
    expect(many.areaKm2 / round.areaKm2).toBeCloseTo(1, 4);
    for (const [i, cell] of many.cells.entries())
      expect(Math.abs((many.shares[i] ?? 0) - (round.shares[round.cells.indexOf(cell)] ?? 0))).toBeLessThan(1e-3);
  });

  it('is the same whichever way the rings run and wherever they begin', () => {
    const shape = star({ lat: -17, lon: 179.9 }, [50, 20, 60, 30, 55, 10], 0.4);
    const turned: SphericalPolygon = {
      type: 'polygon',
      coordinates: shape.coordinates.map((ring) => ring.toReversed()),
    };
    const a = cover(shape, 6, ALL);
    const b = cover(turned, 6, ALL);
    expect(b.cells).toEqual(a.cells);
    for (const [i, share] of a.shares.entries()) expect(b.shares[i]).toBeCloseTo(share, 10);
  });

  it('is refused beyond the cells allowed', () => {
    expect(() => cover(circle(0, 0, 10_000), 8, 100)).toThrow(TooManyCellsError);
    expect(() => cover(circle(0, 0, 0), 8, 100)).toThrow('radius_m');
    expect(() => cover(circle(0, 0, 200_001), 8, 100)).toThrow('radius_m');
    expect(() => cover(circle(91, 0, 10), 8, 100)).toThrow('lat');
  });
});

describe('the bounds of a shape', () => {
  it('hold every place of it', () => {
    fc.assert(
      fc.property(fc.oneof(anyCircle, anyPolygon), fc.integer(), (shape, seed) => {
        const { west, width, south, north } = boundsOf(shape);
        expect(Math.abs(west)).toBeLessThanOrEqual(180);
        const random = generator(seed);
        const middle = shape.type === 'circle' ? shape.center : middleOf(shape);
        for (let i = 0; i < 200; i++) {
          const reach = shape.type === 'circle' ? shape.radius_m / 1000 : reachOf(shape, middle);
          const [lon, lat] = away(middle, 2 * Math.PI * random(), Math.sqrt(random()) * reach);
          if (!holds(shape, lat, lon)) continue;
          expect(lat).toBeGreaterThanOrEqual(south - 1e-9);
          expect(lat).toBeLessThanOrEqual(north + 1e-9);
          const east = (((lon - west) % 360) + 360) % 360;
          expect(Math.min(east, 360 - east < 1e-9 ? 0 : east)).toBeLessThanOrEqual(width + 1e-9);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are narrow across the antimeridian and whole at a pole', () => {
    expect(boundsOf(circle(0, 180, 11_120)).width).toBeCloseTo(0.2, 3);
    expect(boundsOf(circle(0, -179.99, 11_120)).west).toBeCloseTo(179.91, 3);
    expect(boundsOf(circle(89.99, 10, 11_120))).toMatchObject({ west: -180, width: 360, north: 90 });
    expect(boundsOf(star({ lat: -90, lon: 0 }, [100, 90, 110, 120]))).toMatchObject({ width: 360, south: -90 });
  });
});

describe('what is no polygon', () => {
  const bad: [string, number[][][], string, RegExp][] = [
    ['nothing', [], 'coordinates', /outer ring/],
    [
      'a line',
      [
        [
          [0, 0],
          [1, 1],
          [0, 0],
        ],
      ],
      'coordinates.0',
      /four positions/,
    ],
    [
      'an open ring',
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
      'coordinates.0',
      /end with/,
    ],
    [
      'no place',
      [
        [
          [0, 0],
          [1, 0],
          [1, 91],
          [0, 0],
        ],
      ],
      'coordinates.0.2',
      /lat/,
    ],
    [
      'three numbers',
      [
        [
          [0, 0],
          [1, 0, 5],
          [1, 1],
          [0, 0],
        ],
      ],
      'coordinates.0.1',
      /\[lon, lat\]/,
    ],
    [
      'a corner twice',
      [
        [
          [0, 0],
          [1, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
      'coordinates.0.2',
      /again/,
    ],
    [
      'a bow tie',
      [
        [
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
          [0, 0],
        ],
      ],
      'coordinates.0.0',
      /cross/,
    ],
    [
      'a ring that touches itself',
      [
        [
          [0, 0],
          [2, 0],
          [1, 1],
          [2, 2],
          [0, 2],
          [1, 1],
          [0, 0],
        ],
      ],
      'coordinates.0',
      /touch/,
    ],
    [
      'there and back',
      [
        [
          [0, 0],
          [1, 0],
          [2, 0],
          [1, 0],
          [0, 0],
        ],
      ],
      'coordinates.0',
      /meets|cross|touch/,
    ],
    [
      'a line with a middle',
      [
        [
          [0, 0],
          [1, 0],
          [2, 0],
          [0, 0],
        ],
      ],
      'coordinates.0',
      /meets|area/,
    ],
    [
      'a hole outside',
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
          [0, 0],
        ],
        [
          [2, 2],
          [2.1, 2],
          [2.1, 2.1],
          [2, 2],
        ],
      ],
      'coordinates.1',
      /outside/,
    ],
    [
      'a hole across the edge',
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
          [0, 0],
        ],
        [
          [0.5, 0.5],
          [1.5, 0.5],
          [0.5, 0.6],
          [0.5, 0.5],
        ],
      ],
      'coordinates.',
      /cross/,
    ],
    [
      'a hole in a hole',
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
          [0, 0],
        ],
        [
          [0.1, 0.1],
          [0.9, 0.1],
          [0.9, 0.9],
          [0.1, 0.1],
        ],
        [
          [0.5, 0.3],
          [0.6, 0.3],
          [0.6, 0.4],
          [0.5, 0.3],
        ],
      ],
      'coordinates.2',
      /inside the hole/,
    ],
    [
      'a continent',
      [
        [
          [-10, 0],
          [10, 0],
          [10, 20],
          [-10, 20],
          [-10, 0],
        ],
      ],
      'coordinates.0.0',
      /500 km/,
    ],
    [
      'the belt of the earth',
      [
        [
          [0, 0],
          [120, 0],
          [-120, 0],
          [0, 0],
        ],
      ],
      'coordinates.0.0',
      /500 km/,
    ],
  ];
  it.each(bad)('%s', (_, rings, path, message) => {
    const [problem] = polygonProblems(rings);
    expect(problem?.path.startsWith(path)).toBe(true);
    expect(problem?.message).toMatch(message);
  });

  it('says nothing against good ones', () => {
    fc.assert(
      fc.property(anyPolygon, (shape) => {
        expect(polygonProblems(shape.coordinates)).toEqual([]);
      }),
    );
    const many = star(
      { lat: 45, lon: 10 },
      Array.from({ length: 1_000 }, (_, i) => 50 + (i % 7)),
    );
    expect(polygonProblems(many.coordinates)).toEqual([]);
    const more = star(
      { lat: 45, lon: 10 },
      Array.from({ length: 1_001 }, () => 50),
    );
    expect(polygonProblems(more.coordinates)[0]).toMatchObject({ path: 'coordinates' });
  });
});

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A place thrown at the disc around a cell, evenly by area. */
function placeNear(cell: string, random: () => number, factor = 1): [lat: number, lon: number] {
  const [lat, lon] = cellToLatLng(cell);
  const middle = vectorOf(lat, lon);
  const reach = Math.max(...cellToBoundary(cell).map((corner) => angleBetween(middle, vectorOf(...corner))));
  const [placeLon, placeLat] = away(
    { lat, lon },
    2 * Math.PI * random(),
    factor * reach * Math.sqrt(random()) * EARTH_RADIUS_KM,
  );
  return [placeLat, placeLon];
}

function aroundCell(cell: string, edges: number): Circle {
  const [lat, lon] = cellToLatLng(cell);
  const corner = cellToBoundary(cell)[0] as [number, number];
  const reach = angleBetween(vectorOf(lat, lon), vectorOf(...corner)) * EARTH_RADIUS_KM * 1000;
  return circle(lat, lon, Math.min(200_000, edges * reach));
}

function middleOf(shape: SphericalPolygon): { lat: number; lon: number } {
  const sum = [0, 0, 0];
  for (const [lon, lat] of (shape.coordinates[0] ?? []).slice(1))
    vectorOf(lat as number, lon as number).forEach((x, i) => (sum[i] = (sum[i] as number) + x));
  return placeOf(unit([sum[0] as number, sum[1] as number, sum[2] as number]));
}

function reachOf(shape: SphericalPolygon, middle: { lat: number; lon: number }): number {
  const from = vectorOf(middle.lat, middle.lon);
  return (
    Math.max(
      ...(shape.coordinates[0] ?? []).map(([lon, lat]) => angleBetween(from, vectorOf(lat as number, lon as number))),
    ) * EARTH_RADIUS_KM
  );
}
