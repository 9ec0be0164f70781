import type { WorldBox } from './mercator.js';

/** An open ring as x, y, x, y, … */
export type Ring = readonly number[];

/**
 * The part of a ring inside a box, as an open ring; empty when nothing is inside. Sutherland–Hodgman, one side of the box
 * after the other: of a ring that leaves the box and comes back it keeps one piece, joined along the box's edge.
 */
export function clipRing(ring: Ring, box: WorldBox): Ring {
  let part = clipAxis(ring, 0, box.minX, 1);
  part = clipAxis(part, 0, box.maxX, -1);
  part = clipAxis(part, 1, box.minY, 1);
  return clipAxis(part, 1, box.maxY, -1);
}

/** Keeps what lies on the side of `at` that `sign` points to, along one axis (0: x, 1: y). */
function clipAxis(ring: Ring, axis: 0 | 1, at: number, sign: 1 | -1): Ring {
  const n = ring.length;
  if (n === 0) return ring;
  const out: number[] = [];
  let px = ring[n - 2]!;
  let py = ring[n - 1]!;
  let before = sign * ((axis === 0 ? px : py) - at);
  for (let i = 0; i < n; i += 2) {
    const x = ring[i]!;
    const y = ring[i + 1]!;
    const now = sign * ((axis === 0 ? x : y) - at);
    if (before >= 0 !== now >= 0) {
      const share = before / (before - now);
      if (axis === 0) out.push(at, py + share * (y - py));
      else out.push(px + share * (x - px), at);
    }
    if (now >= 0) out.push(x, y);
    [px, py, before] = [x, y, now];
  }
  return out.length < 6 ? [] : out;
}
