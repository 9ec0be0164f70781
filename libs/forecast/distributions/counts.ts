import {
  InvalidArgument,
  requireFinite,
  requireInteger,
  requireNonNegative,
  requireOpenProbability,
  requireRates,
} from './check.js';
import { normalQuantile } from './normal.js';
import { betaI, gammaQ, lnFactorial, lnGamma } from './special.js';

/*
 * Counts are Poisson or negative binomial with variance = dispersion × mean, the dispersion φ >= 1 being the same for
 * all cells. In this form (type 1, size r = mean / (φ − 1)) sums of independent cells keep φ, so that a surface rolled
 * up to coarser cells or longer windows needs no second dispersion, and φ = 1 is the Poisson distribution. The other
 * common form (variance = mean + mean² / r) has neither property.
 */

/** Below this excess over 1 the two distributions agree to more digits than the arithmetic carries. */
const POISSON_BELOW = 1e-8;
/** Up to this −ln P(0) the pmf is summed from zero; beyond it P(0) loses digits, and a search starts near the answer. */
const SUM_FROM_ZERO_UP_TO = 200;

function assertDispersion(dispersion: number): void {
  if (!(dispersion >= 1 && dispersion < Infinity)) {
    throw new InvalidArgument('dispersion', `must be finite and at least 1, got ${String(dispersion)}`);
  }
}

function isPoisson(dispersion: number): boolean {
  return dispersion - 1 < POISSON_BELOW;
}

/** −ln P(N = 0) for mean 1: multiply by the mean. 1 for Poisson, ln φ / (φ − 1) else. */
export function zeroRate(dispersion: number): number {
  assertDispersion(dispersion);
  return isPoisson(dispersion) ? 1 : Math.log(dispersion) / (dispersion - 1);
}

/** ln P(N = k) for a count with this mean and dispersion. −Infinity where it is impossible (mean 0, k > 0). */
export function countLogPmf(k: number, mean: number, dispersion = 1): number {
  requireInteger('k', k, 0);
  requireNonNegative('mean', mean);
  assertDispersion(dispersion);
  if (mean === 0) return k === 0 ? 0 : -Infinity;
  if (isPoisson(dispersion)) return k * Math.log(mean) - mean - lnFactorial(k);
  const size = mean / (dispersion - 1);
  const zero = -size * Math.log(dispersion);
  return k === 0 ? zero : zero + lnRising(size, k) + k * Math.log1p(-1 / dispersion) - lnFactorial(k);
}

/** ln Γ(x + k) − ln Γ(x). As a sum for small k: the difference of two large logarithms would lose the answer. */
export function lnRising(x: number, k: number): number {
  if (k > 64) return lnGamma(x + k) - lnGamma(x);
  let sum = 0;
  for (let i = 0; i < k; i++) sum += Math.log(x + i);
  return sum;
}

/** P(N <= k). `k` may be any finite number; below 0 the answer is 0. */
export function countCdf(k: number, mean: number, dispersion = 1): number {
  requireFinite('k', k);
  requireNonNegative('mean', mean);
  assertDispersion(dispersion);
  if (k < 0) return 0;
  if (mean === 0) return 1;
  const whole = Math.floor(k);
  if (isPoisson(dispersion)) return gammaQ(whole + 1, mean);
  return betaI(mean / (dispersion - 1), whole + 1, 1 / dispersion);
}

/** P(N >= 1): how likely at least one event is. */
export function probabilityOfAny(mean: number, dispersion = 1): number {
  requireNonNegative('mean', mean);
  return -Math.expm1(-mean * zeroRate(dispersion));
}

/** P(N >= 1) for many means; written into `out` when given. Throws InvalidArgument naming `means[i]`. */
export function probabilitiesOfAny(means: ArrayLike<number>, dispersion = 1, out?: Float64Array): Float64Array {
  requireRates('means', means);
  const rate = zeroRate(dispersion);
  const p = out ?? new Float64Array(means.length);
  for (let i = 0; i < means.length; i++) p[i] = -Math.expm1(-(means[i] as number) * rate);
  return p;
}

/** Smallest k with P(N <= k) >= p, found from a normal guess; for means where P(0) underflows. */
function quantileBySearch(p: number, mean: number, dispersion: number): number {
  const sd = Math.sqrt(mean * dispersion);
  const z = normalQuantile(p);
  // Cornish–Fisher with the skewness (2φ − 1) / sd of the type 1 negative binomial.
  const guess = mean + sd * z + ((2 * dispersion - 1) * (z * z - 1)) / 6;
  let k = Math.max(0, Math.floor(guess));
  let step = 1;
  if (countCdf(k, mean, dispersion) >= p) {
    let low = k - step;
    while (low >= 0 && countCdf(low, mean, dispersion) >= p) {
      k = low;
      step *= 2;
      low = k - step;
    }
    return bisectCount(p, mean, dispersion, Math.max(low, -1), k);
  }
  let high = k + step;
  while (countCdf(high, mean, dispersion) < p) {
    k = high;
    step *= 2;
    high = k + step;
  }
  return bisectCount(p, mean, dispersion, k, high);
}

/** Invariant: P(N <= low) < p <= P(N <= high). */
function bisectCount(p: number, mean: number, dispersion: number, low: number, high: number): number {
  let below = low;
  let above = high;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (countCdf(middle, mean, dispersion) >= p) above = middle;
    else below = middle;
  }
  return above;
}

/** Smallest k with P(N <= k) >= p, for 0 < p < 1. */
export function countQuantile(p: number, mean: number, dispersion = 1): number {
  return (countQuantiles([mean], [p], dispersion)[0] as Uint32Array)[0] as number;
}

/**
 * Quantiles of the counts of many cells: one array per probability, each as long as `means`. One pass over the
 * probabilities of 0, 1, 2 … answers all quantiles of a cell at once; with means mostly below one that is a few
 * multiplications a cell.
 *
 * @param means expected counts, finite and not negative.
 * @param probabilities strictly between 0 and 1, increasing.
 * @throws InvalidArgument naming `means[i]`, `probabilities[i]` or `dispersion`.
 */
export function countQuantiles(
  means: ArrayLike<number>,
  probabilities: readonly number[],
  dispersion = 1,
): Uint32Array[] {
  requireRates('means', means);
  probabilities.forEach((p, j) => {
    requireOpenProbability(`probabilities[${j}]`, p);
    if (j > 0 && p <= (probabilities[j - 1] as number)) {
      throw new InvalidArgument(`probabilities[${j}]`, 'must be greater than the one before it');
    }
  });
  const rate = zeroRate(dispersion);
  const poisson = isPoisson(dispersion);
  const perUnitMean = poisson ? 1 : 1 / (dispersion - 1);
  const ratio = poisson ? 1 : 1 - 1 / dispersion;
  const wanted = probabilities.length;
  const out = probabilities.map(() => new Uint32Array(means.length));
  for (let i = 0; i < means.length; i++) {
    const mean = means[i] as number;
    if (mean * rate > SUM_FROM_ZERO_UP_TO) {
      for (let j = 0; j < wanted; j++) {
        (out[j] as Uint32Array)[i] = quantileBySearch(probabilities[j] as number, mean, dispersion);
      }
      continue;
    }
    let pmf = Math.exp(-mean * rate);
    let cdf = pmf;
    let k = 0;
    for (let j = 0; j < wanted; j++) {
      const p = probabilities[j] as number;
      // A pmf that has run down to nothing cannot bring the sum any closer to p: rounding then decides.
      while (cdf < p && (pmf > 1e-18 || k < mean)) {
        pmf *= poisson ? mean / (k + 1) : ((mean * perUnitMean + k) / (k + 1)) * ratio;
        cdf += pmf;
        k++;
      }
      (out[j] as Uint32Array)[i] = k;
    }
  }
  return out;
}
