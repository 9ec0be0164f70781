import { describe, expect, it } from 'vitest';
import { unwrapped } from './unwrap.js';

describe('unwrapped', () => {
  it('leaves a polygon that does not cross the antimeridian as it is', () => {
    const ring = [
      [10, 0],
      [20, 0],
      [20, 10],
      [10, 0],
    ];
    expect(unwrapped([ring])).toEqual([ring]);
  });

  it('carries a ring on past 180 where it jumps to −180', () => {
    const ring = [
      [170, 60],
      [-170, 60],
      [-170, 70],
      [170, 70],
      [170, 60],
    ];
    expect(unwrapped([ring])).toEqual([
      [
        [170, 60],
        [190, 60],
        [190, 70],
        [170, 70],
        [170, 60],
      ],
    ]);
  });

  it('brings a hole to where its outer ring is', () => {
    const outer = [
      [170, 60],
      [-160, 60],
      [-160, 70],
      [170, 70],
      [170, 60],
    ];
    const hole = [
      [-175, 62],
      [-170, 62],
      [-170, 65],
      [-175, 62],
    ];
    expect(unwrapped([outer, hole])[1]).toEqual([
      [185, 62],
      [190, 62],
      [190, 65],
      [185, 62],
    ]);
  });

  it('closes a ring around the pole along the pole', () => {
    const [ring] = unwrapped([
      [
        [-120, -70],
        [0, -72],
        [120, -70],
        [-120, -70],
      ],
    ]);
    expect(ring).toEqual([
      [-120, -70],
      [0, -72],
      [120, -70],
      [240, -70],
      [240, -90],
      [-120, -90],
      [-120, -70],
    ]);
  });
});
