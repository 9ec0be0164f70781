import { gridDisk, latLngToCell } from 'h3-js';
import { describe, expect, it, vi } from 'vitest';
import { cover } from '#geo';
import { encodeWeights, TargetWeights } from './weights.js';

describe('the weights of a target', () => {
  const made = cover({ type: 'circle', center: { lat: -17, lon: 179.99 }, radius_m: 9_000 }, 7, 1_000);

  it('come back from their columns, to single precision', () => {
    const columns = encodeWeights(made);
    expect(columns.cells).toHaveLength(8 * made.cells.length);
    expect(columns.cells.toString('hex', 0, 8)).toBe(`0${made.cells[0]}`);
    const back = new TargetWeights(columns);
    expect([...back.shares]).toEqual([...made.shares].map(Math.fround));
    expect([...back.parts]).toEqual([...made.parts].map(Math.fround));
    expect(back.bytes).toBeGreaterThan(made.cells.length * 16);
  });

  it('find their cells in a region once', () => {
    const back = new TargetWeights(encodeWeights(made));
    const known = gridDisk(latLngToCell(-17, 179.99, 7), 1);
    const region = { indexOf: vi.fn<(cell: string) => number>((cell) => known.indexOf(cell)) };
    const positions = back.positions(region);
    expect([...positions]).toEqual(made.cells.map((cell) => known.indexOf(cell)));
    expect(back.positions(region)).toBe(positions);
    expect(region.indexOf).toHaveBeenCalledTimes(made.cells.length);
    expect([...back.positions({ indexOf: () => -1 })]).toEqual(made.cells.map(() => -1));
  });

  it('are refused when a column is cut short', () => {
    const { cells, weights } = encodeWeights(made);
    expect(() => new TargetWeights({ cells: cells.subarray(1), weights })).toThrow('damaged');
    expect(() => new TargetWeights({ cells, weights: weights.subarray(4) })).toThrow('damaged');
  });
});
