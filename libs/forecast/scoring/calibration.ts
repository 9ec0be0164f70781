import {
  InvalidArgument,
  requireCounts,
  requireInteger,
  requireRates,
  requireSameLength,
} from '../distributions/check.js';
import { countCdf } from '../distributions/counts.js';
import { gammaQ } from '../distributions/special.js';
import { createRandom, type Random } from '../random.js';

/** How often the observed count lay in the forecast interval. */
export interface Coverage {
  /** Share of counts with lower <= count <= upper; NaN without forecasts. */
  readonly inside: number;
  /** Share below the lower and above the upper end. */
  readonly below: number;
  readonly above: number;
  readonly count: number;
}

/**
 * Coverage of intervals of counts, ends included. Counts are whole, so that a 5–95 % interval covers at least 90 %,
 * and nearly all where most cells expect far less than one event: read it beside {@link pitHistogram}.
 */
export function coverage(lower: ArrayLike<number>, upper: ArrayLike<number>, observed: ArrayLike<number>): Coverage {
  requireSameLength('upper', upper, 'lower', lower);
  requireSameLength('observed', observed, 'lower', lower);
  requireRates('lower', lower);
  requireRates('upper', upper);
  requireRates('observed', observed);
  let below = 0;
  let above = 0;
  const count = lower.length;
  for (let i = 0; i < count; i++) {
    if ((lower[i] as number) > (upper[i] as number)) {
      throw new InvalidArgument(`lower[${i}]`, `${lower[i]} is above upper[${i}] ${upper[i]}`);
    }
    if ((observed[i] as number) < (lower[i] as number)) below++;
    else if ((observed[i] as number) > (upper[i] as number)) above++;
  }
  return { inside: (count - below - above) / count, below: below / count, above: above / count, count };
}

/** Coverages of several windows as one. NaN shares when nothing was counted. */
export function combineCoverage(parts: readonly Coverage[]): Coverage {
  const count = parts.reduce((sum, c) => sum + c.count, 0);
  const share = (key: 'inside' | 'below' | 'above'): number =>
    parts.reduce((sum, c) => sum + (c.count === 0 ? 0 : c[key] * c.count), 0) / count;
  return { inside: share('inside'), below: share('below'), above: share('above'), count };
}

/**
 * Randomised probability integral transform of counts: u = F(n − 1) + v (F(n) − F(n − 1)) with v uniform. Uniform on
 * [0, 1] when the forecast distribution is right, for whole numbers too (Czado, Gneiting and Held 2009).
 *
 * @param expected means, finite and not negative.
 * @param observed counts.
 * @param dispersion variance over mean, at least 1.
 * @param random a seed, or a generator to go on with.
 */
export function randomizedPit(
  expected: ArrayLike<number>,
  observed: ArrayLike<number>,
  dispersion: number,
  random: number | Random,
): Float64Array {
  requireSameLength('observed', observed, 'expected', expected);
  requireRates('expected', expected);
  requireCounts('observed', observed);
  const source = typeof random === 'number' ? createRandom(random) : random;
  return Float64Array.from({ length: expected.length }, (_, i) => {
    const mean = expected[i] as number;
    const n = observed[i] as number;
    const below = n === 0 ? 0 : countCdf(n - 1, mean, dispersion);
    return below + source.next() * (countCdf(n, mean, dispersion) - below);
  });
}

/** A histogram of PIT values with a test of uniformity. */
export interface PitHistogram {
  /** Values in each of the equal bins from 0 to 1. */
  readonly counts: readonly number[];
  readonly total: number;
  /** Pearson's χ² test against the uniform distribution; NaN without values. */
  readonly pValue: number;
}

/** Bins PIT values, each between 0 and 1. Throws InvalidArgument naming `values[i]`. */
export function pitHistogram(values: ArrayLike<number>, bins = 10): PitHistogram {
  requireInteger('bins', bins, 2);
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!(value >= 0 && value <= 1)) {
      throw new InvalidArgument(`values[${i}]`, `must lie between 0 and 1, got ${String(value)}`);
    }
    const bin = Math.min(bins - 1, Math.floor(value * bins));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return describe(counts);
}

/** Adds histograms with the same bins up, for several windows. */
export function combinePit(parts: readonly PitHistogram[]): PitHistogram {
  const counts = new Array<number>(parts[0]?.counts.length ?? 10).fill(0);
  parts.forEach((part, i) => {
    if (part.counts.length !== counts.length) {
      throw new InvalidArgument(`parts[${i}].counts`, `has ${part.counts.length} bins, expected ${counts.length}`);
    }
    part.counts.forEach((c, b) => (counts[b] = (counts[b] as number) + c));
  });
  return describe(counts);
}

function describe(counts: readonly number[]): PitHistogram {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return { counts, total, pValue: Number.NaN };
  const even = total / counts.length;
  const chi2 = counts.reduce((sum, c) => sum + (c - even) ** 2 / even, 0);
  return { counts, total, pValue: gammaQ((counts.length - 1) / 2, chi2 / 2) };
}
