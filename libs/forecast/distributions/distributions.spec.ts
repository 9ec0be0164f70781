import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import {
  betaI,
  countCdf,
  countLogPmf,
  countQuantile,
  countQuantiles,
  DispersionAccumulator,
  fitDispersion,
  gammaP,
  gammaQ,
  lnFactorial,
  lnGamma,
  lognormalCdf,
  lognormalFromMoments,
  lognormalLimitedMoment,
  lognormalMean,
  lognormalQuantile,
  maximize,
  normalCdf,
  normalPdf,
  normalQuantile,
  probabilitiesOfAny,
  probabilityOfAny,
  sampleCount,
  sampleGamma,
  studentTCdf,
  studentTQuantile,
  zeroRate,
} from './index.js';

describe('special functions', () => {
  it('ln Γ agrees with factorials and Γ(1/2)', () => {
    let product = 1;
    for (let n = 1; n <= 20; n++) {
      expect(lnGamma(n)).toBeCloseTo(Math.log(product), 12);
      product *= n;
      expect(lnFactorial(n)).toBeCloseTo(Math.log(product), 12);
    }
    expect(lnGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 13);
    expect(lnGamma(1e-8)).toBeCloseTo(-Math.log(1e-8), 6);
    expect(lnFactorial(1000) / 5912.128178488163).toBeCloseTo(1, 14);
    expect(() => lnGamma(0)).toThrow('x must be above 0');
  });

  it('P and Q are sums of Poisson probabilities, from both sides of the mean', () => {
    for (const [n, x] of [
      [1, 0.3],
      [3, 9],
      [40, 30],
      [1828, 1809.65],
      [5000, 5200],
    ] as const) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += Math.exp(k * Math.log(x) - x - lnFactorial(k));
      expect(gammaQ(n, x) / sum).toBeCloseTo(1, 9);
      expect(gammaP(n, x) + gammaQ(n, x)).toBeCloseTo(1, 13);
    }
    expect(gammaP(2, 0)).toBe(0);
    expect(gammaQ(2, 0)).toBe(1);
    expect(() => gammaP(0, 1)).toThrow('a must be');
    expect(() => gammaP(1, -1)).toThrow('x must be');
  });

  it('I_x is a sum of binomial probabilities', () => {
    const [n, p] = [30, 0.37];
    for (const k of [1, 8, 15, 29]) {
      let sum = 0;
      for (let j = k; j <= n; j++) {
        sum += Math.exp(
          lnFactorial(n) - lnFactorial(j) - lnFactorial(n - j) + j * Math.log(p) + (n - j) * Math.log1p(-p),
        );
      }
      expect(betaI(k, n - k + 1, p) / sum).toBeCloseTo(1, 11);
    }
    expect(betaI(2, 3, 0)).toBe(0);
    expect(betaI(2, 3, 1)).toBe(1);
    expect(() => betaI(2, 3, 1.1)).toThrow('x must lie');
  });
});

describe('normal and t', () => {
  it('has the known values of Φ', () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 15);
    expect(normalCdf(-3) / 0.0013498980316300957).toBeCloseTo(1, 13);
    expect(normalCdf(-10) / 7.619853024160489e-24).toBeCloseTo(1, 12);
    expect(normalCdf(-40)).toBe(0);
    expect(normalCdf(40)).toBe(1);
    expect(normalPdf(0)).toBeCloseTo(0.3989422804014327, 15);
  });

  it('Φ⁻¹ turns Φ round', () => {
    for (let x = -8; x <= 5; x += 0.13) expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 8);
    for (const p of [0, 1, -0.1, Number.NaN]) expect(() => normalQuantile(p)).toThrow('p must lie strictly between');
  });

  it('has the quantiles of t', () => {
    expect(studentTQuantile(0.975, 18)).toBeCloseTo(2.1009220402, 9);
    expect(studentTQuantile(0.975, 1)).toBeCloseTo(12.706204736, 8);
    expect(studentTQuantile(0.05, 5)).toBeCloseTo(-2.0150483733, 9);
    expect(studentTQuantile(0.975, 1e7)).toBeCloseTo(1.959964, 5);
    expect(studentTQuantile(0.5, 3)).toBe(0);
    for (const df of [0.7, 2, 30]) {
      for (const p of [1e-6, 0.2, 0.6, 0.999]) expect(studentTCdf(studentTQuantile(p, df), df) / p).toBeCloseTo(1, 10);
    }
    expect(() => studentTQuantile(0.9, 0)).toThrow('df');
  });
});

describe('counts', () => {
  const cases = [0.003, 0.4, 3, 25, 180, 900].flatMap((mean) =>
    [1, 1 + 1e-12, 1.001, 1.7, 6].map((phi) => [mean, phi] as const),
  );

  it.each(cases)('mean %d, dispersion %d: the pmf sums to the cdf, with this mean and variance', (mean, phi) => {
    let sum = 0;
    let first = 0;
    let second = 0;
    const last = Math.ceil(mean + 12 * Math.sqrt(mean * phi) + 60 * phi);
    for (let k = 0; k <= last; k++) {
      const p = Math.exp(countLogPmf(k, mean, phi));
      sum += p;
      first += k * p;
      second += k * k * p;
      if (k % Math.ceil(last / 25) === 0) expect(countCdf(k, mean, phi)).toBeCloseTo(sum, 9);
    }
    expect(sum).toBeCloseTo(1, 8);
    expect(first / mean).toBeCloseTo(1, 6);
    expect((second - first * first) / (phi * mean)).toBeCloseTo(1, 4);
  });

  it.each(cases)('mean %d, dispersion %d: a quantile is the smallest count that reaches it', (mean, phi) => {
    for (const p of [0.001, 0.05, 0.5, 0.9, 0.95, 0.9999]) {
      const k = countQuantile(p, mean, phi);
      expect(countCdf(k, mean, phi)).toBeGreaterThanOrEqual(p - 1e-12);
      expect(countCdf(k - 1, mean, phi)).toBeLessThan(p + 1e-12);
    }
  });

  it('are certain at mean 0', () => {
    expect(countLogPmf(0, 0, 2)).toBe(0);
    expect(countLogPmf(1, 0)).toBe(-Infinity);
    expect(countCdf(0, 0, 3)).toBe(1);
    expect(countCdf(-0.5, 3)).toBe(0);
    expect(countQuantile(0.99, 0)).toBe(0);
    expect(probabilityOfAny(0, 4)).toBe(0);
  });

  it('have P(N >= 1) without cancellation', () => {
    expect(probabilityOfAny(1e-12)).toBeCloseTo(1e-12, 23);
    expect(probabilityOfAny(2)).toBeCloseTo(1 - Math.exp(-2), 14);
    expect(probabilityOfAny(2, 3)).toBeCloseTo(1 - countCdf(0, 2, 3), 13);
    expect(zeroRate(1)).toBe(1);
    expect(Array.from(probabilitiesOfAny([0, 2], 3))).toEqual([0, probabilityOfAny(2, 3)]);
  });

  it('keep their dispersion when independent cells are added', () => {
    // Closed under addition: the sum of two cells has the same dispersion at the sum of the means.
    for (let n = 0; n < 12; n++) {
      let convolved = 0;
      for (let k = 0; k <= n; k++) convolved += Math.exp(countLogPmf(k, 0.7, 2.5) + countLogPmf(n - k, 1.9, 2.5));
      expect(convolved).toBeCloseTo(Math.exp(countLogPmf(n, 2.6, 2.5)), 12);
    }
  });

  it('name what is wrong', () => {
    expect(() => countQuantiles([1, Number.NaN], [0.5])).toThrow('means[1]');
    expect(() => countQuantiles([1, -1], [0.5])).toThrow('means[1]');
    expect(() => countQuantiles([1], [0.5, 0.5])).toThrow('probabilities[1]');
    expect(() => countQuantiles([1], [1])).toThrow('probabilities[0]');
    expect(() => countQuantiles([1], [0.5], 0.9)).toThrow('dispersion');
    expect(() => countLogPmf(1.5, 1)).toThrow('k must');
    expect(() => countCdf(Number.NaN, 1)).toThrow('k must');
  });

  it('give three quantiles of 100,000 cells in well under 100 ms', () => {
    const random = createRandom(3);
    const means = Float64Array.from({ length: 100_000 }, () => Math.exp(-3 + 1.5 * random.normal()));
    countQuantiles(means, [0.05, 0.5, 0.95], 1.3);
    const start = performance.now();
    countQuantiles(means, [0.05, 0.5, 0.95], 1.3);
    expect(performance.now() - start).toBeLessThan(100);
  });
});

describe('lognormal', () => {
  it('has matching moments, quantiles and limited moments', () => {
    const { mu, sigma } = lognormalFromMoments(50, 900);
    expect(lognormalMean(mu, sigma)).toBeCloseTo(50, 10);
    expect(lognormalCdf(lognormalQuantile(0.83, mu, sigma), mu, sigma)).toBeCloseTo(0.83, 12);
    expect(lognormalCdf(0, mu, sigma)).toBe(0);
    expect(lognormalLimitedMoment(mu, sigma, Infinity, 1)).toBeCloseTo(50, 10);
    expect(lognormalLimitedMoment(mu, sigma, Infinity, 2)).toBeCloseTo(3400, 8);
    for (const order of [1, 2] as const) {
      const n = 20_000;
      let sum = 0;
      for (let i = 0; i < n; i++) sum += Math.min(80, lognormalQuantile((i + 0.5) / n, mu, sigma)) ** order / n;
      expect(lognormalLimitedMoment(mu, sigma, 80, order) / sum).toBeCloseTo(1, 4);
    }
    expect(() => lognormalFromMoments(0, 1)).toThrow('mean');
    expect(() => lognormalQuantile(0.5, 0, 0)).toThrow('sigma');
  });
});

describe('sampling', () => {
  it.each([
    [0.3, 2],
    [1, 1],
    [7.5, 0.2],
  ])('gamma with shape %d and scale %d has its mean and variance', (shape, scale) => {
    const random = createRandom(8);
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const x = sampleGamma(shape, scale, random);
      sum += x;
      squares += x * x;
    }
    const mean = sum / n;
    expect(Math.abs(mean / (shape * scale) - 1)).toBeLessThan(0.03);
    expect(Math.abs((squares / n - mean * mean) / (shape * scale * scale) - 1)).toBeLessThan(0.08);
  });

  it.each([
    [0.2, 1],
    [0.2, 3],
    [6, 2],
    [80, 1.5],
  ])('counts with mean %d and dispersion %d fall where they should', (mean, phi) => {
    const random = createRandom(4);
    const n = 50_000;
    const seen = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const k = sampleCount(mean, phi, random);
      seen.set(k, (seen.get(k) ?? 0) + 1);
    }
    for (const [k, count] of seen) {
      const p = Math.exp(countLogPmf(k, mean, phi));
      expect(Math.abs(count / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n) + 2 / n);
    }
    expect(sampleCount(0, phi, random)).toBe(0);
    expect(() => sampleCount(1, 0.5, random)).toThrow('dispersion');
  });
});

describe('fitDispersion', () => {
  it.each([1.15, 1.6, 4, 20])('finds %d again', (phi) => {
    const random = createRandom(12);
    const means = Array.from({ length: 30_000 }, () => Math.exp(-1.5 + 1.2 * random.normal()));
    const counts = means.map((mean) => sampleCount(mean, phi, random));
    const fit = fitDispersion(means, counts);
    expect(Math.abs(Math.log((fit.dispersion - 1) / (phi - 1)))).toBeLessThan(0.25);
    expect(fit.gain).toBeGreaterThan(10);
    // No other dispersion explains the counts better.
    const logLikelihood = (d: number) =>
      means.reduce((sum, mean, i) => sum + countLogPmf(counts[i] as number, mean, d), 0);
    const best = logLikelihood(fit.dispersion);
    for (const other of [1, phi * 1.1, fit.dispersion * 0.98, fit.dispersion * 1.02]) {
      if (other >= 1) expect(best).toBeGreaterThanOrEqual(logLikelihood(other) - 1e-6);
    }
    expect(best - logLikelihood(1)).toBeCloseTo(fit.gain, 5);
  });

  it('says Poisson for counts that vary less, or not more', () => {
    expect(fitDispersion([2, 2, 2, 2], [2, 2, 2, 2])).toEqual({ dispersion: 1, gain: 0, pairs: 4, impossible: 0 });
    const random = createRandom(7);
    const means = new Array<number>(50_000).fill(0.4);
    expect(
      fitDispersion(
        means,
        means.map((m) => random.poisson(m)),
      ).dispersion,
    ).toBeLessThan(1.02);
  });

  it('takes nothing, only empty cells, and impossible events', () => {
    expect(fitDispersion([], []).dispersion).toBe(1);
    expect(fitDispersion([5, 8], [0, 0]).dispersion).toBe(1);
    // One cell with two events in place of one shows nothing yet.
    expect(fitDispersion([1, 1], [1, 2]).dispersion).toBe(1);
    expect(fitDispersion([0, 0], [0, 3])).toEqual({ dispersion: 1, gain: 0, pairs: 0, impossible: 1 });
    expect(fitDispersion([0.001], [5000]).dispersion).toBeLessThanOrEqual(1000.1);
  });

  it('is the same window by window', () => {
    const pairs = new DispersionAccumulator();
    pairs.add([1, 2], [4, 0]);
    pairs.add([0.5], [3]);
    expect(pairs.fit()).toEqual(fitDispersion([1, 2, 0.5], [4, 0, 3]));
  });

  it('names what is wrong', () => {
    expect(() => fitDispersion([1], [1, 2])).toThrow('observed has 2 entries');
    expect(() => fitDispersion([1, Number.NaN], [1, 2])).toThrow('expected[1]');
    expect(() => fitDispersion([1, 1], [1, 0.5])).toThrow('observed[1]');
  });
});

describe('maximize', () => {
  it('finds a top inside and at an end', () => {
    expect(maximize((x) => -((x - 1.234) ** 2), -5, 5).at).toBeCloseTo(1.234, 5);
    expect(maximize((x) => x, 0, 1).at).toBeCloseTo(1, 5);
    expect(() => maximize((x) => x, 1, 1)).toThrow('to must be above');
  });
});
