import type { Model } from '../process/model.js';
import type { Region } from '../process/region.js';
import { basisNorm } from '../process/scan.js';
import type { ForecastState } from '../process/state.js';
import { NEGLIGIBLE } from './later.js';

/** Expected successors below this are taken as none. */
const SPENT = 1e-12;
/** Components carried in one pass: their values lie side by side, so a neighbour's cost one cache line, and need no inner loop. */
const LANES = 4;

/**
 * D[c, j]: what the events of the past will still set off in each cell, all horizons, by time component: `[c * J + j]`.
 * Passes in which no cell has anything left (fast components, some time after the last event) are skipped.
 */
export function directSuccessors(model: Model, state: ForecastState): Float32Array {
  const { region, kernel } = model;
  const { bases, size } = region;
  const J = state.rates.length;
  const Q = kernel.knots.length;
  const out = new Float32Array(size * J);
  const remaining = new Float64Array(size * LANES);
  for (let q = 0; q < Q; q++) {
    const weights = Float64Array.from(
      { length: bases },
      (_, b) => kernel.spaceWeights[q * bases + b]! / basisNorm(region, b),
    );
    for (let first = 0; first < J; first += LANES) {
      const lanes = Math.min(LANES, J - first);
      let largest = 0;
      for (let lane = 0; lane < lanes; lane++) {
        const j = first + lane;
        const factor = (kernel.gain[q]! * kernel.timeWeights[q * J + j]!) / state.rates[j]!;
        for (let c = 0; c < size; c++) {
          const value = state.values[(c * Q + q) * J + j]! * factor;
          remaining[c * LANES + lane] = value;
          if (value > largest) largest = value;
        }
      }
      if (largest < SPENT) continue;
      for (let lane = lanes; lane < LANES; lane++) for (let c = 0; c < size; c++) remaining[c * LANES + lane] = 0;
      spreadLanes(region, weights, remaining, out, first, J);
    }
  }
  return out;
}

/** Adds the spread of four components to their columns of `out`. */
function spreadLanes(
  region: Region,
  weights: Float64Array,
  from: Float64Array,
  out: Float32Array,
  first: number,
  J: number,
): void {
  const { rings, ringStart, ringCells, size, parentLevels } = region;
  const lanes = Math.min(LANES, J - first);
  for (let c = 0; c < size; c++) {
    let a = 0;
    let b = 0;
    let d = 0;
    let e = 0;
    for (let r = 0; r <= rings; r++) {
      const weight = weights[r]!;
      if (weight < NEGLIGIBLE) continue;
      const row = c * (rings + 1) + r;
      const end = ringStart[row + 1]!;
      let ringA = 0;
      let ringB = 0;
      let ringD = 0;
      let ringE = 0;
      for (let k = ringStart[row]!; k < end; k++) {
        const source = ringCells[k]! * LANES;
        ringA += from[source]!;
        ringB += from[source + 1]!;
        ringD += from[source + 2]!;
        ringE += from[source + 3]!;
      }
      a += weight * ringA;
      b += weight * ringB;
      d += weight * ringD;
      e += weight * ringE;
    }
    const to = c * J + first;
    out[to]! += a;
    if (lanes > 1) out[to + 1]! += b;
    if (lanes > 2) out[to + 2]! += d;
    if (lanes > 3) out[to + 3]! += e;
  }
  for (let f = 0; f < parentLevels.length; f++) {
    const weight = weights[rings + 1 + f]!;
    if (weight * parentLevels[f]!.norm < NEGLIGIBLE) continue;
    const level = parentLevels[f]!;
    const totals = new Float64Array(level.size * LANES);
    const around = new Float64Array(level.size * LANES);
    for (let c = 0; c < size; c++) {
      for (let lane = 0; lane < LANES; lane++) totals[level.parentOf[c]! * LANES + lane]! += from[c * LANES + lane]!;
    }
    for (let p = 0; p < level.size; p++) {
      for (let k = level.start[p]!; k < level.start[p + 1]!; k++) {
        for (let lane = 0; lane < LANES; lane++)
          around[p * LANES + lane]! += totals[level.neighbours[k]! * LANES + lane]!;
      }
    }
    for (let c = 0; c < size; c++) {
      for (let lane = 0; lane < lanes; lane++)
        out[c * J + first + lane]! += weight * around[level.parentOf[c]! * LANES + lane]!;
    }
  }
}
