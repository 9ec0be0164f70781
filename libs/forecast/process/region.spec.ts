import { cellToParent, gridDisk, gridDiskDistances, gridRing, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { buildRegion, RegionError } from './region.js';

const centre = latLngToCell(43.65, -79.38, 7);

function ringOf(region: ReturnType<typeof buildRegion>, cell: number, ring: number): string[] {
  const at = cell * (region.rings + 1) + ring;
  return Array.from(
    region.ringCells.subarray(region.ringStart[at], region.ringStart[at + 1]),
    (c) => region.cells[c]!,
  ).sort();
}

describe('buildRegion', () => {
  it('adds the direct neighbours and keeps cells sorted and unique', () => {
    const region = buildRegion([centre, centre]);
    expect([...region.cells]).toEqual(gridDisk(centre, 1).sort());
    expect(region.indexOf(centre)).toBe(region.cells.indexOf(centre));
    expect(region.indexOf('872a1072fffffff')).toBe(-1);
  });

  it('finds the rings that H3 finds, with holes and islands in the region', () => {
    // Every third cell of a disk, and an island three rings off its edge: paths between them lead outside.
    const cells = gridDisk(centre, 6).filter((_, i) => i % 3 === 0);
    const region = buildRegion(cells, { rings: 5, addNeighbours: false });
    const inside = new Set(region.cells);
    region.cells.forEach((cell, c) => {
      gridDiskDistances(cell, 5).forEach((ring, r) => {
        expect(ringOf(region, c, r)).toEqual(ring.filter((other) => inside.has(other)).sort());
      });
    });
  });

  it('gives the share of every ring that lies inside', () => {
    const region = buildRegion(gridDisk(centre, 4), { rings: 4, addNeighbours: false });
    const middle = region.indexOf(centre);
    for (let r = 0; r <= 4; r++) expect(region.share[middle * region.bases + r]).toBe(1);
    const corner = region.indexOf(gridRing(centre, 4)[0]!);
    expect(region.share[corner * region.bases]).toBe(1);
    expect(region.share[corner * region.bases + 1]).toBeLessThan(1);
    expect(region.share[corner * region.bases + 1]).toBeGreaterThan(0.3);
  });

  it('spreads the heavy tail over the parent and its ring', () => {
    const region = buildRegion(gridDisk(centre, 12), { rings: 2, parentLevels: [2], addNeighbours: false });
    const level = region.parentLevels[0]!;
    const c = region.indexOf(centre);
    const near = new Set(gridDisk(cellToParent(centre, 5), 1));
    const expected = region.cells.filter((cell) => near.has(cellToParent(cell, 5))).length;
    expect(region.bases).toBe(4);
    expect(region.share[c * 4 + 3]).toBeCloseTo(expected / 343, 12);
    expect(level.norm).toBe(343);
  });

  it('leaves out parent levels that the resolution does not have', () => {
    expect(buildRegion([latLngToCell(10, 10, 1)]).parentLevels).toHaveLength(0);
  });

  it.each([
    ['no cells', []],
    ['not a cell', ['nonsense']],
    ['two resolutions', [centre, cellToParent(centre, 6)]],
  ])('refuses %s', (_, cells) => {
    expect(() => buildRegion(cells)).toThrow(RegionError);
  });

  it('refuses rings out of range', () => {
    expect(() => buildRegion([centre], { rings: 0 })).toThrow(RegionError);
    expect(() => buildRegion([centre], { rings: 13 })).toThrow(RegionError);
  });

  it('works around a pentagon', () => {
    const pentagon = '870800000ffffff';
    const region = buildRegion([pentagon], { rings: 2 });
    expect(region.size).toBe(6);
    expect(ringOf(region, region.indexOf(pentagon), 1)).toHaveLength(5);
  });
});
