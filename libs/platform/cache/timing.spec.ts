import { expect, it } from 'vitest';
import { earliestDue, isDueEarly, jittered } from './timing.js';

/** A line of numbers in [0, 1), evenly spread. */
const spread = (n: number) => Array.from({ length: n }, (_, i) => (i + 0.5) / n);

it('spreads a life by a tenth to either side, evenly', () => {
  const lives = spread(1_000).map((random) => jittered(900_000, random));
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(810_000);
  expect(Math.max(...lives)).toBeLessThan(990_000);
  expect(lives.reduce((a, b) => a + b) / lives.length).toBeCloseTo(900_000, 0);
});

it('an endless life stays endless', () => expect(jittered(Infinity, 0.3)).toBe(Infinity));

it('is due at the end for certain, and before it as the paper says', () => {
  for (const random of spread(100)) expect(isDueEarly(1_000, 1_000, 50, random)).toBe(true);
  // P(due) = exp(-(time left) / (time of a load))
  for (const loads of [0.5, 1, 2, 4]) {
    const due = spread(100_000).filter((random) => isDueEarly(1_000 - loads * 50, 1_000, 50, random));
    expect(due.length / 100_000).toBeCloseTo(Math.exp(-loads), 3);
  }
});

it('is never due where nobody needs to ask', () => {
  const before = earliestDue(1_000_000, 50) - 1;
  for (const random of [0, 0.5, 1 - 1e-8]) expect(isDueEarly(before, 1_000_000, 50, random)).toBe(false);
  expect(isDueEarly(1, Infinity, 50, 0.999)).toBe(false);
});
