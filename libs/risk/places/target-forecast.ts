import { countQuantiles } from '#forecast';
import type { RiskView } from '../surfaces/risk-view.js';
import type { TargetWeights } from './weights.js';

/** What a surface says of a target at one horizon. */
export interface TargetForecast {
  expectedCount: number;
  expectedLoss: number;
  pEvent: number;
  q05: number;
  q50: number;
  q95: number;
  /** Expected count on the ground of one cell, over the average cell's. */
  relativeRisk: number;
  /** Part of the target's area that the surface covers, above 0. */
  coverage: number;
}

/** Below this excess over 1 counts are Poisson to more digits than are carried. */
const POISSON_BELOW = 1e-8;

/**
 * Adds the cells of a target up by the shares of their areas. undefined where the surface covers nothing of it.
 *
 * Events are taken to be spread evenly over a cell, each falling into the target's part with probability s, the share of
 * the area, independent of the others. The count of a cell is negative binomial with mean m and variance φ m: a Poisson
 * count whose rate is gamma distributed with shape m / (φ − 1) and scale φ − 1. Keeping each event with probability s
 * multiplies that rate by s, hence its scale: the part's count is negative binomial too, with mean s m and dispersion
 * φ_s = 1 + s (φ − 1). A small part of a cell is nearly Poisson, a whole cell keeps φ.
 *
 * Cells are independent given the forecast, as where maps are made coarser, so
 *   P(no event) = Π (1 + s (φ − 1))^(−m / (φ − 1)),     exact,
 *   variance of the sum = Σ s m (1 + s (φ − 1)),
 * and the quantiles are those of the negative binomial with this mean and variance, which is exact where all shares are
 * equal. For a target of whole cells all of it is what `coarsen` gives.
 */
export function forecastOf(weights: TargetWeights, positions: Int32Array, view: RiskView): TargetForecast | undefined {
  const { expectedCount, expectedLoss, dispersion } = view.slice;
  const excess = dispersion - 1;
  let count = 0;
  let loss = 0;
  let squared = 0;
  let minusLogNone = 0;
  let ground = 0;
  let covered = 0;
  let whole = 0;
  for (let i = 0; i < positions.length; i++) {
    const part = weights.parts[i] as number;
    whole += part;
    const at = positions[i] as number;
    if (at < 0) continue;
    const share = weights.shares[i] as number;
    const mean = expectedCount[at] as number;
    covered += part;
    ground += share;
    count += share * mean;
    squared += share * share * mean;
    loss += share * (expectedLoss[at] as number);
    minusLogNone += excess < POISSON_BELOW ? share * mean : (mean * Math.log1p(share * excess)) / excess;
  }
  if (covered === 0) return undefined;
  const [q05, q50, q95] = countQuantiles([count], [0.05, 0.5, 0.95], count > 0 ? 1 + (excess * squared) / count : 1);
  return {
    expectedCount: count,
    expectedLoss: loss,
    pEvent: -Math.expm1(-minusLogNone),
    q05: q05?.[0] ?? 0,
    q50: q50?.[0] ?? 0,
    q95: q95?.[0] ?? 0,
    // A shape too small for its share to be a number is at no more risk than any other point.
    relativeRisk: ground === 0 ? 0 : count / ground / (view.meanCount || 1),
    coverage: Math.min(1, covered / whole),
  };
}
