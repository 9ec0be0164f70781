import { requireFinite, requireOpenProbability, requirePositive } from './check.js';
import { betaI } from './special.js';

const INVERSE_SQRT_TWO_PI = 0.39894228040143267794;
const SQRT_32 = Math.sqrt(32);

/** exp(−y²/2), split so that the square does not lose digits for large y (Cody 1969). */
function gaussian(y: number): number {
  const head = Math.trunc(y * 16) / 16;
  return Math.exp(-head * head * 0.5) * Math.exp(-(y - head) * (y + head) * 0.5);
}

/** Upper tail of the standard normal distribution for y > 0.67, relative error near 1e-16. */
function upperTail(y: number): number {
  if (y <= SQRT_32) {
    const above =
      (((((((1.0765576773720192317e-8 * y + 0.39894151208813466764) * y + 8.8831497943883759412) * y +
        93.506656132177855979) *
        y +
        597.27027639480026226) *
        y +
        2494.5375852903726711) *
        y +
        6848.1904505362823326) *
        y +
        11602.651437647350124) *
        y +
      9842.7148383839780218;
    const below =
      (((((((y + 22.266688044328115691) * y + 235.38790178262499861) * y + 1519.377599407554805) * y +
        6485.558298266760755) *
        y +
        18615.571640885098091) *
        y +
        34900.952721145977266) *
        y +
        38912.003286093271411) *
        y +
      19685.429676859990727;
    return (gaussian(y) * above) / below;
  }
  if (y > 38.6) return 0;
  const z = 1 / (y * y);
  const above =
    ((((0.02307344176494017303 * z + 0.21589853405795699) * z + 0.1274011611602473639) * z + 0.022235277870649807) * z +
      0.001421619193227893466) *
      z +
    2.9112874951168792e-5;
  const below =
    ((((z + 1.28426009614491121) * z + 0.468238212480865118) * z + 0.0659881378689285515) * z +
      0.00378239633202758244) *
      z +
    7.29751555083966205e-5;
  return (gaussian(y) * (INVERSE_SQRT_TWO_PI - (z * above) / below)) / y;
}

/** Φ(x), standard normal distribution function: Cody's rational approximations (Math. Comp. 23, 1969, 631). */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const y = Math.abs(x);
  if (y > 0.67448975) return x > 0 ? 1 - upperTail(y) : upperTail(y);
  const z = x * x;
  const above =
    (((0.065682337918207449113 * z + 2.2352520354606839287) * z + 161.02823106855587881) * z + 1067.6894854603709582) *
      z +
    18154.981253343561249;
  const below =
    (((z + 47.20258190468824187) * z + 976.09855173777669322) * z + 10260.932208618978205) * z + 45507.789335026729956;
  return 0.5 + (x * above) / below;
}

/** Density of the standard normal distribution. */
export function normalPdf(x: number): number {
  return INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * x * x);
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const c of coefficients) sum = sum * x + c;
  return sum;
}

const CENTRAL_ABOVE = [
  2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
  1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
];
const CENTRAL_BELOW = [
  5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
  687.1870074920579083, 42.313330701600911252, 1,
];
const MIDDLE_ABOVE = [
  7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
  3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
];
const MIDDLE_BELOW = [
  1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
  0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1,
];
const FAR_ABOVE = [
  2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
  0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
];
const FAR_BELOW = [
  2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
  0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1,
];

/** Φ⁻¹(p) for 0 < p < 1: algorithm AS 241 (Wichura, Applied Statistics 37, 1988), relative error near 1e-16. */
export function normalQuantile(p: number): number {
  requireOpenProbability('p', p);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * horner(CENTRAL_ABOVE, r)) / horner(CENTRAL_BELOW, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const size =
    r <= 5
      ? horner(MIDDLE_ABOVE, r - 1.6) / horner(MIDDLE_BELOW, r - 1.6)
      : horner(FAR_ABOVE, r - 5) / horner(FAR_BELOW, r - 5);
  return q < 0 ? -size : size;
}

/** Distribution function of Student's t with `df` > 0 degrees of freedom (any real number). */
export function studentTCdf(t: number, df: number): number {
  requireFinite('t', t);
  requirePositive('df', df);
  const tail = 0.5 * betaI(df / 2, 0.5, df / (df + t * t));
  return t > 0 ? 1 - tail : tail;
}

/** Quantile of Student's t for 0 < p < 1: bisection on the distribution function, to a relative 1e-14. */
export function studentTQuantile(p: number, df: number): number {
  requireOpenProbability('p', p);
  requirePositive('df', df);
  if (p === 0.5) return 0;
  // The upper tail is searched, where the distribution function keeps its digits, and the sign put back at the end.
  const tail = Math.min(p, 1 - p);
  const upper = (t: number): number => 0.5 * betaI(df / 2, 0.5, df / (df + t * t));
  let low = 0;
  let high = 1;
  while (upper(high) > tail && high < 1e300) {
    low = high;
    high *= 2;
  }
  for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
    const middle = 0.5 * (low + high);
    if (upper(middle) > tail) low = middle;
    else high = middle;
  }
  const size = 0.5 * (low + high);
  return p < 0.5 ? -size : size;
}
