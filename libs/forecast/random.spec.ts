import { describe, expect, it } from 'vitest';
import { combineSeeds, createRandom, hashString } from './random.js';

function moments(draw: () => number, n: number): { mean: number; variance: number } {
  let mean = 0;
  let square = 0;
  for (let i = 1; i <= n; i++) {
    const x = draw();
    const delta = x - mean;
    mean += delta / i;
    square += delta * (x - mean);
  }
  return { mean, variance: square / (n - 1) };
}

describe('createRandom', () => {
  it('gives the same stream for the same seed and another for another', () => {
    const draw = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(2 ** 32 + 7)).not.toEqual(draw(7));
  });

  it('draws uniform numbers in [0, 1) with mean 1/2 and variance 1/12', () => {
    const random = createRandom(1);
    const values = Array.from({ length: 200_000 }, () => random.next());
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 1000))).toBeLessThan(1);
    let i = 0;
    const { mean, variance } = moments(() => values[i++]!, values.length);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 3);
  });

  it('draws normal and exponential numbers of the right moments', () => {
    const random = createRandom(2);
    const normal = moments(() => random.normal(), 200_000);
    expect(Math.abs(normal.mean)).toBeLessThan(0.01);
    expect(normal.variance).toBeCloseTo(1, 1);
    const exponential = moments(() => random.exponential(), 200_000);
    expect(exponential.mean).toBeCloseTo(1, 1);
    expect(exponential.variance).toBeCloseTo(1, 1);
  });

  it.each([0.3, 4, 11.9, 12.1, 60, 5000])('draws Poisson counts with mean and variance %d', (mean) => {
    const random = createRandom(3);
    const n = 100_000;
    const found = moments(() => random.poisson(mean), n);
    expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(mean / n));
    expect(Math.abs(found.variance / mean - 1)).toBeLessThan(0.03);
  });

  it('has no counts where the mean is 0', () => {
    expect(createRandom(1).poisson(0)).toBe(0);
  });
});

describe('seeds', () => {
  it('hashes different texts to different numbers, spread over 32 bits', () => {
    const hashes = new Set(Array.from({ length: 20_000 }, (_, i) => hashString(`event-${i}`)));
    expect(hashes.size).toBeGreaterThan(19_990);
    const high = [...hashes].filter((hash) => hash >= 2 ** 31).length;
    expect(Math.abs(high / hashes.size - 0.5)).toBeLessThan(0.02);
  });

  it('combines in order', () => {
    expect(combineSeeds(1, 2)).not.toBe(combineSeeds(2, 1));
  });
});
