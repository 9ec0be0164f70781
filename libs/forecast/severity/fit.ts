import { InvalidArgument, requireInteger, requireSameLength } from '../distributions/check.js';
import { lognormalLimitedMoment } from '../distributions/lognormal.js';
import { maximize } from '../distributions/maximize.js';
import { normalQuantile } from '../distributions/normal.js';
import { lnGamma } from '../distributions/special.js';
import { detectMarkKind, type MarkKind } from './kind.js';

/**
 * Fitted distribution of the amount of one event, cell by cell: 0 with probability `zeroShare`, else
 * min(X, cap) with ln X normal. All arrays have one entry per cell.
 */
export interface AmountSeverity {
  readonly kind: 'amount';
  /** P(amount = 0). */
  readonly zeroShare: Float64Array;
  /** Mean and standard deviation of the logarithm of an uncapped amount above zero. */
  readonly mu: Float64Array;
  readonly sigma: Float64Array;
  /** Largest amount believed, in the unit of the amounts. */
  readonly cap: number;
  /** E[Y | Y > 0] and E[Y² | Y > 0] of the capped amount. */
  readonly positiveMean: Float64Array;
  readonly positiveSquare: Float64Array;
  /** What the fit saw. */
  readonly summary: SeveritySummary;
}

/** Numbers for the model card. */
export interface SeveritySummary {
  /** Events with an amount, those without, and those with amount 0. */
  readonly events: number;
  readonly missing: number;
  readonly zeros: number;
  /** Amounts above the cap, and the share of the sum of all amounts that lies beyond it. */
  readonly capped: number;
  readonly lossBeyondCap: number;
  /** Standard deviation of the logarithm within cells and between cells. */
  readonly withinCells: number;
  readonly betweenCells: number;
}

/** What events of one kind cost. Only an `amount` has losses: the type keeps magnitudes from being summed. */
export type Severity = AmountSeverity | { readonly kind: Exclude<MarkKind, 'amount'> };

/** Amounts of past events. */
export interface SeverityData {
  /** One per event, not negative; NaN where missing. */
  readonly amounts: ArrayLike<number>;
  /** Cell of each event, 0 to `size` − 1. */
  readonly cells: ArrayLike<number>;
  /** Number of cells of the region. */
  readonly size: number;
}

/** How severity is fitted. */
export interface SeverityOptions {
  /** Kind of the marks; guessed by {@link detectMarkKind} where left out. */
  readonly kind?: MarkKind;
  /**
   * The cap is this quantile of the region's fitted distribution or of the amounts above zero, whichever is less, and
   * never above the largest amount seen.
   */
  readonly capQuantile?: number;
}

/** Spread assumed for the logarithm of amounts when a single one gives none: a factor of e about the median. */
const UNKNOWN_SPREAD = 1;
/** From this many amounts on their mean is worth being matched exactly. */
const ENOUGH_FOR_MEAN = 20;

/**
 * Fits zero-inflated lognormal amounts with empirical-Bayes shrinkage: a cell with few events takes the region's
 * values, one with many its own.
 *
 * Zeros: beta-binomial, its strength by maximum marginal likelihood. Logarithms: one-way random effects, the variances
 * by the ANOVA estimator; a cell's predictive spread includes what is not known of its mean. Missing amounts are taken
 * as missing at random. The tail is capped, so that a single disaster does not set the expected loss of a whole city
 * for years; what lies beyond is reported in `summary` and belongs into a scenario, not into a mean. All
 * medians are then moved by one factor so that the fitted mean over the training events equals that of the capped amounts.
 *
 * @throws InvalidArgument naming `amounts[i]` (negative or infinite), `cells[i]`, `size` or `capQuantile`.
 */
export function fitSeverity(data: SeverityData, options: SeverityOptions = {}): Severity {
  const { amounts, cells, size } = data;
  const { capQuantile = 0.999 } = options;
  requireInteger('size', size, 1);
  requireSameLength('cells', cells, 'amounts', amounts);
  if (!(capQuantile > 0.5 && capQuantile < 1)) {
    throw new InvalidArgument('capQuantile', `must lie between 0.5 and 1, got ${String(capQuantile)}`);
  }
  const kind = options.kind ?? detectMarkKind(amounts);
  if (kind !== 'amount') return { kind };

  const events = new Float64Array(size);
  const positives = new Float64Array(size);
  const logSum = new Float64Array(size);
  let missing = 0;
  let largest = 0;
  for (let i = 0; i < amounts.length; i++) {
    const amount = amounts[i] as number;
    const cell = cells[i] as number;
    if (!(Number.isInteger(cell) && cell >= 0 && cell < size)) {
      throw new InvalidArgument(`cells[${i}]`, `must be a cell from 0 to ${size - 1}, got ${cell}`);
    }
    if (Number.isNaN(amount)) {
      missing++;
      continue;
    }
    if (!(amount >= 0 && amount < Infinity)) {
      throw new InvalidArgument(`amounts[${i}]`, `must be finite and not negative, got ${amount}`);
    }
    events[cell] = (events[cell] as number) + 1;
    if (amount === 0) continue;
    positives[cell] = (positives[cell] as number) + 1;
    logSum[cell] = (logSum[cell] as number) + Math.log(amount);
    largest = Math.max(largest, amount);
  }
  const zeroShare = shrinkZeros(events, positives);
  const spread = randomEffects(amounts, cells, positives, logSum);
  const { within, between, overall } = spread;
  const mu = new Float64Array(size);
  const sigma = new Float64Array(size);
  for (let c = 0; c < size; c++) {
    const n = positives[c] as number;
    const trust = between === 0 ? 0 : (n * between) / (n * between + within);
    mu[c] = n === 0 ? overall : overall + trust * ((logSum[c] as number) / n - overall);
    sigma[c] = Math.sqrt(within + between * (1 - trust));
  }
  const seen = positives.reduce((a, b) => a + b, 0);
  const fitted = Math.exp(overall + Math.sqrt(within + between) * normalQuantile(capQuantile));
  const cap = seen === 0 ? 1 : Math.min(largest, fitted, quantileSeen(amounts, seen, capQuantile));
  const { cappedSum, sum, capped } = sumsBelow(amounts, cap);
  if (seen >= ENOUGH_FOR_MEAN) {
    const shift = matchMean(mu, sigma, positives, cap, cappedSum);
    mu.forEach((m, c) => (mu[c] = m + shift));
  }
  const total = events.reduce((a, b) => a + b, 0);
  const moment = (order: 1 | 2): Float64Array =>
    // Where no amount above zero was ever seen there is nothing to cost.
    mu.map((m, c) => (seen === 0 ? 0 : lognormalLimitedMoment(m, sigma[c] as number, cap, order)));
  return {
    kind,
    zeroShare: seen === 0 ? zeroShare.fill(1) : zeroShare,
    mu,
    sigma,
    cap,
    positiveMean: moment(1),
    positiveSquare: moment(2),
    summary: {
      events: total,
      missing,
      zeros: total - seen,
      capped,
      lossBeyondCap: sum === 0 ? 0 : (sum - cappedSum) / sum,
      withinCells: Math.sqrt(within),
      betweenCells: Math.sqrt(between),
    },
  };
}

/** Posterior mean share of zeros per cell, prior Beta(s p, s (1 − p)) with p the region's share and s fitted. */
function shrinkZeros(events: Float64Array, positives: Float64Array): Float64Array {
  const n = events.reduce((a, b) => a + b, 0);
  const zeros = n - positives.reduce((a, b) => a + b, 0);
  if (n === 0 || zeros === 0 || zeros === n) return new Float64Array(events.length).fill(n === 0 ? 0 : zeros / n);
  const share = zeros / n;
  const occupied = Array.from(events.keys()).filter((c) => (events[c] as number) > 0);
  const logMarginal = (x: number): number => {
    const a = Math.exp(x) * share;
    const b = Math.exp(x) * (1 - share);
    const prior = lnGamma(a + b) - lnGamma(a) - lnGamma(b);
    let sum = occupied.length * prior;
    for (const c of occupied) {
      const m = events[c] as number;
      const p = positives[c] as number;
      sum += lnGamma(a + m - p) + lnGamma(b + p) - lnGamma(a + b + m);
    }
    return sum;
  };
  const strength = Math.exp(maximize(logMarginal, Math.log(0.5), Math.log(1e6), 1e-3).at);
  return events.map((m, c) => (m - (positives[c] as number) + strength * share) / (m + strength));
}

/** Variance of the logarithms within and between cells (ANOVA estimator, between >= 0) and the region's mean. */
function randomEffects(
  amounts: ArrayLike<number>,
  cells: ArrayLike<number>,
  positives: Float64Array,
  logSum: Float64Array,
): { within: number; between: number; overall: number } {
  let n = 0;
  let groups = 0;
  let squaredSizes = 0;
  let grand = 0;
  for (let c = 0; c < positives.length; c++) {
    const size = positives[c] as number;
    if (size === 0) continue;
    n += size;
    groups++;
    squaredSizes += size * size;
    grand += logSum[c] as number;
  }
  if (n === 0) return { within: UNKNOWN_SPREAD, between: 0, overall: 0 };
  const mean = grand / n;
  let inside = 0;
  for (let i = 0; i < amounts.length; i++) {
    const amount = amounts[i] as number;
    if (!(amount > 0)) continue;
    const c = cells[i] as number;
    inside += (Math.log(amount) - (logSum[c] as number) / (positives[c] as number)) ** 2;
  }
  let across = 0;
  for (let c = 0; c < positives.length; c++) {
    const size = positives[c] as number;
    if (size > 0) across += size * ((logSum[c] as number) / size - mean) ** 2;
  }
  if (n === groups) {
    // No cell has two amounts: what is between and what within cannot be told apart.
    const variance = n > 1 ? across / (n - 1) : UNKNOWN_SPREAD;
    return { within: Math.max(variance, 1e-6), between: 0, overall: mean };
  }
  const within = Math.max(inside / (n - groups), 1e-6);
  const between = groups === 1 ? 0 : Math.max(0, (across - (groups - 1) * within) / (n - squaredSizes / n));
  // The region's mean weighs cells by how much each tells of it, so that one busy cell does not stand for all.
  let weight = 0;
  let weighted = 0;
  for (let c = 0; c < positives.length; c++) {
    const size = positives[c] as number;
    if (size === 0) continue;
    const w = 1 / (between + within / size);
    weight += w;
    weighted += (w * (logSum[c] as number)) / size;
  }
  return { within, between, overall: weighted / weight };
}

/** Quantile of the amounts above zero; Infinity where they are too few to have any beyond it. */
function quantileSeen(amounts: ArrayLike<number>, seen: number, quantile: number): number {
  if (seen * (1 - quantile) < 1) return Infinity;
  const positive = Float64Array.from(amounts)
    .filter((amount) => amount > 0)
    .sort();
  return positive[Math.floor(quantile * seen)] as number;
}

function sumsBelow(amounts: ArrayLike<number>, cap: number): { sum: number; cappedSum: number; capped: number } {
  let sum = 0;
  let cappedSum = 0;
  let capped = 0;
  for (let i = 0; i < amounts.length; i++) {
    const amount = amounts[i] as number;
    if (Number.isNaN(amount)) continue;
    sum += amount;
    cappedSum += Math.min(amount, cap);
    if (amount > cap) capped++;
  }
  return { sum, cappedSum, capped };
}

/** The shift of all `mu` for which the expected capped sum over the events is the one seen; within a factor of e². */
function matchMean(
  mu: Float64Array,
  sigma: Float64Array,
  positives: Float64Array,
  cap: number,
  target: number,
): number {
  const expected = (shift: number): number => {
    let sum = 0;
    for (let c = 0; c < mu.length; c++) {
      const n = positives[c] as number;
      if (n > 0) sum += n * lognormalLimitedMoment((mu[c] as number) + shift, sigma[c] as number, cap, 1);
    }
    return sum;
  };
  let low = -2;
  let high = 2;
  for (let i = 0; i < 50; i++) {
    const middle = 0.5 * (low + high);
    if (expected(middle) < target) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}
