import { expect, it } from 'vitest';
import { isOverloaded } from './load-shedding.js';

it.each([
  [0, 0, false],
  [250, 0.5, false],
  [251, 0.5, true],
  // Busy from end to end but in time: this is what full load looks like.
  [50, 1, false],
  [130, 1, true],
  [130, 0.9, false],
])('a loop %d ms late and busy for %d of its time: %s', (delayMs, utilisation, expected) =>
  expect(isOverloaded({ delayMs, utilisation }, 250)).toBe(expected),
);
