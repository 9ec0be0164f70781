import { gridDisk, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { buildRegion } from '#forecast';
import { boundaryRing, MAX_ZOOM, rollUp } from '#geo';
import { RegionTiles } from './region-tiles.js';
import { deepestZoom, visibleResolution } from './zoom.js';

const regionOf = (rings: number, resolution = 7) =>
  buildRegion(gridDisk(latLngToCell(43.65, -79.38, resolution), rings));

describe('the resolution of a zoom', () => {
  it('never gets coarser as one comes closer, and ends at the surface’s own', () => {
    for (const own of [0, 3, 7, 12]) {
      const chosen = Array.from({ length: MAX_ZOOM + 1 }, (_, zoom) => visibleResolution(zoom, own));
      expect(chosen).toEqual(chosen.toSorted((a, b) => a - b));
      expect(chosen[MAX_ZOOM]).toBe(own);
    }
    expect([0, 2, 4, 6, 8, 10].map((zoom) => visibleResolution(zoom, 15))).toEqual([2, 3, 5, 6, 8, 9]);
    expect([0, 5, 7, 9].map(deepestZoom)).toEqual([1, 8, 11, 13]);
  });

  it('is one at which no tile holds more cells than can be drawn in time', () => {
    const region = regionOf(90);
    const tiles = RegionTiles.of(region);
    for (let zoom = 0; zoom <= 12; zoom++) {
      const resolution = tiles.resolutionAt(zoom);
      expect(tiles.cells(resolution).fullestTile(zoom)).toBeLessThanOrEqual(4_000);
    }
    expect(region.size).toBeGreaterThan(24_000);
    expect(visibleResolution(7, 7)).toBe(7);
    expect(tiles.resolutionAt(7)).toBe(6);
    expect(tiles.resolutionAt(9)).toBe(7);
    // A small region has few cells in any tile: what can be seen decides.
    expect(RegionTiles.of(regionOf(10)).resolutionAt(7)).toBe(7);
  });
});

describe('the cells of a region', () => {
  it('belong to the region: surfaces of one model share them', () => {
    const region = regionOf(5);
    expect(RegionTiles.of(region)).toBe(RegionTiles.of(region));
    expect(RegionTiles.of(regionOf(5))).not.toBe(RegionTiles.of(region));
    expect(RegionTiles.of(region).cells().cells).toBe(region.cells);
  });

  it.each(['asked for', 'prepared'])('are grouped as their parents are, when they are %s', async (how) => {
    const region = regionOf(30);
    const tiles = RegionTiles.of(region);
    if (how === 'prepared') await tiles.prepare();
    for (const resolution of [3, 6, 5, 2]) {
      const expected = rollUp(region.cells, resolution);
      expect(tiles.grouping(resolution)).toEqual(expected);
      expect(tiles.cells(resolution).cells).toEqual(expected.parents);
    }
    expect(tiles.shownResolutions()).toEqual([7, 6, 5, 4, 3, 2]);
    expect(tiles.grouping(7)).toEqual(rollUp(region.cells, 7));
  });

  it('have their outline to the centimetre', () => {
    const region = regionOf(2);
    const { coordinates } = JSON.parse(RegionTiles.of(region).polygon(3)) as { coordinates: number[][][] };
    const ring = boundaryRing(region.cells[3] ?? '');
    expect(coordinates[0]).toHaveLength(ring.length);
    coordinates[0]?.forEach((corner, i) =>
      corner.forEach((degrees, axis) => expect(Math.abs(degrees - (ring[i]?.[axis] ?? 0))).toBeLessThan(1e-7)),
    );
  });
});
