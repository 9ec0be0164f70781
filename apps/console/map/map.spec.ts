import { cellAt, ringsAround } from '#geo';
import { describe, expect, it } from 'vitest';
import { cornersOf } from './bounds.js';
import { CellSet, sameCells } from './cell-set.js';
import { decimalsOf, graticuleLines, graticuleOf, graticuleStep, multiples } from './graticule.js';
import { outlinesOf } from './outlines.js';

describe('cornersOf', () => {
  it('puts a margin around the box', () => {
    expect(cornersOf({ west: -88, south: 41, east: -87, north: 42 }, 0.5)).toEqual([
      [-88.5, 40.5],
      [-86.5, 42.5],
    ]);
  });

  it('goes on past 180 where the box crosses the antimeridian', () => {
    const [[west], [east]] = cornersOf({ west: 178, south: -18, east: -179, north: -17 }, 0);
    expect([west, east]).toEqual([178, 181]);
  });

  it('stays on the Mercator map', () => {
    const [[, south], [, north]] = cornersOf({ west: 0, south: -84, east: 1, north: 84 }, 5);
    expect([south, north]).toEqual([-85, 85]);
  });
});

describe('graticule', () => {
  it.each([
    [360, 45],
    [40, 10],
    [0.5, 0.1],
    [0.0004, 0.001],
  ])('takes for a span of %d° steps of %d°', (span, step) => expect(graticuleStep(span)).toBe(step));

  it('has as many decimals as its step', () => {
    expect([10, 1, 0.5, 0.1, 0.05, 0.001].map(decimalsOf)).toEqual([0, 0, 1, 1, 2, 3]);
  });

  it('counts without the dust of floating point', () => {
    expect(multiples(-0.31, 0.3, 0.1)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  });

  it('draws its lines beyond the edges, and none beyond the poles of the map', () => {
    const bounds = { west: -10, south: -80, east: 10, north: 80 };
    const graticule = graticuleOf(bounds);
    expect(graticule.parallels.every((lat) => Math.abs(lat) <= 80)).toBe(true);
    const points = graticuleLines(graticule, bounds).geometry.coordinates.flat();
    expect(Math.max(...points.map(([x]) => x as number))).toBe(30);
    expect(Math.max(...points.map(([, y]) => y as number))).toBeLessThan(85.1);
  });
});

describe('CellSet', () => {
  const cells = ringsAround(cellAt(41.88, -87.63, 8), 3).flat();
  const outlines = outlinesOf(cells);
  const set = new CellSet(cells, outlines);

  it('has a closed hexagon around each centre, numbered by its position', () => {
    const { features } = set.features();
    expect(features).toHaveLength(37);
    features.forEach(({ id, geometry }, i) => {
      const ring = geometry.coordinates[0] as [number, number][];
      expect(id).toBe(i);
      expect(ring).toHaveLength(7);
      expect(ring[0]).toEqual(ring[6]);
      const center = set.centerOf(cells[i] as string) as { lon: number; lat: number };
      expect(Math.hypot(center.lat - 41.88, center.lon + 87.63)).toBeLessThan(0.1);
      const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
      expect(center.lon).toBeGreaterThan(Math.min(...xs));
      expect(center.lon).toBeLessThan(Math.max(...xs));
      expect(center.lat).toBeGreaterThan(Math.min(...ys));
      expect(center.lat).toBeLessThan(Math.max(...ys));
    });
  });

  it('knows each cell by name, and no other', () => {
    expect(set.positionOf(cells[5] as string)).toBe(5);
    expect(set.polygonOf(cells[5] as string)).toEqual(set.features().features[5]?.geometry);
    expect(set.polygonOf('872b9bc71ffffff')).toBeNull();
    expect(set.centerOf('872b9bc71ffffff')).toBeNull();
  });

  it('reaches about half a kilometre from a centre at resolution 8', () => {
    expect(set.reach).toBeGreaterThan(0.003);
    expect(set.reach).toBeLessThan(0.006);
  });

  it('frames cells on both sides of the antimeridian in one narrow box', () => {
    const { box } = outlinesOf([cellAt(-17, 179.9, 6), cellAt(-17, -179.9, 6)]);
    const [[west], [east]] = cornersOf(box as NonNullable<typeof box>, 0);
    expect(east - west).toBeLessThan(1);
  });

  it('takes a pentagon, whose ring is another', () => {
    const pentagon = '85080003fffffff';
    const mixed = new CellSet([pentagon, cells[0] as string], outlinesOf([pentagon, cells[0] as string]));
    const ring = mixed.polygonOf(cells[0] as string)?.coordinates[0] as [number, number][];
    expect(ring).toEqual(set.polygonOf(cells[0] as string)?.coordinates[0]);
  });

  it('is empty for no cells', () => expect(outlinesOf([]).box).toBeNull());
});

describe('sameCells', () => {
  it('compares content and order', () => {
    expect(sameCells(['a', 'b'], ['a', 'b'])).toBe(true);
    expect(sameCells(['a', 'b'], ['b', 'a'])).toBe(false);
    expect(sameCells(['a'], ['a', 'b'])).toBe(false);
  });
});
