import { InvalidArgument, requireOpenProbability, requireRates, requireSameLength } from '../distributions/check.js';
import { zeroRate } from '../distributions/counts.js';
import { normalCdf } from '../distributions/normal.js';
import type { Random } from '../random.js';
import type { AmountSeverity } from './fit.js';

/** Expected amount of one event in each cell, in the unit of the amounts. */
export function meanAmounts(severity: AmountSeverity): Float64Array {
  return severity.positiveMean.map((mean, c) => (1 - (severity.zeroShare[c] as number)) * mean);
}

/**
 * Expected loss of each cell: expected count × mean amount.
 *
 * @param means expected counts, one per cell of the severity.
 * @param out written into when given.
 */
export function expectedLoss(severity: AmountSeverity, means: ArrayLike<number>, out?: Float64Array): Float64Array {
  requireSameLength('means', means, 'severity', severity.mu);
  requireRates('means', means);
  const loss = out ?? new Float64Array(means.length);
  for (let c = 0; c < loss.length; c++) {
    loss[c] = (means[c] as number) * (1 - (severity.zeroShare[c] as number)) * (severity.positiveMean[c] as number);
  }
  return loss;
}

/** Draws the amount of one event in a cell. Throws InvalidArgument for a cell the severity does not have. */
export function sampleAmount(severity: AmountSeverity, cell: number, random: Random): number {
  const mu = severity.mu[cell];
  if (mu === undefined) {
    throw new InvalidArgument('cell', `must be a cell from 0 to ${severity.mu.length - 1}, got ${cell}`);
  }
  if (random.next() < (severity.zeroShare[cell] as number)) return 0;
  return Math.min(severity.cap, Math.exp(mu + (severity.sigma[cell] as number) * random.normal()));
}

/** Below this chance a case is left out of a quantile. */
const NEGLIGIBLE = 1e-10;

/**
 * Quantiles of the summed loss of each cell, for counts with variance = dispersion × mean: one array per probability.
 *
 * The number of events with an amount above zero is again such a count, thinned. Its cases are treated apart: none
 * (loss 0, exactly), one (the capped lognormal, exactly), two or more (a lognormal with the exact first two moments of
 * that case: Fenton and Wilkinson). At the small counts of a daily map the first two carry nearly all probability; at
 * large counts the moments do. Against simulation (mean counts 0.02 to 60, standard deviation of the logarithm 2.2) the
 * loss found stood within 2 percentage points of the level asked for from 95 % up, and within 6 below.
 *
 * @param means expected counts, one per cell.
 * @param probabilities strictly between 0 and 1.
 * @throws InvalidArgument naming `means[i]`, `dispersion` or `probabilities[i]`.
 */
export function lossQuantiles(
  severity: AmountSeverity,
  means: ArrayLike<number>,
  dispersion: number,
  probabilities: readonly number[],
): Float64Array[] {
  requireSameLength('means', means, 'severity', severity.mu);
  requireRates('means', means);
  probabilities.forEach((p, j) => requireOpenProbability(`probabilities[${j}]`, p));
  zeroRate(dispersion);
  const out = probabilities.map(() => new Float64Array(means.length));
  for (let c = 0; c < means.length; c++) {
    const costly = 1 - (severity.zeroShare[c] as number);
    const thinned = (means[c] as number) * costly;
    if (thinned === 0) continue;
    const phi = 1 + (dispersion - 1) * costly;
    const none = Math.exp(-thinned * zeroRate(phi));
    let mixture: Mixture | undefined;
    for (let j = 0; j < probabilities.length; j++) {
      const p = probabilities[j] as number;
      if (p <= none) continue;
      mixture ??= mixtureOf(severity, c, thinned, phi, none);
      (out[j] as Float64Array)[c] = quantileOf(mixture, p);
    }
  }
  return out;
}

/** Loss of a cell as none, one, or several events with an amount. */
interface Mixture {
  readonly none: number;
  readonly one: number;
  readonly several: number;
  readonly mu: number;
  readonly sigma: number;
  readonly logCap: number;
  readonly severalMu: number;
  readonly severalSigma: number;
}

function mixtureOf(severity: AmountSeverity, c: number, mean: number, phi: number, none: number): Mixture {
  const first = severity.positiveMean[c] as number;
  const second = severity.positiveSquare[c] as number;
  const one = (mean / phi) * none;
  const several = Math.max(0, 1 - none - one);
  let severalMu = 0;
  let severalSigma = 1;
  if (several > NEGLIGIBLE) {
    const mean1 = (mean * first - one * first) / several;
    const mean2 = (mean * second + mean * (phi - 1 + mean) * first * first - one * second) / several;
    const variance = Math.log(Math.max(mean2 / (mean1 * mean1), 1 + 1e-12));
    severalMu = Math.log(mean1) - 0.5 * variance;
    severalSigma = Math.sqrt(variance);
  }
  return {
    none,
    one,
    several: several > NEGLIGIBLE ? several : 0,
    mu: severity.mu[c] as number,
    sigma: severity.sigma[c] as number,
    logCap: Math.log(severity.cap),
    severalMu,
    severalSigma,
  };
}

/** Quantile of a mixture for p > P(none): regula falsi (Illinois) on the logarithm of the loss, to 1e-6 of it. */
function quantileOf(m: Mixture, p: number): number {
  const above = (u: number, atCap: boolean): number => {
    const one = u > m.logCap || (atCap && u === m.logCap) ? 1 : normalCdf((u - m.mu) / m.sigma);
    const several = m.several === 0 ? 0 : m.several * normalCdf((u - m.severalMu) / m.severalSigma);
    return m.none + m.one * one + several - p;
  };
  // The capped amount has a jump at the cap: a level inside the jump is answered by the cap itself.
  const jump = above(m.logCap, true);
  if (above(m.logCap, false) < 0 && jump >= 0) return Math.exp(m.logCap);
  let low: number;
  let high: number;
  if (jump < 0) {
    low = m.logCap;
    high = Math.max(m.logCap, m.severalMu) + m.severalSigma;
    while (above(high, true) < 0) {
      const step = Math.max(1, m.severalSigma);
      if (high > m.severalMu + 40 * step) return Math.exp(high);
      high += step;
    }
  } else {
    high = m.logCap;
    low = Math.min(m.mu, m.severalMu, m.logCap) - m.sigma;
    while (above(low, true) > 0) low -= Math.max(1, m.sigma);
  }
  let atLow = above(low, true);
  let atHigh = above(high, false);
  for (let i = 0; i < 100 && high - low > 1e-6; i++) {
    let u = atHigh === atLow ? 0.5 * (low + high) : (low * atHigh - high * atLow) / (atHigh - atLow);
    if (!(u > low && u < high)) u = 0.5 * (low + high);
    const value = above(u, true);
    if (Math.abs(value) < 1e-9) return Math.exp(u);
    if (value < 0) {
      low = u;
      atLow = value;
      atHigh /= 2;
    } else {
      high = u;
      atHigh = value;
      atLow /= 2;
    }
  }
  return Math.exp(0.5 * (low + high));
}
