import { requireFinite, requireNonNegative, requireOpenProbability, requirePositive } from './check.js';
import { normalCdf, normalQuantile } from './normal.js';

/** P(X <= x) where ln X is normal with mean `mu` and standard deviation `sigma` > 0. */
export function lognormalCdf(x: number, mu: number, sigma: number): number {
  requirePositive('sigma', sigma);
  return x <= 0 ? 0 : normalCdf((Math.log(x) - mu) / sigma);
}

/** Quantile of the lognormal distribution, 0 < p < 1. */
export function lognormalQuantile(p: number, mu: number, sigma: number): number {
  requireOpenProbability('p', p);
  requirePositive('sigma', sigma);
  return Math.exp(mu + sigma * normalQuantile(p));
}

/** E[X] of the lognormal distribution. */
export function lognormalMean(mu: number, sigma: number): number {
  return Math.exp(mu + 0.5 * sigma * sigma);
}

/**
 * E[min(X, cap)^order] for lognormal X: the limited moment of actuaries (Klugman, Panjer and Willmot, Loss Models,
 * appendix A). `order` is 1 or 2; `cap` > 0, Infinity for no cap.
 */
export function lognormalLimitedMoment(mu: number, sigma: number, cap: number, order: 1 | 2): number {
  requireFinite('mu', mu);
  requirePositive('sigma', sigma);
  const whole = Math.exp(order * mu + 0.5 * order * order * sigma * sigma);
  if (cap === Infinity) return whole;
  requirePositive('cap', cap);
  const z = (Math.log(cap) - mu) / sigma;
  return whole * normalCdf(z - order * sigma) + cap ** order * normalCdf(-z);
}

/** `mu` and `sigma` of the lognormal distribution with this mean > 0 and variance >= 0 (sigma is 0 for variance 0). */
export function lognormalFromMoments(mean: number, variance: number): { mu: number; sigma: number } {
  requirePositive('mean', mean);
  requireNonNegative('variance', variance);
  const sigma2 = Math.log1p(variance / (mean * mean));
  return { mu: Math.log(mean) - 0.5 * sigma2, sigma: Math.sqrt(sigma2) };
}
