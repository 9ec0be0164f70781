import { describe, expect, it } from 'vitest';
import { simplify } from './simplify.js';

describe('simplify', () => {
  it('drops what lies within the tolerance of a straight line, and keeps the ends', () => {
    const points = [0, 1, 2, 3, 4].map((x) => [x, x === 2 ? 0.05 : 0] as const);
    expect(simplify(points, 0.1)).toEqual([
      [0, 0],
      [4, 0],
    ]);
  });

  it('keeps a corner that stands out further than the tolerance', () => {
    expect(
      simplify(
        [
          [0, 0],
          [1, 0],
          [2, 0.2],
          [3, 0],
          [4, 0],
        ],
        0.1,
      ),
    ).toContainEqual([2, 0.2]);
  });

  it('keeps a closed ring a ring', () => {
    const ring = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ] as const;
    const left = simplify(ring, 0.1);
    expect(left).toHaveLength(5);
    expect(left.at(0)).toEqual(left.at(-1));
  });

  it('takes a long line without running out of stack', () => {
    const wave = Array.from({ length: 200_000 }, (_, i) => [i * 1e-4, Math.sin(i)] as const);
    expect(simplify(wave, 0.5).length).toBeGreaterThan(1000);
  });
});
