import { describe, expect, it } from 'vitest';
import { countQuantiles, sampleCount } from '../distributions/index.js';
import { createRandom } from '../random.js';
import {
  areaScore,
  binaryLogLikelihood,
  BrierAccumulator,
  brierScore,
  combineAreaScores,
  combineCoverage,
  combinePit,
  conditionalLikelihoodTest,
  coverage,
  informationGain,
  likelihoodTest,
  logScorePerCell,
  numberTest,
  pitHistogram,
  pointLogLikelihood,
  poissonLogLikelihood,
  randomizedPit,
  ratesAtEvents,
  spatialTest,
  tTest,
  wTest,
} from './index.js';

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** A random forecast of `n` cells and what a world that follows it brings. */
function world(n: number, seed: number, dispersion = 1) {
  const random = createRandom(seed);
  const expected = Float64Array.from({ length: n }, () => Math.exp(-1 + 1.3 * random.normal()));
  const observed = expected.map((mean) => sampleCount(mean, dispersion, random));
  return { expected, observed };
}

describe('likelihood', () => {
  it('is the sum of its cells', () => {
    const { expected, observed } = world(50, 1);
    expect(sum(logScorePerCell(expected, observed))).toBeCloseTo(poissonLogLikelihood(expected, observed), 10);
    expect(poissonLogLikelihood([2], [3])).toBeCloseTo(3 * Math.log(2) - 2 - Math.log(6), 13);
  });

  it('is −Σλ without events, 0 for nothing, and −Infinity for the impossible', () => {
    expect(poissonLogLikelihood([0.5, 0], [0, 0])).toBe(-0.5);
    expect(poissonLogLikelihood([], [])).toBeCloseTo(0);
    expect(poissonLogLikelihood([0, 1], [1, 0])).toBe(-Infinity);
    expect(binaryLogLikelihood([0, 1], [1, 0])).toBe(-Infinity);
    expect(logScorePerCell([0, 1], [0, 0])[0]).toBeCloseTo(0);
  });

  it('counts points per event', () => {
    expect(pointLogLikelihood([0.5, 2], 3)).toBeCloseTo((Math.log(0.5) + Math.log(2) - 3) / 2, 13);
    expect(pointLogLikelihood([], 3)).toBe(0);
    expect(pointLogLikelihood([0], 3)).toBe(-Infinity);
  });

  it.each([
    [() => poissonLogLikelihood([1, Number.NaN], [0, 0]), 'expected[1]'],
    [() => poissonLogLikelihood([1, -1], [0, 0]), 'expected[1]'],
    [() => poissonLogLikelihood([1, 1], [0, 0.5]), 'observed[1]'],
    [() => binaryLogLikelihood([1, 1], [0]), 'observed'],
    [() => pointLogLikelihood([Infinity], 1), 'intensity[0]'],
    [() => pointLogLikelihood([1], Number.NaN), 'integral'],
    [() => ratesAtEvents([1, 2], [0, 2]), 'cellOfEvent[1]'],
    [() => numberTest(Number.NaN, 1), 'expected'],
    [() => numberTest(1, -1), 'observed'],
    [() => numberTest(1, 1, 0.5), 'dispersion'],
    [() => spatialTest([0, 0], [1, 0]), 'expected'],
    [() => likelihoodTest([1], [1], { simulations: 0 }), 'simulations'],
    [() => areaScore([1, 2], [0, 0], 0), 'areaShare'],
    [() => areaScore([1, 2], [0, 0], 1.1), 'areaShare'],
    [() => areaScore([1, 2], [0, 0], 0.5, [1, 0]), 'areas[1]'],
    [() => areaScore([1, 2], [0, 0], 0.5, [1]), 'areas'],
    [() => areaScore([1, Number.NaN], [0, 0], 0.5), 'expected[1]'],
    [() => combineAreaScores([]), 'windows'],
    [() => brierScore([0.5, 1.5], [0, 1]), 'probabilities[1]'],
    [() => brierScore([0.5], [Number.NaN]), 'observed[0]'],
    [() => coverage([2], [1], [1]), 'lower[0]'],
    [() => pitHistogram([0.5, Number.NaN]), 'values[1]'],
    [() => randomizedPit([1], [1, 2], 1, 1), 'observed'],
  ])('names what is wrong (%#)', (call, argument) => {
    expect(call).toThrow(expect.objectContaining({ name: 'InvalidArgument', argument }));
  });
});

describe('comparison', () => {
  const a = { rates: [0.5, 2, 0.3, 1], total: 4 };
  const b = { rates: [0.4, 1, 0.6, 0.5], total: 5 };

  it('gains what the formula says, and loses it the other way round', () => {
    const logs = Math.log(0.5 / 0.4) + Math.log(2) + Math.log(0.5) + Math.log(2);
    expect(informationGain(a, b)).toBeCloseTo((logs - (4 - 5)) / 4, 13);
    const there = tTest(a, b);
    const back = tTest(b, a);
    expect(back.gain).toBeCloseTo(-there.gain, 13);
    expect(back.lower).toBeCloseTo(-there.upper, 13);
    expect(back.t).toBeCloseTo(-there.t, 12);
  });

  it('has an interval that covers the true gain as often as it says', () => {
    const random = createRandom(6);
    let covered = 0;
    for (let trial = 0; trial < 600; trial++) {
      const rates = Array.from({ length: 40 }, () => Math.exp(0.2 + 0.8 * random.normal()));
      const { lower, upper } = tTest({ rates, total: 10 }, { rates: rates.map(() => 1), total: 10 });
      if (lower <= 0.2 && 0.2 <= upper) covered++;
    }
    expect(covered / 600).toBeGreaterThan(0.92);
    expect(covered / 600).toBeLessThan(0.98);
  });

  it('knows nothing from no event, and little from one', () => {
    expect(informationGain({ rates: [], total: 1 }, { rates: [], total: 2 })).toBe(0);
    const one = tTest({ rates: [2], total: 1 }, { rates: [1], total: 1 });
    expect(one).toMatchObject({ lower: -Infinity, upper: Infinity, events: 1, verdict: 0 });
    expect(one.gain).toBeCloseTo(Math.LN2, 14);
  });

  it('is sure when every event says the same', () => {
    const better = tTest({ rates: [2, 2, 2], total: 3 }, { rates: [1, 1, 1], total: 3 });
    expect(better).toMatchObject({ t: Infinity, verdict: 1 });
    expect(better.lower).toBeCloseTo(Math.LN2, 12);
    expect(tTest(a, a)).toMatchObject({ gain: 0, t: 0, verdict: 0 });
  });

  it('refuses a rate of zero at an event, by name', () => {
    expect(() => tTest({ rates: [0, 1], total: 1 }, { rates: [1, 1], total: 1 })).toThrow('a.rates[0] is 0');
    expect(() => wTest({ rates: [1, 1], total: 1 }, { rates: [1, 0], total: 1 })).toThrow('b.rates[1] is 0');
    expect(() => tTest({ rates: [1], total: 1 }, { rates: [1, 1], total: 1 })).toThrow('b.rates has 2 entries');
  });

  it('ranks signed differences, ties sharing their rank', () => {
    // Differences 1, −2, 3, 3: ranks 1, 2, 3.5, 3.5; the negative rank sum is 2.
    const found = wTest({ rates: [1, -2, 3, 3].map(Math.exp), total: 2 }, { rates: [1, 1, 1, 1], total: 2 });
    expect(found.statistic).toBeCloseTo(2, 12);
    // Ties may be broken by rounding in exp and log: then the variance has no correction.
    const variance = [(4 * 5 * 9 - 0.5 * 6) / 24, (4 * 5 * 9) / 24];
    expect(variance.some((v) => Math.abs(found.z - (2 - 5) / Math.sqrt(v)) < 1e-9)).toBe(true);
    expect(wTest(a, a)).toEqual({ statistic: 0, z: 0, pValue: 1, events: 0 });
  });

  it('W rejects a true null hypothesis about as often as it should', () => {
    const random = createRandom(14);
    let rejected = 0;
    for (let trial = 0; trial < 500; trial++) {
      const rates = Array.from({ length: 30 }, () => Math.exp(random.normal()));
      if (wTest({ rates, total: 1 }, { rates: rates.map(() => 1), total: 1 }).pValue < 0.05) rejected++;
    }
    expect(rejected / 500).toBeGreaterThan(0.02);
    expect(rejected / 500).toBeLessThan(0.09);
  });
});

describe('consistency', () => {
  it('N has both tails, and they widen with the dispersion', () => {
    const poisson = numberTest(10, 20);
    const dispersed = numberTest(10, 20, 4);
    expect(poisson.delta1).toBeLessThan(0.005);
    expect(dispersed.delta1).toBeGreaterThan(0.03);
    expect(numberTest(0, 0)).toMatchObject({ delta1: 1, delta2: 1 });
    expect(numberTest(0, 1)).toMatchObject({ delta1: 0, delta2: 1 });
  });

  it('takes the same seed for the same quantile', () => {
    const { expected, observed } = world(80, 2);
    const first = likelihoodTest(expected, observed, { simulations: 200, seed: 5 });
    expect(likelihoodTest(expected, observed, { simulations: 200, seed: 5 })).toEqual(first);
    expect(likelihoodTest(expected, observed, { simulations: 200, seed: 6 }).simulated).not.toEqual(first.simulated);
    expect(first.observed).toBeCloseTo(poissonLogLikelihood(expected, observed), 9);
  });

  it('accepts worlds that follow the forecast, and rejects a wrong map', () => {
    const quantiles = [11, 12, 13, 14, 15, 16].flatMap((seed) => {
      const { expected, observed } = world(150, seed);
      const options = { simulations: 300, seed };
      return [likelihoodTest, conditionalLikelihoodTest, spatialTest].map(
        (test) => test(expected, observed, options).quantile,
      );
    });
    expect(quantiles.filter((q) => q < 0.025).length).toBeLessThanOrEqual(3);
    expect(Math.max(...quantiles)).toBeGreaterThan(0.5);
    const { expected, observed } = world(150, 21);
    const wrong = expected.slice().reverse();
    expect(spatialTest(wrong, observed, { simulations: 300 }).quantile).toBe(0);
    expect(conditionalLikelihoodTest(wrong, observed, { simulations: 300 }).quantile).toBe(0);
  });

  it('is at ease without events', () => {
    expect(conditionalLikelihoodTest([0.1, 0.2], [0, 0], { simulations: 10 }).quantile).toBe(1);
    expect(spatialTest([0.1, 0.2], [0, 0], { simulations: 10 })).toMatchObject({ quantile: 1, observed: 0 });
  });
});

describe('areaScore', () => {
  it('is what the definition says', () => {
    const expected = [5, 1, 4, 2, 3, 0, 0, 0, 0, 0];
    const observed = [3, 9, 0, 1, 0, 0, 0, 0, 0, 7];
    const top = areaScore(expected, observed, 0.2);
    // Cells 0 and 2 are flagged: 3 of 20 events; the best two would have had 16.
    expect(top).toMatchObject({ hits: 3, bestHits: 16, events: 20 });
    expect(top.pai).toBeCloseTo(3 / 20 / 0.2, 13);
    expect(top.pei).toBeCloseTo(3 / 16, 13);
    expect(areaScore(expected, observed, 1)).toMatchObject({ pai: 1, pei: 1 });
  });

  it('has the figures of the Portland challenge', () => {
    const share = (58 * 600 * 600) / 4_117_777_129;
    const of = (hits: number, events: number) =>
      combineAreaScores([{ hits, bestHits: hits, events, areaShare: share }]).pai;
    expect(of(90, 1931)).toBeCloseTo(9.19, 2);
    expect(of(343, 4646)).toBeCloseTo(14.56, 2);
  });

  it('flags by density where areas differ, and a part of a cell where area runs out', () => {
    const areas = [4, 1, 1, 4];
    // Densities 1, 3, 2, 0.5: cells 1 and 2 are two of ten units of area.
    expect(areaScore([4, 3, 2, 2], [10, 1, 1, 0], 0.2, areas).hits).toBe(2);
    expect(areaScore([4, 3, 2, 2], [10, 1, 1, 0], 0.3, areas).hits).toBeCloseTo(2 + 10 / 4, 12);
  });

  it('gives a flat forecast no credit, in whatever order its cells stand', () => {
    const observed = [9, 0, 0, 0, 1];
    expect(areaScore([1, 1, 1, 1, 1], observed, 0.2).pai).toBeCloseTo(1, 12);
    expect(areaScore([1, 1, 1, 1, 1], observed.slice().reverse(), 0.2).pai).toBeCloseTo(1, 12);
    expect(areaScore([0, 0, 0, 0, 0], observed, 0.4).pai).toBeCloseTo(1, 12);
  });

  it('never beats the best, and is 1 for the truth itself', () => {
    for (let seed = 1; seed < 40; seed++) {
      const { expected, observed } = world(60, seed);
      const random = createRandom(seed);
      const areas = expected.map(() => 1 + random.next());
      for (const share of [0.01, 0.05, 0.33]) {
        const { pei, hits, bestHits } = areaScore(expected, observed, share, areas);
        expect(hits).toBeLessThanOrEqual(bestHits + 1e-9);
        expect(pei).toBeLessThanOrEqual(1 + 1e-9);
        expect(areaScore(observed, observed, share, areas).pei).toBeCloseTo(1, 10);
      }
    }
  });

  it('adds windows up by their events', () => {
    const one = areaScore([2, 1], [1, 0], 0.5);
    const two = areaScore([2, 1], [1, 9], 0.5);
    expect(combineAreaScores([one, two])).toMatchObject({ hits: 2, events: 11, bestHits: 10 });
    expect(areaScore([1, 2], [0, 0], 0.5).pai).toBeNaN();
    expect(combineAreaScores([one, areaScore([2, 1], [0, 0], 0.5)]).pai).toBeCloseTo(2, 12);
    expect(() => combineAreaScores([one, areaScore([2, 1], [1, 0], 0.25)])).toThrow('windows[1].areaShare');
  });
});

describe('Brier', () => {
  it('is the mean squared difference', () => {
    expect(brierScore([0.2, 0.9, 0], [0, 3, 0]).score).toBeCloseTo((0.04 + 0.01 + 0) / 3, 14);
    expect(brierScore([0, 1], [0, 1]).score).toBe(0);
    expect(brierScore([], []).score).toBeNaN();
  });

  it('decomposes, and finds a calibrated forecast reliable', () => {
    const random = createRandom(3);
    const p = Float64Array.from({ length: 100_000 }, () => 1 / (1 + Math.exp(3 - 1.5 * random.normal())));
    const y = p.map((value) => (random.next() < value ? 1 : 0));
    const found = brierScore(p, y);
    expect(found.reliability - found.resolution + found.uncertainty).toBeCloseTo(found.score, 3);
    expect(found.reliability).toBeLessThan(1e-4);
    expect(found.score).toBeLessThan(found.uncertainty);
    for (const bin of found.curve.filter((b) => b.count > 1000)) {
      expect(Math.abs(bin.forecast - bin.observed)).toBeLessThan(
        5 * Math.sqrt((bin.forecast * (1 - bin.forecast)) / bin.count),
      );
    }
    expect(
      brierScore(
        p.map((value) => value / 3),
        y,
      ).reliability,
    ).toBeGreaterThan(10 * found.reliability);
  });

  it('is the same window by window, and keeps nothing of a bad one', () => {
    const both = new BrierAccumulator();
    both.add([0.1, 0.7], [0, 1]);
    expect(() => both.add([0.4, 2], [1, 1])).toThrow('probabilities[1]');
    both.add([0.01], [1]);
    expect(both.result()).toEqual(brierScore([0.1, 0.7, 0.01], [0, 1, 1]));
  });
});

describe('calibration', () => {
  it('covers at least nine in ten, ends included', () => {
    const { expected, observed } = world(20_000, 4, 1.8);
    const [lower, upper] = countQuantiles(expected, [0.05, 0.95], 1.8) as [Uint32Array, Uint32Array];
    const found = coverage(lower, upper, observed);
    expect(found.inside).toBeGreaterThan(0.9);
    expect(found.above).toBeLessThan(0.05);
    expect(found.inside + found.below + found.above).toBeCloseTo(1, 12);
    expect(coverage([0, 1], [0, 2], [0, 2])).toEqual({ inside: 1, below: 0, above: 0, count: 2 });
    expect(combineCoverage([coverage([0], [1], [5]), coverage([1, 0, 0], [1, 1, 1], [0, 1, 1])])).toEqual({
      inside: 0.5,
      below: 0.25,
      above: 0.25,
      count: 4,
    });
  });

  it('PIT is uniform for the right distribution and not for a wrong one', () => {
    const { expected, observed } = world(20_000, 8, 2);
    const of = (mean: Float64Array, phi: number) => pitHistogram(randomizedPit(mean, observed, phi, 3));
    expect(of(expected, 2).pValue).toBeGreaterThan(0.001);
    expect(of(expected, 2).total).toBe(20_000);
    expect(of(expected, 1).pValue).toBeLessThan(1e-6);
    expect(
      of(
        expected.map((m) => 1.3 * m),
        2,
      ).pValue,
    ).toBeLessThan(1e-6);
    expect(randomizedPit(expected, observed, 2, 3)).toEqual(randomizedPit(expected, observed, 2, 3));
    expect(randomizedPit(expected, observed, 2, createRandom(3))).toEqual(randomizedPit(expected, observed, 2, 3));
  });

  it('histograms are added by bin', () => {
    const joined = combinePit([pitHistogram([0, 0.55], 2), pitHistogram([1, 0.7], 2)]);
    expect(joined).toMatchObject({ counts: [1, 3], total: 4 });
    expect(pitHistogram([]).pValue).toBeNaN();
    expect(combinePit([]).total).toBe(0);
    expect(() => combinePit([pitHistogram([0], 2), pitHistogram([0], 3)])).toThrow('parts[1].counts');
  });
});
