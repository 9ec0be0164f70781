import { gridDisk, latLngToCell } from 'h3-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { simulate } from '../simulate/simulate.js';
import { FitCancelledError, FitInputError, type FitResult } from './fit-options.js';
import { fit } from './fit.js';
import type { Kernel } from './kernel.js';
import { buildRegion } from './region.js';
import { score } from './score.js';
import { type EventSeries, seriesOf, SeriesError } from './series.js';

const region = buildRegion(gridDisk(latLngToCell(41.9, -87.7, 8), 9), { addNeighbours: false });
const start = 400_000;
const end = start + 2 * 8766;

function kernelWith(changes: Partial<Kernel>): Kernel {
  const space = new Float64Array(region.bases);
  space.set([0.7, 0.2, 0.1]);
  return {
    halfLives: Float64Array.of(1, 30),
    knots: Float64Array.of(0),
    alpha: 0,
    referenceMark: 0,
    gain: Float64Array.of(0.4),
    timeWeights: Float64Array.of(0.6, 0.4),
    spaceWeights: space,
    ...changes,
  };
}

const background = Float64Array.from({ length: region.size }, (_, c) => (c % 5 === 0 ? 4e-3 : 1e-3));

function sample(
  kernel: Kernel,
  seed: number,
  drawMark?: (random: ReturnType<typeof createRandom>) => number,
): EventSeries {
  const model = { region, kernel, background, season: null };
  return simulate(model, start, end, seed, drawMark === undefined ? {} : { drawMark }).series;
}

/** Largest fall of the objective from one iteration to the next, over all rounds, relative to its size. */
function largestFall(result: FitResult): number {
  let fall = 0;
  for (const round of result.diagnostics.rounds) {
    for (let i = 1; i < round.objective.length; i++) {
      fall = Math.max(fall, (round.objective[i - 1]! - round.objective[i]!) / Math.abs(round.objective[i]!));
    }
  }
  return fall;
}

describe('fit of a simulated process', () => {
  let series: EventSeries;
  let result: FitResult;

  beforeAll(() => {
    series = sample(kernelWith({}), 3);
    result = fit(series, region, { from: start, to: end });
  });

  it('recovers the branching ratio within 0.06 and the mass of each time scale within 0.06', () => {
    const { model } = result;
    expect(Math.abs(model.branchingRatio - 0.4)).toBeLessThan(0.06);
    let fast = 0;
    let slow = 0;
    model.kernel.halfLives.forEach((half, j) => {
      const mass = model.branchingRatio * model.kernel.timeWeights[j]!;
      if (half < 5.5) fast += mass;
      else slow += mass;
    });
    expect(Math.abs(fast - 0.24)).toBeLessThan(0.06);
    expect(Math.abs(slow - 0.16)).toBeLessThan(0.06);
  });

  it('recovers the ring weights within 0.08', () => {
    const weights = result.model.kernel.spaceWeights;
    [0.7, 0.2, 0.1, 0].forEach((weight, r) => expect(Math.abs(weights[r]! - weight)).toBeLessThan(0.08));
  });

  it('recovers the background: total within 8 %, cells apart where they are', () => {
    const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    expect(Math.abs(total(result.model.background) / total(background) - 1)).toBeLessThan(0.08);
    const mean = (rich: boolean): number => {
      const own = result.model.background.filter((_, c) => (c % 5 === 0) === rich);
      return total(own) / own.length;
    };
    expect(mean(true) / 4e-3).toBeGreaterThan(0.8);
    expect(mean(false) / 1e-3).toBeLessThan(1.25);
  });

  it('never falls, converges, and finds neither rhythm nor marks where there are none', () => {
    expect(largestFall(result)).toBeLessThan(1e-11);
    expect(result.diagnostics.converged).toBe(true);
    expect(result.diagnostics.seasonUsed).toBe(false);
    expect(result.model.kernel.alpha).toBe(0);
  });

  it('scores its own window as the diagnostics say', () => {
    expect(score(result.model, series, start, end).perEvent).toBeCloseTo(result.diagnostics.logLikelihoodPerEvent, 4);
  });

  it('gives the same model again, and does not look past its window', () => {
    const short = { maxIterations: 10, from: start, to: start + 6000 };
    const whole = fit(series, region, short).model;
    expect(fit(series, region, short).model.kernel).toEqual(whole.kernel);
    const cut = series.time.findIndex((t) => t >= start + 6000);
    const past = { time: series.time.slice(0, cut), cell: series.cell.slice(0, cut), mark: series.mark.slice(0, cut) };
    const again = fit(past, region, short).model;
    expect(again.kernel).toEqual(whole.kernel);
    expect(again.background).toEqual(whole.background);
  });

  it('takes events before the window as history', () => {
    const cut = start + 8000;
    const warm = fit(series, region, { from: cut, to: end, maxIterations: 30 }).model;
    expect(warm.trainedEvents).toBe(series.time.filter((t) => t >= cut).length);
    expect(Math.abs(warm.branchingRatio - 0.4)).toBeLessThan(0.1);
    const capped = fit(series, region, { from: start, to: end, maxEvents: 1500, maxIterations: 5 }).model;
    expect(capped.trainedEvents).toBe(1500);
    expect(capped.trainedFrom).toBe(series.time[series.time.length - 1500]);
  });
});

describe('fit with marks', () => {
  it('recovers α within 0.15 where marks matter, by the exponential law, and never falls', () => {
    const drawMark = (random: ReturnType<typeof createRandom>): number => 2 + random.exponential() / 2.2;
    const series = sample(kernelWith({ alpha: 1.1, referenceMark: 2.3, gain: Float64Array.of(0.3) }), 11, drawMark);
    const result = fit(series, region, { from: start, to: end, markKnots: 1 });
    expect(result.diagnostics.markTest).toBeGreaterThan(10.83);
    expect(Math.abs(result.model.kernel.alpha - 1.1)).toBeLessThan(0.15);
    expect(largestFall(result)).toBeLessThan(1e-11);
    const detailed = fit(series, region, { from: start, to: end, markKnots: 3 });
    expect(largestFall(detailed)).toBeLessThan(1e-11);
  });

  it('leaves marks alone that have no influence', () => {
    const series = sample(kernelWith({}), 12, (random) => random.normal());
    expect(fit(series, region, { from: start, to: end, maxIterations: 5 }).model.kernel.alpha).toBe(0);
  });
});

describe('fit with a rhythm', () => {
  const week = Float64Array.from(
    { length: 168 },
    (_, k) => 1 + 0.8 * Math.sin((k * Math.PI) / 12) + (k >= 120 ? 0.3 : 0),
  );
  const mean = week.reduce((a, b) => a + b, 0) / 168;
  const season = {
    timeZone: 'America/Chicago',
    week: week.map((value) => value / mean),
    year: new Float64Array(12).fill(1),
  };
  const { series } = simulate({ region, kernel: kernelWith({}), background, season }, start, end, 5);

  it('finds it: correlation above 0.95, mean 1, and never falls', () => {
    const result = fit(series, region, { from: start, to: end, timeZone: 'America/Chicago' });
    expect(result.diagnostics.seasonUsed).toBe(true);
    const found = result.model.season!.week;
    expect(found.reduce((a, b) => a + b, 0)).toBeCloseTo(168, 9);
    expect(correlation(found, season.week)).toBeGreaterThan(0.95);
    expect(largestFall(result)).toBeLessThan(1e-11);
  });

  it('fits months too where asked, and never falls', () => {
    const result = fit(series, region, {
      from: start,
      to: end,
      timeZone: 'America/Chicago',
      months: true,
      maxIterations: 20,
    });
    expect(result.model.season!.year.reduce((a, b) => a + b, 0)).toBeCloseTo(12, 9);
    expect(Math.max(...result.model.season!.year)).toBeLessThan(1.3);
    expect(largestFall(result)).toBeLessThan(1e-11);
  });

  it('has none where times carry no hour, even if asked for one', () => {
    const days = { ...series, time: series.time.map((t) => Math.floor(t / 24) * 24) };
    const result = fit(days, region, { to: end, season: 'on', maxIterations: 5 });
    expect(result.model.season).toBeNull();
  });
});

describe('fit of little or odd data', () => {
  it('keeps the branching ratio below its bound on data that explode', () => {
    const random = createRandom(8);
    // Ever more events in one cell: growth that a subcritical process cannot explain.
    const burst = seriesOf(
      Array.from({ length: 3000 }, () => ({ time: start + 5000 * random.next() ** 0.1, cell: 3, mark: 0 })),
    );
    const result = fit(burst, region, { from: start, to: start + 5000, season: 'off', maxBranchingRatio: 0.9 });
    expect(result.model.branchingRatio).toBeLessThanOrEqual(0.9 + 1e-9);
    expect(largestFall(result)).toBeLessThan(1e-11);
  });

  it.each([2, 5, 40])('fits %d events without a NaN and stays near the background', (n) => {
    const random = createRandom(n);
    const few = seriesOf(
      Array.from({ length: n }, () => ({ time: start + 900 * random.next(), cell: random.integer(50), mark: 0 })),
    );
    const { model } = fit(few, region, { from: start, to: start + 1000 });
    for (const value of model.background) expect(value).toBeGreaterThan(0);
    for (const value of [...model.kernel.timeWeights, ...model.kernel.spaceWeights])
      expect(Number.isFinite(value)).toBe(true);
    const { expected } = score(model, few, start, start + 1000);
    expect(expected / n).toBeGreaterThan(0.4);
    expect(expected / n).toBeLessThan(2.5);
  });

  it('refuses what cannot be fitted', () => {
    const one = seriesOf([{ time: start, cell: 0, mark: 0 }]);
    expect(() => fit(seriesOf([]), region)).toThrow(FitInputError);
    expect(() => fit(one, region)).toThrow(FitInputError);
    expect(() => fit(one, region, { from: start + 5, to: start })).toThrow(FitInputError);
    const unsorted = { time: Float64Array.of(2, 1), cell: Int32Array.of(0, 0), mark: new Float64Array(2) };
    expect(() => fit(unsorted, region)).toThrow(SeriesError);
    const outside = { time: Float64Array.of(1, 2), cell: Int32Array.of(0, region.size), mark: new Float64Array(2) };
    expect(() => fit(outside, region)).toThrow(SeriesError);
  });

  it('reports progress to the end and stops when told to', () => {
    const series = sample(kernelWith({}), 3);
    const fractions: number[] = [];
    fit(series, region, { from: start, to: end, maxIterations: 5, onProgress: (fraction) => fractions.push(fraction) });
    expect(fractions.at(-1)).toBe(1);
    for (let i = 1; i < fractions.length; i++) expect(fractions[i]!).toBeGreaterThanOrEqual(fractions[i - 1]!);
    let asked = 0;
    expect(() => fit(series, region, { isCancelled: () => ++asked > 3 })).toThrow(FitCancelledError);
    expect(asked).toBe(4);
  });
});

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (x: Float64Array): number => x.reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    ab += (value - ma) * (b[i]! - mb);
    aa += (value - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}
