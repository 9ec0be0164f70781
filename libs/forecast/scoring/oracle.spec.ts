import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  brierScore,
  binaryLogLikelihood,
  conditionalLikelihoodTest,
  likelihoodTest,
  numberTest,
  poissonLogLikelihood,
  ratesAtEvents,
  spatialTest,
  tTest,
  wTest,
} from './index.js';

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe('small numbers of pyCSEP', () => {
  it('has the T-test of two 2 × 2 forecasts', () => {
    // The reference lists each of the four cells once, with N = 19 observed events: in its formula the 15 events that
    // are not listed count as events with equal rates. They are listed here, which is the same sum.
    const unlisted = new Array<number>(5 + 8 + 4 + 2 - 4).fill(1);
    const result = tTest(
      { rates: [8, 2, 3, 5, ...unlisted], total: 18 },
      { rates: [6, 4, 2, 8, ...unlisted], total: 20 },
    );
    expect(result.t).toBeCloseTo(1.5385261717, 9);
    expect(result.critical).toBeCloseTo(2.1009220402, 9);
    expect(result.gain).toBeCloseTo(0.0805261248, 9);
    expect(result.lower).toBeCloseTo(-0.0294356773, 9);
    expect(result.upper).toBeCloseTo(0.1904879268, 9);
    expect(result.verdict).toBe(0);
  });

  it('has the N-test of a forecast near nothing', () => {
    const { delta1, delta2 } = numberTest(0.0015, 0);
    expect(delta1).toBe(1);
    expect(delta2).toBeCloseTo(0.9985011244, 10);
  });

  it('has the binary log-likelihood', () => {
    expect(binaryLogLikelihood([0.1, 0.3, 0.4, 0.2, 0.1, 0.1], [0, 1, 2, 1, 1, 0])).toBeCloseTo(-6.7197988064, 9);
  });
});

const ORACLE = '../shared/oracle';
const present = existsSync(`${ORACLE}/pycsep_example_rate_zoom6.csv`);

/** Six years of the example forecast on the 4,096 quadtree tiles of zoom 6, and its 651 events. */
function example() {
  const yearly = readFileSync(`${ORACLE}/pycsep_example_rate_zoom6.csv`, 'utf8').trim().split('\n').map(Number);
  const expected = Float64Array.from(yearly, (rate) => rate * 6);
  const observed = new Float64Array(expected.length);
  const eventCells: number[] = [];
  for (const line of readFileSync(`${ORACLE}/pycsep_cat_test.csv`, 'utf8').trim().split('\n').slice(1)) {
    const [, , lat, lon] = line.split(',').map(Number) as [number, number, number, number];
    const x = Math.floor(((lon + 180) / 360) * 64);
    const phi = (lat * Math.PI) / 180;
    const y = Math.floor(((1 - Math.asinh(Math.tan(phi)) / Math.PI) / 2) * 64);
    let cell = 0;
    for (let bit = 5; bit >= 0; bit--) cell = cell * 4 + ((x >> bit) & 1) + 2 * ((y >> bit) & 1);
    observed[cell] = (observed[cell] as number) + 1;
    eventCells.push(cell);
  }
  // Area of a tile on the sphere: its width in longitude times the difference of the sines of its latitudes.
  const areas = Float64Array.from(expected, (_, cell) => {
    let y = 0;
    for (let digit = 5; digit >= 0; digit--) y = y * 2 + ((Math.floor(cell / 4 ** digit) >> 1) & 1);
    const sine = (row: number): number => Math.tanh(Math.PI * (1 - (2 * row) / 64));
    return sine(y) - sine(y + 1);
  });
  return { expected, observed, eventCells, areas };
}

describe.skipIf(!present)('the pyCSEP example forecast', () => {
  const { expected, observed, eventCells, areas } = present ? example() : ({} as ReturnType<typeof example>);
  // Both are shares of 1,000 simulations: four standard errors of their difference.
  const error = (reference: number) => 4 * Math.sqrt((2 * reference * (1 - reference)) / 1000);

  it('sums to N and has the N-tests', () => {
    const total = sum(expected);
    expect(total).toBeCloseTo(697.1141372763753, 9);
    expect(sum(observed)).toBe(651);
    const poisson = numberTest(total, 651);
    expect(poisson.delta1).toBeCloseTo(0.9624088576323864, 11);
    expect(poisson.delta2).toBeCloseTo(0.04087631033915505, 11);
    const negativeBinomial = numberTest(total, 651, 3);
    expect(negativeBinomial.delta1).toBeCloseTo(0.84627101, 8);
    expect(negativeBinomial.delta2).toBeCloseTo(0.15917351, 8);
  });

  it('has L, S and the Brier score', () => {
    expect(poissonLogLikelihood(expected, observed)).toBeCloseTo(-657.8209615470561, 8);
    expect(spatialTest(expected, observed, { simulations: 1 }).observed).toBeCloseTo(-656.260945414084, 8);
    const p = expected.map((rate) => -Math.expm1(-rate));
    expect(brierScore(p, observed).score).toBeCloseTo(0.020695532089272935, 14);
  });

  it('has the quantile scores within simulation error', () => {
    expect(Math.abs(spatialTest(expected, observed).quantile - 0.052)).toBeLessThan(error(0.052));
    expect(Math.abs(conditionalLikelihoodTest(expected, observed).quantile - 0.052)).toBeLessThan(error(0.052));
    expect(Math.abs(likelihoodTest(expected, observed).quantile - 0.233)).toBeLessThan(error(0.233));
  });

  it('has the T-test against an area-uniform forecast', () => {
    const scale = sum(expected) / sum(areas);
    const uniform = areas.map((area) => area * scale);
    const a = { rates: ratesAtEvents(expected, eventCells), total: sum(expected) };
    const b = { rates: ratesAtEvents(uniform, eventCells), total: sum(uniform) };
    const result = tTest(a, b);
    expect(result.gain).toBeCloseTo(2.02585576, 7);
    expect(result.lower).toBeCloseTo(1.92917605, 7);
    expect(result.upper).toBeCloseTo(2.12253548, 7);
    expect(result.t).toBeCloseTo(41.1462906, 6);
    expect(result.verdict).toBe(1);
    expect(wTest(a, b).pValue).toBeLessThan(1e-30);
  });
});
