import { InvalidArgument, requireNonNegative, requirePositive } from './check.js';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Below this the Stirling series is not yet exact to a double's precision. */
const STIRLING_FROM = 15;
const EPSILON = 2.220446049250313e-16;
const TINY = 1e-300;

function stirling(x: number): number {
  const z = 1 / (x * x);
  const series =
    (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z / 156)))))) / x;
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + series;
}

/**
 * ln Γ(x) for x > 0, absolute error below 1e-13 for x < 100 and relative below 1e-15 above. Stirling's series
 * (Abramowitz and Stegun 6.1.41), small arguments lifted by the recurrence.
 */
export function lnGamma(x: number): number {
  if (!(x > 0)) throw new InvalidArgument('x', `must be above 0, got ${String(x)}`);
  if (x >= STIRLING_FROM) return stirling(x);
  let product = 1;
  let lifted = x;
  while (lifted < STIRLING_FROM) product *= lifted++;
  return stirling(lifted) - Math.log(product);
}

const FACTORIALS = 256;
const LN_FACTORIAL = Float64Array.from({ length: FACTORIALS }, (_, k) => lnGamma(k + 1));

/** ln k! for an integer k >= 0; a table for small k. */
export function lnFactorial(k: number): number {
  return k < FACTORIALS ? (LN_FACTORIAL[k] as number) : lnGamma(k + 1);
}

/** x^a e^(−x) / Γ(a), the common factor of both expansions below, in logarithms so that it cannot overflow. */
function gammaFactor(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - lnGamma(a));
}

function lowerBySeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = a + 1; term > sum * EPSILON; n++) {
    term *= x / n;
    sum += term;
  }
  return sum * gammaFactor(a, x);
}

function upperByFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let i = 1; ; i++) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < TINY) d = TINY;
    c = b + an / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 4 * EPSILON || i > 1e6) return h * gammaFactor(a, x);
  }
}

/** Regularized lower incomplete gamma function P(a, x), a > 0, x >= 0 (Abramowitz and Stegun 6.5). */
export function gammaP(a: number, x: number): number {
  requirePositive('a', a);
  requireNonNegative('x', x);
  if (x === 0) return 0;
  return x < a + 1 ? lowerBySeries(a, x) : 1 - upperByFraction(a, x);
}

/** Regularized upper incomplete gamma function Q(a, x) = 1 − P(a, x), precise where it is small. */
export function gammaQ(a: number, x: number): number {
  requirePositive('a', a);
  requireNonNegative('x', x);
  if (x === 0) return 1;
  return x < a + 1 ? 1 - lowerBySeries(a, x) : upperByFraction(a, x);
}

/** Continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's method. */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  if (Math.abs(d) < TINY) d = TINY;
  d = 1 / d;
  let h = d;
  for (let m = 1; ; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    if (Math.abs(d) < TINY) d = TINY;
    c = 1 + even / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    if (Math.abs(d) < TINY) d = TINY;
    c = 1 + odd / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 4 * EPSILON || m > 1e6) return h;
  }
}

/** Regularized incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1. */
export function betaI(a: number, b: number, x: number): number {
  requirePositive('a', a);
  requirePositive('b', b);
  if (!(x >= 0 && x <= 1)) throw new InvalidArgument('x', `must lie between 0 and 1, got ${String(x)}`);
  if (x === 0 || x === 1) return x;
  const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(a, b, x)) / a : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}
