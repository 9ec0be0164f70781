import type { Region } from './region.js';
import type { EventSeries } from './series.js';

/**
 * One pass over a series with the recursive state: for every event, what the events before it add up to, by channel, space basis and
 * time component. A channel is a weight per event (its mark's influence at one knot, say).
 *
 *     X[q, b, j](e) = Σ_{i: t_i < t_e} weight_q(i) · β_j e^{−β_j (t_e − t_i)} · f_b(c_e | c_i)
 *
 * The intensity is linear in X, and X does not depend on the weights that are being fitted: a fit computes it once and its iterations
 * are plain dot products.
 *
 * The state is kept as of a base time per component, so that reading a neighbour is one multiplication-free addition: only the
 * event's own J decay factors are computed, however many neighbours are read. Before e^{β (t − base)} could overflow the component is
 * brought forward to a new base. Events at the same instant do not see each other.
 *
 * @param channels one array per channel, each as long as the series.
 * @param visitFrom events before this position only enter the state.
 * @param visit gets the event's position and X, laid out `(q * bases + b) * J + j`; the array is reused.
 */
export function scanSeries(
  region: Region,
  series: EventSeries,
  rates: Float64Array,
  channels: readonly Float64Array[],
  visitFrom: number,
  visit: (event: number, features: Float64Array) => void,
): void {
  const { time, cell } = series;
  const count = time.length;
  if (count === 0) return;
  const { rings, ringStart, ringCells, bases, parentLevels } = region;
  const J = rates.length;
  const Q = channels.length;
  const row = Q * J;
  const state = new Float64Array(region.size * row);
  const parentStates = parentLevels.map((level) => new Float64Array(level.size * row));
  const base = new Float64Array(J).fill(time[0]!);
  const grow = new Float64Array(J);
  const decay = new Float64Array(J);
  /** Cells whose component j is not zero, and a flag for each, so that a new base touches no others. */
  const live: number[][] = Array.from({ length: J }, () => []);
  const isLive = new Uint8Array(region.size * J);
  const active = new Uint8Array(region.size);
  const sums = new Float64Array(bases * row);
  const features = new Float64Array(bases * row);

  const rebase = (j: number, t: number): void => {
    const factor = Math.exp(-rates[j]! * (t - base[j]!));
    const kept: number[] = [];
    for (const c of live[j]!) {
      let largest = 0;
      for (let k = c * row + j; k < (c + 1) * row; k += J) {
        state[k]! *= factor;
        largest = Math.max(largest, Math.abs(state[k]!));
      }
      if (largest > 1e-100) kept.push(c);
      else {
        isLive[c * J + j] = 0;
        for (let k = c * row + j; k < (c + 1) * row; k += J) state[k] = 0;
      }
    }
    live[j] = kept;
    for (const parents of parentStates) for (let k = j; k < parents.length; k += J) parents[k]! *= factor;
    base[j] = t;
  };

  const absorb = (event: number): void => {
    const c = cell[event]!;
    const t = time[event]!;
    active[c] = 1;
    for (let j = 0; j < J; j++) {
      grow[j] = rates[j]! * Math.exp(rates[j]! * (t - base[j]!));
      if (isLive[c * J + j] === 0) {
        isLive[c * J + j] = 1;
        live[j]!.push(c);
      }
    }
    for (let q = 0; q < Q; q++) {
      const weight = channels[q]![event]!;
      if (weight === 0) continue;
      for (let j = 0; j < J; j++) state[c * row + q * J + j]! += weight * grow[j]!;
      for (let f = 0; f < parentLevels.length; f++) {
        const at = parentLevels[f]!.parentOf[c]! * row + q * J;
        const parents = parentStates[f]!;
        for (let j = 0; j < J; j++) parents[at + j]! += weight * grow[j]!;
      }
    }
  };

  let pending = 0;
  for (let event = 0; event < count; event++) {
    const t = time[event]!;
    if (event > 0 && t > time[event - 1]!) while (pending < event) absorb(pending++);
    for (let j = 0; j < J; j++) {
      if (rates[j]! * (t - base[j]!) > 500) rebase(j, t);
      decay[j] = Math.exp(-rates[j]! * (t - base[j]!));
    }
    if (event < visitFrom) continue;

    sums.fill(0);
    const c = cell[event]!;
    for (let r = 0; r <= rings; r++) {
      const at = c * (rings + 1) + r;
      for (let k = ringStart[at]!; k < ringStart[at + 1]!; k++) {
        const near = ringCells[k]!;
        if (active[near] === 0) continue;
        const from = near * row;
        const to = r * row;
        for (let i = 0; i < row; i++) sums[to + i]! += state[from + i]!;
      }
    }
    for (let f = 0; f < parentLevels.length; f++) {
      const level = parentLevels[f]!;
      const parents = parentStates[f]!;
      const p = level.parentOf[c]!;
      const to = (rings + 1 + f) * row;
      for (let k = level.start[p]!; k < level.start[p + 1]!; k++) {
        const from = level.neighbours[k]! * row;
        for (let i = 0; i < row; i++) sums[to + i]! += parents[from + i]!;
      }
    }
    // The state's rows run (q, j) within a basis; the features run (q, b, j), a knot's kernel in one piece.
    for (let b = 0; b < bases; b++) {
      const norm = basisNorm(region, b);
      for (let q = 0; q < Q; q++) {
        const from = b * row + q * J;
        const to = (q * bases + b) * J;
        for (let j = 0; j < J; j++) features[to + j] = (sums[from + j]! * decay[j]!) / norm;
      }
    }
    visit(event, features);
  }
}

/** Cells that share the mass of a space basis: 1, 6, 12, … for rings, the nominal number under a parent and its ring. */
export function basisNorm(region: Region, basis: number): number {
  if (basis === 0) return 1;
  if (basis <= region.rings) return 6 * basis;
  return region.parentLevels[basis - region.rings - 1]!.norm;
}

/**
 * What the kernels integrate to over `[from, to)`, by channel, basis and component, for unit weights:
 *
 *     G[q, b, j] = Σ_{i: t_i < to} weight_q(i) · share_b(c_i) · ∫ β_j e^{−β_j (t − t_i)} dt over t in [max(from, t_i), to)
 *
 * The unfinished tail of events near `to`, the part of older events that fell before `from`, and what leaves the region are all
 * accounted for here. Laid out like the features of {@link scanSeries}.
 */
export function kernelMass(
  region: Region,
  series: EventSeries,
  rates: Float64Array,
  channels: readonly Float64Array[],
  from: number,
  to: number,
): Float64Array {
  const { bases, share } = region;
  const J = rates.length;
  const mass = new Float64Array(channels.length * bases * J);
  const part = new Float64Array(J);
  for (let i = 0; i < series.time.length; i++) {
    const t = series.time[i]!;
    if (t >= to) break;
    const start = Math.max(0, from - t);
    const length = to - Math.max(from, t);
    for (let j = 0; j < J; j++) part[j] = Math.exp(-rates[j]! * start) * -Math.expm1(-rates[j]! * length);
    const edge = series.cell[i]! * bases;
    for (let q = 0; q < channels.length; q++) {
      const weight = channels[q]![i]!;
      if (weight === 0) continue;
      for (let b = 0; b < bases; b++) {
        const inside = weight * share[edge + b]!;
        if (inside === 0) continue;
        const at = (q * bases + b) * J;
        for (let j = 0; j < J; j++) mass[at + j]! += inside * part[j]!;
      }
    }
  }
  return mass;
}
