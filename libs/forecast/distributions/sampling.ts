import type { Random } from '../random.js';
import { InvalidArgument, requireNonNegative, requirePositive } from './check.js';

/** One gamma number with this shape > 0 and scale > 0 (Marsaglia and Tsang 2000). */
export function sampleGamma(shape: number, scale: number, random: Random): number {
  requirePositive('shape', shape);
  requirePositive('scale', scale);
  if (shape < 1) {
    const boost = -random.exponential() / shape;
    return sampleGamma(shape + 1, scale, random) * Math.exp(boost);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const t = 1 + c * x;
    if (t <= 0) continue;
    const v = t * t * t;
    if (-random.exponential() < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v * scale;
  }
}

/** One count with this mean and dispersion (variance = dispersion × mean): Poisson, its mean gamma distributed. */
export function sampleCount(mean: number, dispersion: number, random: Random): number {
  requireNonNegative('mean', mean);
  if (!(dispersion >= 1 && dispersion < Infinity)) {
    throw new InvalidArgument('dispersion', `must be finite and at least 1, got ${String(dispersion)}`);
  }
  const excess = dispersion - 1;
  if (mean === 0) return 0;
  return random.poisson(excess < 1e-8 ? mean : sampleGamma(mean / excess, excess, random));
}
