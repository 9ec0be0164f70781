import { cellToParent, getResolution, gridDisk, isValidCell } from 'h3-js';

/** One level of parent cells, for the heavy tail of the space kernel. */
export interface ParentLevel {
  /** How many resolutions coarser than the region's cells. */
  readonly levels: number;
  /** Number of parent cells that hold a cell of the region. */
  readonly size: number;
  /** Parent index of every region cell, length `region.size`. */
  readonly parentOf: Int32Array;
  /** Parents within one ring of each parent, itself included (CSR). */
  readonly start: Int32Array;
  readonly neighbours: Int32Array;
  /** Nominal number of cells under a parent and its ring: the mass of the kernel is spread evenly over them. */
  readonly norm: number;
}

/**
 * The cells a model speaks about, with their neighbourhoods in typed arrays.
 *
 * Cells are sorted by their index string, so the same set always gives the same order, and neighbours lie close in memory.
 * A *space basis* is one way an event's influence can spread: bases `0..rings` are the rings by grid distance, the ones behind them
 * the parent levels. `share[c * bases + b]` is the part of basis `b` around cell `c` that falls inside the region; the rest is the
 * edge correction: influence that leaves the region is neither forecast nor held against the model.
 */
export interface Region {
  readonly resolution: number;
  readonly cells: readonly string[];
  readonly size: number;
  readonly rings: number;
  readonly parentLevels: readonly ParentLevel[];
  /** Number of space bases: `rings + 1 + parentLevels.length`. */
  readonly bases: number;
  /** Cells of ring r around c: `ringCells[ringStart[c * (rings + 1) + r] .. ringStart[c * (rings + 1) + r + 1])`. */
  readonly ringStart: Int32Array;
  readonly ringCells: Int32Array;
  readonly share: Float64Array;
  /** Index of an H3 cell, -1 outside the region. */
  indexOf(cell: string): number;
}

export interface RegionOptions {
  /** Largest ring of the space kernel, 1 to 12. Default 4. */
  rings?: number;
  /** Parent levels of the heavy tail, each at least 1. Default `[2]`, left out where the resolution has no such parent. */
  parentLevels?: readonly number[];
  /** Whether the direct neighbours of the given cells are added. Default true. */
  addNeighbours?: boolean;
}

/** Raised when cells are not valid H3 indexes of one resolution, or there are none. */
export class RegionError extends Error {
  override readonly name = 'RegionError';
}

/** Number of cells in ring `r` of a hexagon grid. Around the twelve pentagons there are fewer; the mass is then taken as lost. */
export function ringSize(ring: number): number {
  return ring === 0 ? 1 : 6 * ring;
}

/**
 * Builds the region from cells (repeats allowed), by default with their direct neighbours: the cells with a training event and
 * those beside them are where the model can speak.
 *
 * Grid distance is found by breadth-first search on integer adjacency, one H3 call per cell instead of one per neighbour. Paths
 * may leave the region, so the search runs on the region grown by half the reach.
 *
 * @throws {RegionError} no cells, an invalid cell, mixed resolutions, or `rings` out of range.
 */
export function buildRegion(input: Iterable<string>, options: RegionOptions = {}): Region {
  const rings = options.rings ?? 4;
  if (!Number.isInteger(rings) || rings < 1 || rings > 12) throw new RegionError(`rings must be 1 to 12, got ${rings}`);
  const given = new Set(input);
  const resolution = checkCells(given);
  const wanted = options.addNeighbours === false ? given : grow(given, 1);
  const cells = [...wanted].sort();
  const index = new Map(cells.map((cell, i) => [cell, i]));
  const { ringStart, ringCells } = ringTables(cells, index, rings);

  const parentLevels = (options.parentLevels ?? [2])
    .filter((levels) => levels >= 1 && resolution - levels >= 0)
    .map((levels) => parentLevel(cells, resolution, levels));

  const bases = rings + 1 + parentLevels.length;
  const share = new Float64Array(cells.length * bases);
  for (let c = 0; c < cells.length; c++) {
    for (let r = 0; r <= rings; r++) {
      const at = c * (rings + 1) + r;
      share[c * bases + r] = (ringStart[at + 1]! - ringStart[at]!) / ringSize(r);
    }
  }
  parentLevels.forEach((level, k) => {
    const within = cellsAround(level);
    for (let c = 0; c < cells.length; c++) {
      share[c * bases + rings + 1 + k] = within[level.parentOf[c]!]! / level.norm;
    }
  });

  return {
    resolution,
    cells,
    size: cells.length,
    rings,
    parentLevels,
    bases,
    ringStart,
    ringCells,
    share,
    indexOf: (cell) => index.get(cell) ?? -1,
  };
}

function checkCells(cells: ReadonlySet<string>): number {
  let resolution = -1;
  for (const cell of cells) {
    if (!isValidCell(cell)) throw new RegionError(`not an H3 cell: ${cell}`);
    const own = getResolution(cell);
    if (resolution === -1) resolution = own;
    else if (own !== resolution) throw new RegionError(`cells of resolutions ${resolution} and ${own} in one region`);
  }
  if (resolution === -1) throw new RegionError('a region needs at least one cell');
  return resolution;
}

function grow(cells: ReadonlySet<string>, distance: number): Set<string> {
  const grown = new Set(cells);
  for (const cell of cells) for (const near of gridDisk(cell, distance)) grown.add(near);
  return grown;
}

function ringTables(
  cells: readonly string[],
  index: ReadonlyMap<string, number>,
  rings: number,
): { ringStart: Int32Array; ringCells: Int32Array } {
  // Region cells come first and keep their indexes; the cells behind them only carry paths. A shortest path between two region
  // cells at most `rings` apart never leaves the region by more than half of that.
  const universe = new Map(index);
  let frontier: string[] = [...cells];
  const adjacency: Int32Array[] = [];
  for (let depth = 0; depth <= Math.floor(rings / 2); depth++) {
    const found: string[] = [];
    for (const cell of frontier) {
      const near = new Int32Array(6).fill(-1);
      let k = 0;
      for (const other of gridDisk(cell, 1)) {
        if (other === cell) continue;
        let at = universe.get(other);
        if (at === undefined) {
          if (depth === Math.floor(rings / 2)) continue;
          at = universe.size;
          universe.set(other, at);
          found.push(other);
        }
        near[k++] = at;
      }
      adjacency.push(near);
    }
    frontier = found;
  }

  const size = cells.length;
  const flat = new Int32Array(universe.size * 6).fill(-1);
  adjacency.forEach((near, i) => flat.set(near, i * 6));
  const seen = new Int32Array(universe.size).fill(-1);
  const ringStart = new Int32Array(size * (rings + 1) + 1);
  let ringCells = new Int32Array(Math.min(size * (1 + 3 * rings * (rings + 1)), 1 << 20));
  let length = 0;
  let current: number[] = [];
  let following: number[] = [];
  for (let c = 0; c < size; c++) {
    current = [c];
    seen[c] = c;
    for (let r = 0; r <= rings; r++) {
      if (length + current.length > ringCells.length) {
        const larger = new Int32Array(ringCells.length * 2 + current.length);
        larger.set(ringCells);
        ringCells = larger;
      }
      for (const cell of current) if (cell < size) ringCells[length++] = cell;
      ringCells.subarray(ringStart[c * (rings + 1) + r], length).sort();
      ringStart[c * (rings + 1) + r + 1] = length;
      if (r === rings) break;
      following = [];
      for (const cell of current) {
        for (let k = cell * 6; k < cell * 6 + 6; k++) {
          const near = flat[k]!;
          if (near >= 0 && seen[near] !== c) {
            seen[near] = c;
            following.push(near);
          }
        }
      }
      current = following;
    }
  }
  return { ringStart, ringCells: ringCells.slice(0, length) };
}

function parentLevel(cells: readonly string[], resolution: number, levels: number): ParentLevel {
  const parents = new Map<string, number>();
  const parentOf = new Int32Array(cells.length);
  cells.forEach((cell, i) => {
    const parent = cellToParent(cell, resolution - levels);
    let at = parents.get(parent);
    if (at === undefined) {
      at = parents.size;
      parents.set(parent, at);
    }
    parentOf[i] = at;
  });
  const start = new Int32Array(parents.size + 1);
  const neighbours: number[] = [];
  let p = 0;
  for (const parent of parents.keys()) {
    for (const near of gridDisk(parent, 1)) {
      const at = parents.get(near);
      if (at !== undefined) neighbours.push(at);
    }
    start[++p] = neighbours.length;
  }
  return {
    levels,
    size: parents.size,
    parentOf,
    start,
    neighbours: Int32Array.from(neighbours),
    norm: 7 * 7 ** levels,
  };
}

function cellsAround(level: ParentLevel): Float64Array {
  const counts = new Float64Array(level.size);
  for (const parent of level.parentOf) counts[parent]!++;
  const around = new Float64Array(level.size);
  for (let p = 0; p < level.size; p++) {
    for (let k = level.start[p]!; k < level.start[p + 1]!; k++) around[p]! += counts[level.neighbours[k]!]!;
  }
  return around;
}
