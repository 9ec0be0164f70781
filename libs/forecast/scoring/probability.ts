import { InvalidArgument, requireInteger, requireSameLength } from '../distributions/check.js';

/** One bin of a reliability curve. */
export interface ReliabilityBin {
  /** Forecasts in the bin. */
  readonly count: number;
  /** Their mean probability. */
  readonly forecast: number;
  /** How often the event came. */
  readonly observed: number;
}

/** Brier score with Murphy's (1973) decomposition over the bins: score ≈ reliability − resolution + uncertainty. */
export interface BrierScore {
  /** Mean of (p − y)²; 0 is perfect. NaN without forecasts. */
  readonly score: number;
  /** Mean squared distance of the curve from the diagonal; 0 is perfectly calibrated. */
  readonly reliability: number;
  /** How far the bins' frequencies spread about the overall one; more is better. */
  readonly resolution: number;
  /** Score of always forecasting the overall frequency. */
  readonly uncertainty: number;
  /** Non-empty bins, by rising forecast. */
  readonly curve: readonly ReliabilityBin[];
}

/**
 * Collects forecasts of "at least one event" against what came, window after window, at constant memory. Bins are
 * equal steps of the logarithm of the odds: cell forecasts are mostly far below 10 %, where bins of equal width would
 * put them all into one.
 */
export class BrierAccumulator {
  /** Bin edges lie at these steps of ln(p / (1 − p)), from −12 (p = 6e-6) to 6 (p = 0.9975). */
  private static readonly LOWEST = -12;
  private static readonly HIGHEST = 6;

  private readonly counts: Float64Array;
  private readonly forecasts: Float64Array;
  private readonly hits: Float64Array;
  private squares = 0;

  /** @param bins number of bins, at least 2; the default makes a bin half a unit of log odds wide. */
  constructor(private readonly bins = 36) {
    requireInteger('bins', bins, 2);
    this.counts = new Float64Array(bins);
    this.forecasts = new Float64Array(bins);
    this.hits = new Float64Array(bins);
  }

  /**
   * Adds one window. `probabilities` are between 0 and 1; `observed` are counts, of which only zero or not matters.
   *
   * @throws InvalidArgument naming `probabilities[i]` or `observed[i]`; nothing of the window is then kept.
   */
  add(probabilities: ArrayLike<number>, observed: ArrayLike<number>): void {
    requireSameLength('observed', observed, 'probabilities', probabilities);
    for (let i = 0; i < probabilities.length; i++) {
      const p = probabilities[i] as number;
      if (!(p >= 0 && p <= 1)) {
        throw new InvalidArgument(`probabilities[${i}]`, `must lie between 0 and 1, got ${String(p)}`);
      }
      if (!((observed[i] as number) >= 0)) {
        throw new InvalidArgument(`observed[${i}]`, `must not be negative, got ${String(observed[i])}`);
      }
    }
    for (let i = 0; i < probabilities.length; i++) {
      const p = probabilities[i] as number;
      const y = (observed[i] as number) > 0 ? 1 : 0;
      const bin = this.binOf(p);
      this.counts[bin] = (this.counts[bin] as number) + 1;
      this.forecasts[bin] = (this.forecasts[bin] as number) + p;
      this.hits[bin] = (this.hits[bin] as number) + y;
      this.squares += (p - y) * (p - y);
    }
  }

  private binOf(p: number): number {
    const { LOWEST, HIGHEST } = BrierAccumulator;
    const place = (Math.log(p / (1 - p)) - LOWEST) / (HIGHEST - LOWEST);
    return Math.max(0, Math.min(this.bins - 1, Math.floor(place * this.bins)));
  }

  /** The score of all that was added. */
  result(): BrierScore {
    const curve: ReliabilityBin[] = [];
    let n = 0;
    let events = 0;
    for (let b = 0; b < this.bins; b++) {
      const count = this.counts[b] as number;
      n += count;
      events += this.hits[b] as number;
      if (count === 0) continue;
      const hits = this.hits[b] as number;
      curve.push({ count, forecast: (this.forecasts[b] as number) / count, observed: hits / count });
    }
    const base = events / n;
    let reliability = 0;
    let resolution = 0;
    for (const bin of curve) {
      reliability += (bin.count * (bin.forecast - bin.observed) ** 2) / n;
      resolution += (bin.count * (bin.observed - base) ** 2) / n;
    }
    return n === 0
      ? { score: Number.NaN, reliability: Number.NaN, resolution: Number.NaN, uncertainty: Number.NaN, curve }
      : { score: this.squares / n, reliability, resolution, uncertainty: base * (1 - base), curve };
  }
}

/** Brier score of one set of forecasts; see {@link BrierAccumulator}. */
export function brierScore(probabilities: ArrayLike<number>, observed: ArrayLike<number>, bins?: number): BrierScore {
  const accumulator = new BrierAccumulator(bins);
  accumulator.add(probabilities, observed);
  return accumulator.result();
}
