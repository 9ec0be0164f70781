import {
  InvalidArgument,
  requireCounts,
  requireNonNegative,
  requireRates,
  requireSameLength,
} from '../distributions/check.js';
import { lnFactorial } from '../distributions/special.js';

function assertForecast(expected: ArrayLike<number>, observed: ArrayLike<number>): void {
  requireSameLength('observed', observed, 'expected', expected);
  requireRates('expected', expected);
  requireCounts('observed', observed);
}

/**
 * Joint log-likelihood of independent Poisson counts, Σ(−λ + ω ln λ − ln ω!), in nats: L of the CSEP tests (Schorlemmer
 * et al. 2007). −Infinity where something was observed in a cell with expectation 0.
 *
 * @param expected λ per cell, finite and not negative.
 * @param observed ω per cell, whole numbers.
 */
export function poissonLogLikelihood(expected: ArrayLike<number>, observed: ArrayLike<number>): number {
  assertForecast(expected, observed);
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    const rate = expected[i] as number;
    const count = observed[i] as number;
    sum -= rate;
    if (count > 0) sum += count * Math.log(rate) - lnFactorial(count);
  }
  return sum;
}

/**
 * Joint log-likelihood of "at least one event or none" per cell, with P(any) = 1 − exp(−λ), in nats (Bayona et al.
 * 2022). It does not punish a cell for a cluster of aftershocks. −Infinity as for {@link poissonLogLikelihood}.
 */
export function binaryLogLikelihood(expected: ArrayLike<number>, observed: ArrayLike<number>): number {
  assertForecast(expected, observed);
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    const rate = expected[i] as number;
    sum += (observed[i] as number) > 0 ? Math.log(-Math.expm1(-rate)) : -rate;
  }
  return sum;
}

/**
 * Log score of each cell of one window, −λ + ω ln λ − ln ω!, in nats: the terms of {@link poissonLogLikelihood}, for a
 * map of where a forecast is good.
 */
export function logScorePerCell(expected: ArrayLike<number>, observed: ArrayLike<number>): Float64Array {
  assertForecast(expected, observed);
  return Float64Array.from({ length: expected.length }, (_, i) => {
    const rate = expected[i] as number;
    const count = observed[i] as number;
    return count > 0 ? count * Math.log(rate) - rate - lnFactorial(count) : -rate;
  });
}

/**
 * Log-likelihood per event of a point process over a span, (Σ ln λ(tᵢ, cᵢ) − ∫ Σ λ) / n, in nats; λ in events per
 * hour. Returns 0 for no events. Forecasts are compared by its difference; its value depends on the unit of time.
 *
 * @param intensity λ at each event, above zero.
 * @param integral expected number of events over the span.
 */
export function pointLogLikelihood(intensity: ArrayLike<number>, integral: number): number {
  requireRates('intensity', intensity);
  requireNonNegative('integral', integral);
  if (intensity.length === 0) return 0;
  let sum = 0;
  for (let i = 0; i < intensity.length; i++) sum += Math.log(intensity[i] as number);
  return (sum - integral) / intensity.length;
}

/** λ of the cell each event fell in: the expectation at each event, as the comparison tests need it. */
export function ratesAtEvents(expected: ArrayLike<number>, cellOfEvent: ArrayLike<number>): Float64Array {
  requireRates('expected', expected);
  return Float64Array.from({ length: cellOfEvent.length }, (_, i) => {
    const cell = cellOfEvent[i] as number;
    const rate = expected[cell];
    if (rate === undefined) {
      throw new InvalidArgument(`cellOfEvent[${i}]`, `must be a cell from 0 to ${expected.length - 1}, got ${cell}`);
    }
    return rate;
  });
}
