import { gridDiskDistances } from 'h3-js';
import { type Cell, assertCell } from './cells.js';
import { GeoError } from './errors.js';

/** Largest radius accepted: 200 rings are 120,601 cells, which is beyond any neighbourhood this platform needs. */
const MAX_RADIUS = 200;

function assertRadius(radius: number): void {
  if (!Number.isInteger(radius) || radius < 0 || radius > MAX_RADIUS) {
    throw new GeoError('radius', `must be an integer from 0 to ${MAX_RADIUS}, got ${String(radius)}`);
  }
}

/** Cells around `cell` by ring: entry r holds those at grid distance r, entry 0 the cell itself. Safe at pentagons. */
export function ringsAround(cell: Cell, radius: number): Cell[][] {
  assertCell(cell);
  assertRadius(radius);
  return gridDiskDistances(cell, radius);
}

/**
 * Neighbours within a list of cells, in compressed rows: those of cell i are `members[k]` (positions in the list) at
 * grid distance `distances[k]`, for `offsets[i] <= k < offsets[i + 1]`, nearest first and the cell itself before all.
 */
export interface NeighbourIndex {
  readonly radius: number;
  readonly offsets: Int32Array;
  readonly members: Int32Array;
  readonly distances: Uint8Array;
}

/**
 * Finds, for each cell of a list, which cells of the same list lie within `radius` rings. Cells outside the list are
 * left out, so rows at the edge of a region are shorter.
 *
 * @throws GeoError naming `radius`, or `cells[i]` for what is no cell or is listed twice.
 */
export function neighbourIndex(cells: readonly Cell[], radius: number): NeighbourIndex {
  assertRadius(radius);
  const position = new Map<Cell, number>();
  cells.forEach((cell, i) => {
    assertCell(cell, `cells[${i}]`);
    if (position.has(cell)) throw new GeoError(`cells[${i}]`, `${cell} is listed twice`);
    position.set(cell, i);
  });
  const offsets = new Int32Array(cells.length + 1);
  const members: number[] = [];
  const distances: number[] = [];
  cells.forEach((cell, i) => {
    gridDiskDistances(cell, radius).forEach((ring, distance) => {
      for (const other of ring) {
        const at = position.get(other);
        if (at === undefined) continue;
        members.push(at);
        distances.push(distance);
      }
    });
    offsets[i + 1] = members.length;
  });
  return { radius, offsets, members: Int32Array.from(members), distances: Uint8Array.from(distances) };
}
