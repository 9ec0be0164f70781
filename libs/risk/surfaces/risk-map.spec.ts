import { cellToChildren, cellToLatLng, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { cellRisk, type LevelThresholds } from '#contracts';
import { countQuantile, createRandom, probabilityOfAny } from '#forecast';
import { atLeast, levelOf } from './levels.js';
import { presentCellRisk } from './present.js';
import { percentiles } from './ranks.js';
import { coarsen, selectCells } from './risk-map.js';
import { RiskView } from './risk-view.js';

const levels: LevelThresholds = { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 };
const parents = [latLngToCell(43.7, -79.4, 5), latLngToCell(-17, 179.9, 5)];
const cells = parents.flatMap((parent) => cellToChildren(parent, 7)).sort();
const random = createRandom(1);
const DISPERSION = 1.5;

function viewOf(expected: number[], names = cells): RiskView {
  const quantile = (p: number) => Uint32Array.from(expected, (mean) => countQuantile(p, mean, DISPERSION));
  const slice = {
    cells: names,
    dispersion: DISPERSION,
    expectedCount: Float64Array.from(expected),
    expectedLoss: Float64Array.from(expected, (mean) => 1000 * mean),
    pEvent: Float64Array.from(expected, (mean) => probabilityOfAny(mean, DISPERSION)),
    q05: quantile(0.05),
    q50: quantile(0.5),
    q95: quantile(0.95),
  };
  return new RiskView(slice, 24, (cell) => names.indexOf(cell));
}
const view = viewOf(cells.map(() => 2 * random.next() ** 3));

describe('levels', () => {
  it.each([
    [0, 'LOW'],
    [0.0499, 'LOW'],
    [0.05, 'MODERATE'],
    [0.1499, 'MODERATE'],
    [0.15, 'HIGH'],
    [0.4, 'CRITICAL'],
    [1, 'CRITICAL'],
  ] as const)('%s is %s', (p, level) => expect(levelOf(p, levels)).toBe(level));

  it('have an order', () => {
    expect(atLeast('CRITICAL', 'HIGH')).toBe(true);
    expect(atLeast('HIGH', 'HIGH')).toBe(true);
    expect(atLeast('MODERATE', 'HIGH')).toBe(false);
    expect(atLeast('LOW', 'LOW')).toBe(true);
  });
});

describe('percentiles', () => {
  it.each([
    [[], []],
    [[3], [50]],
    [
      [1, 2],
      [0, 100],
    ],
    [
      [5, 1, 3],
      [100, 0, 50],
    ],
    [
      [2, 2, 2],
      [50, 50, 50],
    ],
    [
      [0, 0, 0, 9],
      [33, 33, 33, 100],
    ],
  ])('of %j are %j', (values, ranks) => expect([...percentiles(values)]).toEqual(ranks));

  it('are the share of the others that are smaller, ties counted half', () => {
    const values = Array.from({ length: 300 }, () => random.integer(60));
    const expected = values.map((value) => {
      const below = values.filter((other) => other < value).length;
      const equal = values.filter((other) => other === value).length - 1;
      return Math.round((100 * (below + equal / 2)) / (values.length - 1));
    });
    expect([...percentiles(values)]).toEqual(expected);
  });
});

describe('a cell as it is shown', () => {
  it('has five digits of a probability and six of a loss, at any size', () => {
    const shown = presentCellRisk(viewOf([0.123456789, 0, 1e-300, 123456.789], cells.slice(0, 4)), 0, levels);
    expect(cellRisk.parse(shown)).toEqual(shown);
    expect(shown.expected_count).toBe(0.12346);
    expect(shown.expected_loss).toBe(123.457);
    const tiny = presentCellRisk(viewOf([1e-300, 1e-320, 0], cells.slice(0, 3)), 1, levels);
    expect(tiny.expected_count).toBeCloseTo(0, 10);
    expect(Number.isFinite(tiny.expected_count)).toBe(true);
    expect(presentCellRisk(viewOf([0], cells.slice(0, 1)), 0, levels)).toMatchObject({
      p_event: 0,
      expected_count: 0,
      expected_loss: 0,
      risk_score: 50,
      level: 'LOW',
    });
  });

  it('has the level of its probability, not of the rounded one', () => {
    const just = viewOf([0], cells.slice(0, 1));
    just.slice.pEvent[0] = 0.1499999;
    expect(presentCellRisk(just, 0, levels)).toMatchObject({ p_event: 0.15, level: 'MODERATE' });
  });
});

describe('the cells of a map', () => {
  const all = selectCells(view, levels, { bbox: undefined, minLevel: undefined });

  it('are all of them, in their order', () => {
    expect(all.map(({ cell }) => cell)).toEqual(cells);
  });

  it('are those of a level and above', () => {
    const high = selectCells(view, levels, { bbox: undefined, minLevel: 'HIGH' });
    expect(high).toEqual(
      all.filter(({ p_event, level }) => p_event >= 0.15 && level !== 'MODERATE' && level !== 'LOW'),
    );
    expect(high.length).toBeGreaterThan(0);
    expect(high.length).toBeLessThan(all.length);
  });

  it.each([
    { west: -79.5, south: 43.6, east: -79.3, north: 43.8 },
    { west: 179.8, south: -18, east: -179.9, north: -16 },
    { west: -180, south: -90, east: 180, north: 90 },
    { west: 0, south: 0, east: 1, north: 1 },
  ])('are those whose centre lies in %j', (bbox) => {
    const inside = all.filter(({ cell }) => {
      const [lat, lon] = cellToLatLng(cell);
      const within =
        bbox.west <= bbox.east ? lon >= bbox.west && lon <= bbox.east : lon >= bbox.west || lon <= bbox.east;
      return within && lat >= bbox.south && lat <= bbox.north;
    });
    expect(selectCells(view, levels, { bbox, minLevel: undefined })).toEqual(inside);
  });
});

describe('a coarser map', () => {
  const coarse = coarsen(view, 5);

  it('adds counts and losses up, and nothing is lost', () => {
    expect(coarse.slice.cells.toSorted()).toEqual(parents.toSorted());
    const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
    expect(sum(coarse.slice.expectedCount)).toBeCloseTo(sum(view.slice.expectedCount), 9);
    expect(sum(coarse.slice.expectedLoss)).toBeCloseTo(sum(view.slice.expectedLoss), 6);
    for (const parent of parents) {
      const expected = sum(
        cellToChildren(parent, 7).map((cell) => view.slice.expectedCount[view.indexOf(cell)] ?? Number.NaN),
      );
      const at = coarse.indexOf(parent);
      expect(coarse.slice.expectedCount[at]).toBeCloseTo(expected, 9);
      expect(coarse.slice.pEvent[at]).toBeCloseTo(probabilityOfAny(expected, DISPERSION), 9);
      expect(coarse.slice.q95[at]).toBe(countQuantile(0.95, expected, DISPERSION));
      expect(coarse.slice.q50[at]).toBe(countQuantile(0.5, expected, DISPERSION));
    }
  });

  it('ranks its own cells and knows no others', () => {
    expect([...coarse.riskScore].toSorted((a, b) => a - b)).toEqual([0, 100]);
    expect(coarse.indexOf(cells[0] ?? '')).toBe(-1);
    expect(coarse.meanCount).toBeCloseTo((view.meanCount * cells.length) / 2, 9);
  });
});
