/**
 * Deterministic random numbers: the same seed gives the same stream on every machine and Node version.
 *
 * xoshiro128** (Blackman and Vigna 2018), seeded through splitmix32. `Math.random` is never used in this library: a forecast that
 * cannot be drawn again cannot be checked.
 */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
  /** Standard normal (polar method). */
  normal(): number;
  /** Exponential with mean 1. */
  exponential(): number;
  /** Poisson with the given mean (≥ 0): inversion below 12, Hörmann's transformed rejection (PTRS, 1993) above. */
  poisson(mean: number): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
}

/** A 32-bit hash of a string (FNV-1a, finished with a mixer), for seeds and jitter that belong to an identifier. */
export function hashString(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** Two 32-bit numbers into one, order mattering: derives a seed for a part from the seed of the whole. */
export function combineSeeds(a: number, b: number): number {
  return mix(Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ mix(b + 0x7f4a7c15));
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** A generator for the seed. Any finite number is a seed; its integer part modulo 2³² and its high part both count. */
export function createRandom(seed: number): Random {
  let state = combineSeeds(Math.floor(seed) >>> 0, Math.floor(seed / 4294967296) >>> 0);
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state);
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix() | 1;
  let spare = Number.NaN;

  const uint32 = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const next = (): number => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;

  const normal = (): number => {
    if (!Number.isNaN(spare)) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    let x: number;
    let y: number;
    let square: number;
    do {
      x = 2 * next() - 1;
      y = 2 * next() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    spare = y * scale;
    return x * scale;
  };

  const poisson = (mean: number): number => {
    if (!(mean > 0)) return 0;
    if (mean < 12) {
      let product = next();
      const limit = Math.exp(-mean);
      let count = 0;
      while (product > limit) {
        product *= next();
        count++;
      }
      return count;
    }
    const logMean = Math.log(mean);
    const scale = 0.931 + 2.53 * Math.sqrt(mean);
    const shift = -0.059 + 0.02483 * scale;
    const inverse = 1.1239 + 1.1328 / (scale - 3.4);
    const squeeze = 0.9277 - 3.6224 / (scale - 2);
    for (;;) {
      const u = next() - 0.5;
      const v = 1 - next();
      const us = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * shift) / us + scale) * u + mean + 0.43);
      if (us >= 0.07 && v <= squeeze) return count;
      if (count < 0 || (us < 0.013 && v > us)) continue;
      const bound = -mean + count * logMean - logFactorial(count);
      if (Math.log(v) + Math.log(inverse) - Math.log(shift / (us * us) + scale) <= bound) return count;
    }
  };

  return {
    next,
    normal,
    exponential: () => -Math.log(1 - next()),
    poisson,
    integer: (n) => Math.floor(next() * n),
  };
}

/** ln n! by Stirling's series from 10 up (error < 1e-10), exact below. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return Math.log(product);
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x * x * x);
}
