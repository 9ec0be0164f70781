import { requireCounts, requireRates, requireSameLength } from './check.js';
import { lnRising } from './counts.js';
import { maximize } from './maximize.js';

/** Dispersion of counts about their forecasts. */
export interface DispersionFit {
  /** Variance over mean, at least 1; exactly 1 means Poisson. */
  readonly dispersion: number;
  /** How much better than Poisson, in nats over all pairs. */
  readonly gain: number;
  /** Pairs used: those with a forecast above zero. */
  readonly pairs: number;
  /** Pairs left out because an event fell where the forecast said it could not: a fault of the forecast. */
  readonly impossible: number;
}

/** Twice this is the 95 % point of the likelihood ratio at a bound (half χ² with one degree of freedom): below, Poisson stands. */
const LEAST_GAIN = 1.35;
/** No forecast of counts is so bad that more would be believed; it keeps one absurd pair from ruling the surface. */
const LARGEST_DISPERSION = 1000;

/**
 * Collects forecasts and what came, window after window, for {@link fitDispersion}. Pairs without an event enter
 * through the sum of their means alone, so millions of empty cell-windows cost neither memory nor time at the fit.
 */
export class DispersionAccumulator {
  private totalMean = 0;
  private pairs = 0;
  private impossible = 0;
  private slopeAtPoisson = 0;
  private readonly means: number[] = [];
  private readonly counts: number[] = [];

  /** Adds pairs. Throws InvalidArgument naming the argument and position; nothing of the call is then kept. */
  add(expected: ArrayLike<number>, observed: ArrayLike<number>): void {
    requireSameLength('observed', observed, 'expected', expected);
    requireRates('expected', expected);
    requireCounts('observed', observed);
    for (let i = 0; i < expected.length; i++) {
      const m = expected[i] as number;
      const n = observed[i] as number;
      if (m === 0) {
        if (n > 0) this.impossible++;
        continue;
      }
      this.pairs++;
      this.totalMean += m;
      this.slopeAtPoisson += ((n - m) ** 2 - n) / (2 * m);
      if (n > 0) {
        this.means.push(m);
        this.counts.push(n);
      }
    }
  }

  /** Fits all that was added; Poisson where nothing was. */
  fit(): DispersionFit {
    const { means, counts, totalMean, pairs, impossible } = this;
    const poisson = { dispersion: 1, gain: 0, pairs, impossible };
    // The slope of the likelihood at φ = 1: not above 0 means no more variance than Poisson's. Without any event the
    // likelihood rises for ever, which says that the forecast was too high and nothing of its spread.
    if (means.length === 0 || this.slopeAtPoisson <= 0) return poisson;
    let poissonPart = 0;
    for (let i = 0; i < means.length; i++) poissonPart += (counts[i] as number) * Math.log(means[i] as number);
    // ln-likelihood less Poisson's, as a function of x = ln(φ − 1).
    const gainAt = (x: number): number => {
      const excess = Math.exp(x);
      let sum = -totalMean * (Math.log1p(excess) / excess - 1) - poissonPart;
      // ln((φ−1)/φ) as a difference of logarithms, not from φ itself, which rounds to 1 for a small excess.
      const perEvent = x - Math.log1p(excess);
      for (let i = 0; i < means.length; i++) {
        sum += lnRising((means[i] as number) / excess, counts[i] as number) + (counts[i] as number) * perEvent;
      }
      return sum;
    };
    const best = maximize(gainAt, Math.log(1e-6), Math.log(LARGEST_DISPERSION - 1), 1e-6);
    return best.value < LEAST_GAIN
      ? poisson
      : { dispersion: 1 + Math.exp(best.at), gain: best.value, pairs, impossible };
  }
}

/**
 * Maximum likelihood of the dispersion φ (variance = φ × mean, negative binomial of type 1) from past forecasts and
 * what came. Where the counts vary no more than Poisson, or not clearly more (a likelihood ratio short of 5 %), 1 is
 * returned: an under-dispersed sample is no reason to promise narrower intervals than chance gives.
 *
 * @param expected forecast means, finite and not negative.
 * @param observed counts, one for each.
 * @throws InvalidArgument naming the argument and position.
 */
export function fitDispersion(expected: ArrayLike<number>, observed: ArrayLike<number>): DispersionFit {
  const pairs = new DispersionAccumulator();
  pairs.add(expected, observed);
  return pairs.fit();
}
