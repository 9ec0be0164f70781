import { gridDisk, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../process/codec.js';
import { meanInfluence, ratesOf } from '../process/kernel.js';
import type { Model } from '../process/model.js';
import { buildRegion } from '../process/region.js';
import { kernelMass } from '../process/scan.js';
import { influenceChannels, kernelWeights } from '../process/score.js';
import { seasonIntegral } from '../process/season.js';
import { sliceSeries } from '../process/series.js';
import { advance, stateAt } from '../process/state.js';
import { createRandom } from '../random.js';
import { fitSeverity, meanAmounts } from '../severity/index.js';
import { fitModelDispersion, withDispersion } from './dispersion.js';
import { scenarios } from './scenarios.js';
import { continueSimulation, simulate } from './simulate.js';
import { computeSurface, expectedCountOf, expectedCounts, lossQuantilesAt, surfaceAt } from './surface.js';
import { deserialiseSurface, serialiseSurface } from './surface-codec.js';

const region = buildRegion(gridDisk(latLngToCell(41.9, -87.7, 8), 7), { rings: 3, addNeighbours: false });
const kernel = {
  halfLives: Float64Array.of(0.1, 2, 30, 300, 3000),
  knots: Float64Array.of(0, 2),
  alpha: 0.3,
  referenceMark: 1,
  gain: Float64Array.of(0.35, 0.5),
  timeWeights: Float64Array.of(0.2, 0.2, 0.3, 0.2, 0.1, 0.1, 0.4, 0.2, 0.2, 0.1),
  spaceWeights: Float64Array.of(0.6, 0.2, 0.1, 0.05, 0.05, 0.4, 0.3, 0.15, 0.1, 0.05),
};
const drawMark = (random: ReturnType<typeof createRandom>): number => 2 * random.next();
const marks = Float64Array.from({ length: 2001 }, (_, i) => i / 1000);
const influence = meanInfluence(kernel, marks);
const base: Model = {
  region,
  kernel,
  background: Float64Array.from({ length: region.size }, (_, c) => 2e-3 * (1 + (c % 4))),
  season: {
    timeZone: 'America/Chicago',
    week: Float64Array.from({ length: 168 }, (_, k) => 1 + 0.6 * Math.sin((k * Math.PI) / 12)),
    year: new Float64Array(12).fill(1),
  },
  influence,
  branchingRatio: influence[0]! * kernel.gain[0]! + influence[1]! * kernel.gain[1]!,
  trainedFrom: 480_000,
  trainedTo: 481_000,
  trainedEvents: 1,
  dispersion: { horizons: Float64Array.of(24, 168), values: Float64Array.of(1.3, 1.8) },
};
const now = 481_000.25;
const { series } = simulate(base, 480_000, now, 2, { drawMark });
const state = stateAt(base, series, now);
const surface = computeSurface(base, state, now);
const total = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe('computeSurface', () => {
  it('has background and direct successors exactly: without later generations it is the integral of λ', () => {
    // A kernel of half the reach of the events to come would show in this sum; with influence 0 there are none.
    const alone = computeSurface({ ...base, influence: new Float64Array(2) }, state, now);
    const channels = influenceChannels(kernel, series.mark);
    const theta = kernelWeights(kernel, region);
    for (const horizon of [1, 24, 720]) {
      const mass = kernelMass(region, series, ratesOf(kernel.halfLives), channels, now, now + horizon);
      let exact = total(base.background) * seasonIntegral(base.season, now, now + horizon);
      mass.forEach((value, d) => (exact += value * theta[d]!));
      expect(total(expectedCounts(alone, horizon)) / exact - 1).toBeCloseTo(0, 5);
    }
  });

  it('expects in every cell what simulation brings, all generations', () => {
    const runs = 400;
    for (const horizon of [6, 72]) {
      const counts = new Float64Array(region.size);
      for (let run = 0; run < runs; run++) {
        const { series: future } = continueSimulation(base, state, now, now + horizon, createRandom(run), { drawMark });
        for (const cell of future.cell) counts[cell]! += 1 / runs;
      }
      const expected = expectedCounts(surface, horizon);
      expect(Math.abs(total(counts) / total(expected) - 1)).toBeLessThan(0.025);
      let chi = 0;
      for (let c = 0; c < region.size; c++) chi += ((counts[c]! - expected[c]!) ** 2 * runs) / expected[c]!;
      // Clusters make the variance larger than the mean; a cell forecast wrongly would make this a multiple of it.
      expect(chi / region.size).toBeGreaterThan(0.8);
      expect(chi / region.size).toBeLessThan(2);
    }
  });

  it('hardly depends on the knots', () => {
    const fine = computeSurface(base, state, now, {
      horizonKnots: Array.from({ length: 150 }, (_, i) => 720 * ((i + 1) / 150) ** 2.5),
    });
    for (const horizon of [1, 5, 24, 100, 500, 720]) {
      const [a, b] = [expectedCounts(surface, horizon), expectedCounts(fine, horizon)];
      expect(Math.abs(total(a) / total(b) - 1)).toBeLessThan(0.004);
      a.forEach((value, c) => expect(Math.abs(value / b[c]! - 1)).toBeLessThan(0.04));
    }
  });

  it('grows with the horizon in every cell', () => {
    let last: Float64Array = new Float64Array(region.size);
    for (const horizon of [1, 2, 3, 5, 8, 9, 24, 25, 72, 73, 240, 500, 720]) {
      const counts = expectedCounts(surface, horizon);
      counts.forEach((value, c) => expect(value).toBeGreaterThan(last[c]!));
      last = counts;
    }
  });

  it('answers one cell as it answers all', () => {
    const all = expectedCounts(surface, 30);
    for (const cell of [0, 17, region.size - 1]) expect(expectedCountOf(surface, cell, 30)).toBeCloseTo(all[cell]!, 12);
  });

  it('keeps nothing of the past but the state: a surface of the advanced state is that of a rebuilt one', () => {
    const later = now + 10;
    const a = computeSurface(base, advance(state, later), later);
    const b = computeSurface(base, stateAt(base, series, later), later);
    expectedCounts(a, 48).forEach((value, c) => expect(value).toBeCloseTo(expectedCounts(b, 48)[c]!, 9));
  });

  it('refuses a state of another time and horizons out of range', () => {
    expect(() => computeSurface(base, state, now + 1)).toThrow(RangeError);
    expect(() => computeSurface(base, state, now, { maxHorizon: 0 })).toThrow(RangeError);
    expect(() => computeSurface(base, state, now, { maxHorizon: 10_000 })).toThrow(RangeError);
    expect(() => expectedCounts(surface, 721)).toThrow(RangeError);
    expect(() => surfaceAt(surface, 0)).toThrow(RangeError);
  });
});

describe('surfaceAt', () => {
  const random = createRandom(3);
  const severity = fitSeverity({
    amounts: Float64Array.from(series.time, () => Math.exp(5 + 1.2 * random.normal())),
    cells: series.cell,
    size: region.size,
  });
  if (severity.kind !== 'amount') throw new Error('amounts expected');

  it('has probabilities below those of independent events, quantiles in order, losses of count times amount', () => {
    const slice = surfaceAt(surface, 24, severity);
    const mean = meanAmounts(severity);
    expect(slice.dispersion).toBeCloseTo(1.3, 12);
    for (let c = 0; c < region.size; c++) {
      const m = slice.expectedCount[c]!;
      expect(slice.pEvent[c]!).toBeGreaterThan(0);
      expect(slice.pEvent[c]!).toBeLessThan(1 - Math.exp(-m));
      expect(slice.q05[c]!).toBeLessThanOrEqual(slice.q50[c]!);
      expect(slice.q50[c]!).toBeLessThanOrEqual(slice.q95[c]!);
      expect(slice.expectedLoss[c]! / (m * mean[c]!)).toBeCloseTo(1, 9);
    }
    const [median, high] = lossQuantilesAt(slice, severity, [0.5, 0.95]);
    median!.forEach((value, c) => expect(value).toBeLessThanOrEqual(high![c]!));
  });

  it('interpolates the dispersion between horizons and has no losses without amounts', () => {
    const slice = surfaceAt(surface, 72);
    expect(slice.dispersion).toBeGreaterThan(1.3);
    expect(slice.dispersion).toBeLessThan(1.8);
    expect(total(slice.expectedLoss)).toBe(0);
  });
});

describe('surface codec', () => {
  const bytes = serialiseSurface(surface);

  it('brings a surface back bit by bit', () => {
    expect(deserialiseSurface(bytes, region)).toEqual(surface);
  });

  it('refuses damage and other regions', () => {
    const damaged = bytes.slice();
    damaged[bytes.length >> 1]! ^= 4;
    expect(() => deserialiseSurface(damaged, region)).toThrow(CodecError);
    const other = buildRegion(gridDisk(region.cells[0]!, 2), { addNeighbours: false });
    expect(() => deserialiseSurface(bytes, other)).toThrow(/cells/);
  });
});

describe('scenarios', () => {
  const cells = [region.indexOf(latLngToCell(41.9, -87.7, 8)), 3];

  it('are the same for the same seed, and the first five of ten are the five', () => {
    const ten = scenarios(base, surface, cells, 24, 10, 7);
    expect(scenarios(base, surface, cells, 24, 5, 7)).toEqual(ten.slice(0, 5));
    expect(ten.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(scenarios(base, surface, cells, 24, 10, 8)).not.toEqual(ten);
  });

  it('have the mean of the surface within 4 %', () => {
    const n = 6000;
    for (const horizon of [24, 168]) {
      const drawn = scenarios(base, surface, cells, horizon, n, 1);
      cells.forEach((cell, i) => {
        const mean = drawn.reduce((sum, { counts }) => sum + counts[i]!, 0) / n;
        const expected = expectedCountOf(surface, cell, horizon);
        expect(Math.abs(mean / expected - 1)).toBeLessThan(0.04 + 3 / Math.sqrt(n * expected));
      });
    }
  });

  it('draw neighbours jointly', () => {
    const at = (region.rings + 1) * cells[0]!;
    const neighbour = region.ringCells[region.ringStart[at + 1]!]!;
    const n = 20_000;
    const drawn = scenarios(base, surface, [cells[0]!, neighbour], 168, n, 2);
    const mean = [0, 1].map((i) => drawn.reduce((sum, { counts }) => sum + counts[i]!, 0) / n);
    let covariance = 0;
    let variance = 0;
    for (const { counts } of drawn) {
      covariance += ((counts[0]! - mean[0]!) * (counts[1]! - mean[1]!)) / n;
      variance += (counts[0]! - mean[0]!) ** 2 / n;
    }
    expect(covariance / variance).toBeGreaterThan(0.02);
    expect(variance / mean[0]!).toBeGreaterThan(1.1);
  });

  it('refuse cells and horizons that are not there', () => {
    expect(() => scenarios(base, surface, [region.size], 24, 1, 1)).toThrow(RangeError);
    expect(() => scenarios(base, surface, cells, 721, 1, 1)).toThrow(RangeError);
  });
});

describe('fitModelDispersion', () => {
  it('finds the clustering of past counts beyond Poisson, more of it at the longer horizon', () => {
    const dispersion = fitModelDispersion({ ...base, trainedTo: now }, series, { horizons: [6, 48], until: now });
    expect([...dispersion.horizons]).toEqual([6, 48]);
    expect(dispersion.values[0]!).toBeGreaterThan(1.02);
    expect(dispersion.values[1]!).toBeGreaterThan(dispersion.values[0]!);
    expect(dispersion.values[1]!).toBeLessThan(4);
    expect(withDispersion(base, dispersion).dispersion).toBe(dispersion);
  });

  it('does not look past `until`', () => {
    const until = now - 300;
    const cut = series.time.findIndex((t) => t >= until);
    const options = { horizons: [24], until };
    expect(fitModelDispersion(base, sliceSeries(series, 0, cut), options)).toEqual(
      fitModelDispersion(base, series, options),
    );
  });

  it('has nothing to say of horizons the data is too short for', () => {
    expect(fitModelDispersion(base, series, { horizons: [720] }).horizons).toHaveLength(0);
  });
});
