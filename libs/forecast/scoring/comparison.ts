import {
  InvalidArgument,
  requireNonNegative,
  requireOpenProbability,
  requireRates,
  requireSameLength,
} from '../distributions/check.js';
import { normalCdf, studentTQuantile } from '../distributions/normal.js';

/** One forecast as the comparison tests see it. */
export interface ForecastAtEvents {
  /** Rate (or expected count) at each observed event; the same unit for both forecasts compared. */
  readonly rates: ArrayLike<number>;
  /** Expected number of events in all. */
  readonly total: number;
}

/** The paired T-test of two forecasts: information gain per event with its confidence interval. */
export interface TTest {
  /** Mean information gain per event of A over B, nats. */
  readonly gain: number;
  /** Confidence interval of the gain. Infinite for fewer than two events. */
  readonly lower: number;
  readonly upper: number;
  /** t statistic and its critical value. NaN for fewer than two events. */
  readonly t: number;
  readonly critical: number;
  readonly events: number;
  /** Whether A is better (+1) or worse (−1) with the confidence asked for, or neither (0). */
  readonly verdict: -1 | 0 | 1;
}

function assertPair(a: ForecastAtEvents, b: ForecastAtEvents): void {
  requireSameLength('b.rates', b.rates, 'a.rates', a.rates);
  requireRates('a.rates', a.rates);
  requireRates('b.rates', b.rates);
  requireNonNegative('a.total', a.total);
  requireNonNegative('b.total', b.total);
  for (let i = 0; i < a.rates.length; i++) {
    for (const [name, rates] of [
      ['a', a.rates],
      ['b', b.rates],
    ] as const) {
      if (rates[i] === 0) {
        throw new InvalidArgument(
          `${name}.rates[${i}]`,
          'is 0 where an event was seen: the gain has no finite value; give every cell a floor',
        );
      }
    }
  }
}

/**
 * Information gain per event of A over B, IG = (1/N) Σ ln(λ_A(i) / λ_B(i)) − (Λ_A − Λ_B) / N, in nats. 0 without
 * events. Throws InvalidArgument where a rate at an event is 0.
 */
export function informationGain(a: ForecastAtEvents, b: ForecastAtEvents): number {
  assertPair(a, b);
  const n = a.rates.length;
  if (n === 0) return 0;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log((a.rates[i] as number) / (b.rates[i] as number));
  return (sum - (a.total - b.total)) / n;
}

/**
 * Paired T-test of Rhoades et al. (2011, Acta Geophysica 59:728), as pyCSEP computes it: the log ratios at the events
 * are taken as independent draws. Events that come in clusters are not, so that with strong clustering the interval
 * is narrower than it should be; {@link wTest} and a look at single windows guard against that.
 *
 * @param alpha 0.05 gives the 95 % interval.
 */
export function tTest(a: ForecastAtEvents, b: ForecastAtEvents, alpha = 0.05): TTest {
  requireOpenProbability('alpha', alpha);
  const gain = informationGain(a, b);
  const n = a.rates.length;
  if (n < 2) {
    return {
      gain,
      lower: -Infinity,
      upper: Infinity,
      t: Number.NaN,
      critical: Number.NaN,
      events: n,
      verdict: 0,
    };
  }
  // Two passes: the difference of the sums of squares, as it is written in the paper, loses its digits when all
  // ratios are nearly alike.
  let mean = 0;
  for (let i = 0; i < n; i++) mean += Math.log((a.rates[i] as number) / (b.rates[i] as number));
  mean /= n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (Math.log((a.rates[i] as number) / (b.rates[i] as number)) - mean) ** 2;
  const standardError = Math.sqrt(squares / (n - 1) / n);
  const critical = studentTQuantile(1 - alpha / 2, n - 1);
  const margin = critical * standardError;
  const t = standardError === 0 ? (gain === 0 ? 0 : Math.sign(gain) * Infinity) : gain / standardError;
  const lower = gain - margin;
  const upper = gain + margin;
  return { gain, lower, upper, t, critical, events: n, verdict: lower > 0 ? 1 : upper < 0 ? -1 : 0 };
}

/** The W-test: whether the median gain differs from what the difference of the totals explains. */
export interface WTest {
  /** The smaller of the two rank sums. */
  readonly statistic: number;
  readonly z: number;
  /** Two-sided probability of a statistic this extreme when neither forecast is better. 1 without differences. */
  readonly pValue: number;
  /** Events whose difference is not zero. */
  readonly events: number;
}

/**
 * Wilcoxon signed-rank test of ln λ_A(i) − ln λ_B(i) against (Λ_A − Λ_B) / N (Rhoades et al. 2011), normal
 * approximation with the correction for ties, as pyCSEP computes it. It asks less of the distribution than the T-test,
 * and the approximation wants some 20 events.
 */
export function wTest(a: ForecastAtEvents, b: ForecastAtEvents): WTest {
  assertPair(a, b);
  const n = a.rates.length;
  const shift = n === 0 ? 0 : (a.total - b.total) / n;
  const differences: number[] = [];
  for (let i = 0; i < n; i++) {
    const d = Math.log(a.rates[i] as number) - Math.log(b.rates[i] as number) - shift;
    if (d !== 0) differences.push(d);
  }
  const count = differences.length;
  if (count === 0) return { statistic: 0, z: 0, pValue: 1, events: 0 };
  differences.sort((x, y) => Math.abs(x) - Math.abs(y));
  let plus = 0;
  let tieCorrection = 0;
  for (let start = 0; start < count;) {
    let end = start + 1;
    while (end < count && Math.abs(differences[end] as number) === Math.abs(differences[start] as number)) end++;
    const rank = (start + 1 + end) / 2;
    const tied = end - start;
    tieCorrection += tied * (tied * tied - 1);
    for (let i = start; i < end; i++) if ((differences[i] as number) > 0) plus += rank;
    start = end;
  }
  const all = (count * (count + 1)) / 2;
  const statistic = Math.min(plus, all - plus);
  const variance = (count * (count + 1) * (2 * count + 1) - 0.5 * tieCorrection) / 24;
  const z = variance === 0 ? 0 : (statistic - all / 2) / Math.sqrt(variance);
  return { statistic, z, pValue: Math.min(1, 2 * normalCdf(-Math.abs(z))), events: count };
}
