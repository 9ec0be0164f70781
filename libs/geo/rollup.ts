import { cellToParent, getResolution } from 'h3-js';
import { type Cell, assertCell, assertResolution } from './cells.js';
import { GeoError } from './errors.js';

/** Cells grouped by their ancestor: `parents[index[i]]` is the ancestor of `cells[i]`. */
export interface RollUp {
  /** Distinct ancestors in the order in which they first appear. */
  readonly parents: readonly Cell[];
  /** One entry per input cell: its ancestor's position in `parents`. */
  readonly index: Int32Array;
}

/**
 * Groups cells by their ancestor at `resolution`, for adding up a surface on a coarser grid. The cells may have
 * different resolutions; none may be coarser than `resolution`.
 *
 * Children do not tile their parent exactly (H3 turns the grid by 19° from one resolution to the next), so a sum over
 * a parent is a sum over its children's outline, a little different from the parent's drawn outline.
 *
 * @throws GeoError naming `resolution` or `cells[i]`.
 */
export function rollUp(cells: readonly Cell[], resolution: number): RollUp {
  assertResolution(resolution);
  const index = new Int32Array(cells.length);
  const parents: Cell[] = [];
  const seen = new Map<Cell, number>();
  cells.forEach((cell, i) => {
    assertCell(cell, `cells[${i}]`);
    if (getResolution(cell) < resolution) {
      throw new GeoError(`cells[${i}]`, `has resolution ${getResolution(cell)}, coarser than ${resolution}`);
    }
    const parent = cellToParent(cell, resolution);
    let at = seen.get(parent);
    if (at === undefined) {
      at = parents.push(parent) - 1;
      seen.set(parent, at);
    }
    index[i] = at;
  });
  return { parents, index };
}

/** Adds values of cells up by ancestor: one sum per entry of `rollUp.parents`. `values` has one entry per cell. */
export function sumByParent(grouping: RollUp, values: ArrayLike<number>): Float64Array {
  if (values.length !== grouping.index.length) {
    throw new GeoError('values', `has ${values.length} entries, expected ${grouping.index.length}`);
  }
  const sums = new Float64Array(grouping.parents.length);
  for (let i = 0; i < values.length; i++) {
    const at = grouping.index[i] as number;
    sums[at] = (sums[at] as number) + (values[i] as number);
  }
  return sums;
}
