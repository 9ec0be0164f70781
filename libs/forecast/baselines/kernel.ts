import { InvalidArgument, requirePositive } from '../distributions/check.js';
import { assertTraining, countByCell } from './frame.js';
import { rateForecast, uniformRates } from './rates.js';
import type { RateForecaster, SpatialFrame } from './types.js';

/** Share of the rate spread evenly, so that no cell has rate zero however far it lies from any event. */
const FLOOR = 0.02;
/** A Gaussian is cut off at this many bandwidths, where it has fallen to 0.03 % of its height. */
const CUTOFF = 4;
/** Pairs of cells one bandwidth may cost, well under a second; wider kernels are not tried on very large regions. */
const MOST_PAIRS = 3e7;

/** Finds the cells within a distance, by cubes of that side. */
class Cubes {
  /** Cells cube by cube, and where each cube's begin and end in that list. */
  private readonly members: Int32Array;
  private readonly spans = new Map<number, { readonly start: number; readonly end: number }>();
  private readonly corner: readonly [number, number, number];
  private readonly across: number;

  constructor(
    private readonly xyz: Float64Array,
    private readonly side: number,
  ) {
    const size = xyz.length / 3;
    const low = [Infinity, Infinity, Infinity] as [number, number, number];
    let widest = 0;
    for (const axis of [0, 1, 2] as const) {
      let high = -Infinity;
      for (let i = axis; i < xyz.length; i += 3) {
        low[axis] = Math.min(low[axis], xyz[i] as number);
        high = Math.max(high, xyz[i] as number);
      }
      widest = Math.max(widest, high - low[axis]);
    }
    this.corner = low;
    // One empty layer on each side, so that a neighbour's number never runs into the next row.
    this.across = Math.floor(widest / side) + 3;
    const cube = Float64Array.from({ length: size }, (_, i) => this.cubeOf(i));
    this.members = Int32Array.from({ length: size }, (_, i) => i).sort(
      (i, j) => (cube[i] as number) - (cube[j] as number),
    );
    for (let start = 0; start < size;) {
      const number = cube[this.members[start] as number] as number;
      let end = start + 1;
      while (end < size && cube[this.members[end] as number] === number) end++;
      this.spans.set(number, { start, end });
      start = end;
    }
  }

  private cubeOf(i: number): number {
    const at = (axis: 0 | 1 | 2): number =>
      Math.floor(((this.xyz[3 * i + axis] as number) - this.corner[axis]) / this.side) + 1;
    return (at(0) * this.across + at(1)) * this.across + at(2);
  }

  /**
   * Writes the cells within the side's length of cell i, i itself included, and their squared distances, into lists
   * long enough for all cells. Returns how many there are.
   */
  near(i: number, cells: Int32Array, squared: Float64Array): number {
    const { xyz, across, members } = this;
    const x = xyz[3 * i] as number;
    const y = xyz[3 * i + 1] as number;
    const z = xyz[3 * i + 2] as number;
    const limit = this.side * this.side;
    const middle = this.cubeOf(i);
    let count = 0;
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let dz = -1; dz <= 1; dz++) {
          const span = this.spans.get(middle + (dx * across + dy) * across + dz);
          if (span === undefined) continue;
          for (let k = span.start; k < span.end; k++) {
            const j = members[k] as number;
            const ex = (xyz[3 * j] as number) - x;
            const ey = (xyz[3 * j + 1] as number) - y;
            const ez = (xyz[3 * j + 2] as number) - z;
            const distance = ex * ex + ey * ey + ez * ez;
            if (distance > limit) continue;
            cells[count] = j;
            squared[count++] = distance;
          }
        }
      }
    }
    return count;
  }
}

interface Density {
  /** Σ over events of the kernel's share that falls into each cell; sums to the number of events. */
  readonly perCell: Float64Array;
  /** The share of an event's kernel that stays in its own cell, for cells with events. */
  readonly own: Float64Array;
}

/**
 * Gaussian kernel of every event, its weights over the cells of the region scaled to 1: what would fall outside the
 * region is given back to it, since events outside are not counted either.
 */
function density(counts: Float64Array, frame: SpatialFrame, bandwidth: number): Density {
  const cubes = new Cubes(frame.xyz, CUTOFF * bandwidth);
  const perCell = new Float64Array(frame.size);
  const own = new Float64Array(frame.size);
  const scale = -0.5 / (bandwidth * bandwidth);
  const cells = new Int32Array(frame.size);
  const weights = new Float64Array(frame.size);
  for (let i = 0; i < frame.size; i++) {
    const count = counts[i] as number;
    if (count === 0) continue;
    const n = cubes.near(i, cells, weights);
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const j = cells[k] as number;
      const weight =
        Math.exp((weights[k] as number) * scale) * (frame.areas === undefined ? 1 : (frame.areas[j] as number));
      weights[k] = weight;
      sum += weight;
      if (j === i) own[i] = weight;
    }
    own[i] = (own[i] as number) / sum;
    for (let k = 0; k < n; k++) {
      const j = cells[k] as number;
      perCell[j] = (perCell[j] as number) + (count * (weights[k] as number)) / sum;
    }
  }
  return { perCell, own };
}

/** Leave-one-out log-likelihood per event: each event judged by the kernels of all the others. */
function leaveOneOut(counts: Float64Array, events: number, even: Float64Array, found: Density): number {
  let sum = 0;
  for (let c = 0; c < counts.length; c++) {
    const count = counts[c] as number;
    if (count === 0) continue;
    const others = Math.max(0, (found.perCell[c] as number) - (found.own[c] as number)) / (events - 1);
    sum += count * Math.log((1 - FLOOR) * others + FLOOR * (even[c] as number));
  }
  return sum / events;
}

/** Typical distance of neighbouring centres: the median over cells of the distance to the nearest other in the disk. */
function spacing(frame: SpatialFrame): number {
  const { offsets, members } = frame.disk;
  const nearest: number[] = [];
  for (let c = 0; c < frame.size; c++) {
    let best = Infinity;
    for (let k = offsets[c] as number; k < (offsets[c + 1] as number); k++) {
      const o = members[k] as number;
      if (o === c) continue;
      let squared = 0;
      for (let d = 0; d < 3; d++) squared += ((frame.xyz[3 * c + d] as number) - (frame.xyz[3 * o + d] as number)) ** 2;
      best = Math.min(best, squared);
    }
    if (best < Infinity && best > 0) nearest.push(Math.sqrt(best));
  }
  if (nearest.length === 0) return 1;
  nearest.sort((a, b) => a - b);
  return nearest[nearest.length >> 1] as number;
}

/** Largest distance of a centre from the mean of all. */
function reach(frame: SpatialFrame): number {
  const mean = [0, 0, 0];
  for (let i = 0; i < frame.xyz.length; i++)
    mean[i % 3] = (mean[i % 3] as number) + (frame.xyz[i] as number) / frame.size;
  let most = 0;
  for (let c = 0; c < frame.size; c++) {
    let squared = 0;
    for (let d = 0; d < 3; d++) squared += ((frame.xyz[3 * c + d] as number) - (mean[d] as number)) ** 2;
    most = Math.max(most, squared);
  }
  return Math.sqrt(most);
}

/**
 * Kernel density: a Gaussian on every training event, constant in time. The bandwidth is the one with the highest
 * leave-one-out likelihood on the training events, searched from a third of the cells' spacing to half the region's
 * reach, or given in km.
 */
export function kernelBaseline(options: { readonly bandwidthKm?: number } = {}): RateForecaster {
  const given = options.bandwidthKm;
  if (given !== undefined) requirePositive('bandwidthKm', given);
  return {
    name: 'kernel',
    fit(train) {
      assertTraining(train);
      const { frame, events, from, to } = train;
      if (frame.xyz.length !== 3 * frame.size) {
        throw new InvalidArgument('train.frame.xyz', `has ${frame.xyz.length} entries, expected ${3 * frame.size}`);
      }
      const hours = to - from;
      const n = events.time.length;
      const even = uniformRates(1, 1, frame);
      // One event alone says nothing of a width.
      if (n === 0 || (n < 2 && given === undefined)) return rateForecast('kernel', uniformRates(n, hours, frame));
      const counts = countByCell(events.cell, frame.size);
      const bandwidth = given ?? chooseBandwidth(counts, n, even, frame);
      const { perCell } = density(counts, frame, bandwidth);
      const rates = perCell.map((v, c) => ((1 - FLOOR) * v + FLOOR * n * (even[c] as number)) / hours);
      return rateForecast('kernel', rates, { bandwidth_km: bandwidth });
    },
  };
}

function chooseBandwidth(counts: Float64Array, events: number, even: Float64Array, frame: SpatialFrame): number {
  const step = spacing(frame);
  const occupied = counts.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0);
  const score = (h: number): number => leaveOneOut(counts, events, even, density(counts, frame, h));
  const affordable = (h: number): boolean =>
    occupied * Math.min(frame.size, Math.PI * ((CUTOFF * h) / step) ** 2) <= MOST_PAIRS;
  const widest = Math.max(step, reach(frame) / 2);
  let best = step / 3;
  let highest = score(best);
  const consider = (h: number): void => {
    const value = score(h);
    if (value > highest) {
      highest = value;
      best = h;
    }
  };
  for (let h = (step / 3) * 2; h <= widest && affordable(h); h *= 2) consider(h);
  // Two rounds of halving the steps around the best: within 20 % of the maximum, where the likelihood is flat.
  for (const factor of [Math.SQRT2, Math.SQRT2 ** 0.5]) {
    const centre = best;
    consider(centre / factor);
    if (affordable(centre * factor)) consider(centre * factor);
  }
  return best;
}
