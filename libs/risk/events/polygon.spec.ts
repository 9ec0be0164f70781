import { describe, expect, it } from 'vitest';
import { createRandom } from '#forecast';
import { requireSimple } from './polygon.js';

type Ring = [number, number][];
const simple = (ring: Ring) => {
  try {
    requireSimple(ring);
    return true;
  } catch {
    return false;
  }
};
const square: Ring = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
];

describe('a polygon to look for events in', () => {
  it.each([
    ['a square', square],
    ['the other way round', square.toReversed()],
    ['closed by hand', [...square, [0, 0]]],
    ['with a corner twice', [[0, 0], ...square]],
    [
      'with a corner on an edge',
      [
        [0, 0],
        [1, 0],
        [2, 0],
        [2, 2],
        [0, 2],
      ],
    ],
    [
      'with a dent',
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [2, 1],
        [0, 4],
      ],
    ],
  ] as [string, Ring][])('may be %s', (_what, ring) => expect(simple(ring)).toBe(true));

  it.each([
    [
      'a bow tie',
      [
        [0, 0],
        [2, 2],
        [2, 0],
        [0, 2],
      ],
    ],
    [
      'a line',
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      'a point',
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    ],
    [
      'two corners',
      [
        [0, 0],
        [1, 1],
        [0, 0],
      ],
    ],
    [
      'with a spike',
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [4, 8],
        [4, 4],
        [0, 4],
      ],
    ],
    [
      'touching itself in a corner',
      [
        [0, 0],
        [2, 0],
        [1, 1],
        [2, 2],
        [0, 2],
        [1, 1],
      ],
    ],
    [
      'touching an edge of its own',
      [
        [0, 0],
        [4, 0],
        [4, 4],
        [2, 0],
        [0, 4],
      ],
    ],
  ] as [string, Ring][])('must not be %s', (_what, ring) => expect(simple(ring)).toBe(false));

  it('may have 200 corners in a circle, and not in any order', () => {
    const circle = Array.from({ length: 200 }, (_, i): [number, number] => [
      Math.cos((i * Math.PI) / 100),
      Math.sin((i * Math.PI) / 100),
    ]);
    expect(simple(circle)).toBe(true);
    const random = createRandom(5);
    expect(simple(circle.toSorted(() => random.next() - 0.5))).toBe(false);
  });
});
