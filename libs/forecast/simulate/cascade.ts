import { markInfluence } from '../process/kernel.js';
import type { Kernel } from '../process/kernel.js';
import type { ParentLevel, Region } from '../process/region.js';
import { seasonAt, type Season } from '../process/season.js';
import type { Random } from '../random.js';

/** Where and when one successor appears. */
export interface Successor {
  time: number;
  /** Region index, or -1 outside the region. */
  cell: number;
}

/** A table for drawing k with probability proportional to its weight. */
export function cumulativeTable(weights: ArrayLike<number>): Float64Array {
  const table = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) table[i] = sum += weights[i]!;
  return table;
}

/** One index from such a table. */
export function drawIndex(table: Float64Array, random: Random): number {
  const target = random.next() * table[table.length - 1]!;
  let low = 0;
  let high = table.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (table[middle]! > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

const listsOfLevel = new WeakMap<ParentLevel, readonly Int32Array[]>();

/** Region cells under each parent; made once per level, as only far successors need them. */
function cellsByParent(level: ParentLevel): readonly Int32Array[] {
  let lists = listsOfLevel.get(level);
  if (lists === undefined) {
    const growing: number[][] = Array.from({ length: level.size }, () => []);
    level.parentOf.forEach((parent, cell) => growing[parent]!.push(cell));
    lists = growing.map((list) => Int32Array.from(list));
    listsOfLevel.set(level, lists);
  }
  return lists;
}

/** Draws successors of events by a kernel over a region. */
export class Offspring {
  private readonly influence: Float64Array;
  private readonly time: readonly Float64Array[];
  private readonly space: readonly Float64Array[];

  constructor(
    private readonly region: Region,
    private readonly kernel: Kernel,
  ) {
    const J = kernel.halfLives.length;
    const Q = kernel.knots.length;
    this.influence = new Float64Array(Q);
    this.time = Array.from({ length: Q }, (_, q) => cumulativeTable(kernel.timeWeights.subarray(q * J, (q + 1) * J)));
    this.space = Array.from({ length: Q }, (_, q) =>
      cumulativeTable(kernel.spaceWeights.subarray(q * region.bases, (q + 1) * region.bases)),
    );
  }

  /** Calls back with every direct successor before `until` of an event with this mark. */
  ofEvent(
    time: number,
    cell: number,
    mark: number,
    until: number,
    random: Random,
    visit: (successor: Successor) => void,
  ): void {
    markInfluence(this.kernel, mark, this.influence);
    for (let q = 0; q < this.influence.length; q++) {
      const count = random.poisson(this.influence[q]! * this.kernel.gain[q]!);
      for (let i = 0; i < count; i++) {
        const j = drawIndex(this.time[q]!, random);
        const at = time + (random.exponential() * this.kernel.halfLives[j]!) / Math.LN2;
        const to = this.place(q, cell, random);
        if (at < until) visit({ time: at, cell: to });
      }
    }
  }

  /** A cell by the space kernel of knot q around `cell`; -1 where the draw leaves the region. */
  place(q: number, cell: number, random: Random): number {
    const { rings, ringStart, ringCells, parentLevels } = this.region;
    const basis = drawIndex(this.space[q]!, random);
    if (basis === 0) return cell;
    if (basis <= rings) {
      const start = ringStart[cell * (rings + 1) + basis]!;
      const k = start + random.integer(6 * basis);
      return k < ringStart[cell * (rings + 1) + basis + 1]! ? ringCells[k]! : -1;
    }
    const level = parentLevels[basis - rings - 1]!;
    const lists = cellsByParent(level);
    let k = random.integer(level.norm);
    const parent = level.parentOf[cell]!;
    for (let i = level.start[parent]!; i < level.start[parent + 1]!; i++) {
      const list = lists[level.neighbours[i]!]!;
      if (k < list.length) return list[k]!;
      k -= list.length;
    }
    return -1;
  }
}

/** A time in `[from, to)` with density proportional to s(t), by rejection. */
export function drawSeasonTime(season: Season | null, from: number, to: number, random: Random): number {
  if (season === null) return from + random.next() * (to - from);
  let week = 0;
  let year = 0;
  for (const factor of season.week) week = Math.max(week, factor);
  for (const factor of season.year) year = Math.max(year, factor);
  for (;;) {
    const t = from + random.next() * (to - from);
    if (random.next() * week * year <= seasonAt(season, t)) return t;
  }
}
