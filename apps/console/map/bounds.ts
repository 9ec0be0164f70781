import type { Bounds } from './graticule.js';

/** Corners as MapLibre takes them: south-west, north-east; east past 180 where the box crosses the antimeridian. */
export type Corners = [[number, number], [number, number]];

/** A box with `margin` degrees around it (a cell is no point). `west > east` means that it crosses the antimeridian. */
export function cornersOf(box: Bounds, margin: number): Corners {
  const east = box.west > box.east ? box.east + 360 : box.east;
  return [
    [box.west - margin, Math.max(-85, box.south - margin)],
    [east + margin, Math.min(85, box.north + margin)],
  ];
}
