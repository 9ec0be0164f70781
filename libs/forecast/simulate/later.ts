import type { Model } from '../process/model.js';
import type { Region } from '../process/region.js';
import { basisNorm } from '../process/scan.js';

/** Weights below this part of an event's influence are not carried to its neighbours. */
export const NEGLIGIBLE = 1e-9;

/** What events not yet seen will set off. */
export interface LaterGenerations {
  /** Expected events of later generations until each knot but the first: `[c * (knots − 1) + k]`. */
  readonly later: Float32Array;
  /** The same for the whole region at every whole hour from 0, edges only on average: how it grows between the knots. */
  readonly profile: Float64Array;
}

/** The kernel of an event whose mark is not known yet: branching ratio, time weights and space weights, each of sum 1. */
export function averageKernel(model: Pick<Model, 'kernel' | 'influence' | 'region'>): {
  ratio: number;
  time: Float64Array;
  space: Float64Array;
} {
  const { kernel, influence } = model;
  const { bases } = model.region;
  const J = kernel.halfLives.length;
  const time = new Float64Array(J);
  const space = new Float64Array(bases);
  let ratio = 0;
  for (let q = 0; q < influence.length; q++) ratio += influence[q]! * kernel.gain[q]!;
  if (ratio === 0) return { ratio, time: time.fill(1 / J), space: space.fill(1 / bases) };
  for (let q = 0; q < influence.length; q++) {
    const part = (influence[q]! * kernel.gain[q]!) / ratio;
    for (let j = 0; j < J; j++) time[j]! += part * kernel.timeWeights[q * J + j]!;
    for (let b = 0; b < bases; b++) space[b]! += part * kernel.spaceWeights[q * bases + b]!;
  }
  return { ratio, time, space };
}

/**
 * Follows the successors of events to come, of background, direct and later ones alike, with the average mark's kernel.
 *
 * In time it is done finely once, for the region as a whole: steps of a quarter of an hour. In space it is done per cell in the few
 * intervals between knots. With one kernel for all events to come, what an interval's events set off in a later one is their spread
 * in space times one number, so each interval costs one pass of the space kernel, over a weighted sum of the intervals before. The
 * weights take events as evenly placed within an interval; the fine course then says by how much that is off, and each interval is
 * scaled to it.
 *
 * @param direct successors of the past still to come, `[c * J + j]`.
 * @param seasonHours ∫ s from the issue time to every whole hour.
 */
export function laterGenerations(
  model: Model,
  rates: Float64Array,
  direct: Float32Array,
  seasonHours: Float64Array,
  knots: Float64Array,
): LaterGenerations {
  const { region } = model;
  const size = region.size;
  const K = knots.length - 1;
  const kernel = averageKernel(model);
  const { ratio, time, space } = kernel;
  const later = new Float32Array(size * K);
  if (ratio === 0) return { later, profile: new Float64Array(seasonHours.length) };
  const events = firstTwoParts(model.background, rates, direct, seasonHours, knots);
  // Of what leaves the region nothing comes back: a chain goes on with what stays.
  const kept = ratio * shareInside(region, space, model.background);
  const { profile, all } = regionalCourse(model.background, { ratio: kept, time }, rates, direct, seasonHours);
  const emitted = new Float64Array(size);
  const arrived = new Float64Array(size);
  const scratch = region.parentLevels.map(
    (level) => [new Float64Array(level.size), new Float64Array(level.size)] as const,
  );
  for (let k = 0; k < K; k++) {
    const [start, end] = [knots[k]!, knots[k + 1]!];
    // Share of an evenly placed event's successors that come before the interval's end.
    let inside = 0;
    for (let j = 0; j < rates.length; j++) inside += time[j]! * (1 - evenly(rates[j]! * (end - start)));
    const chain = 1 / (1 - kept * inside);
    const weights = Float64Array.from(
      { length: k },
      (_, i) => chain * carried(rates, time, knots[i]!, knots[i + 1]!, start, end),
    );

    // The same interval for the region as a whole, by these weights and by the fine course.
    const grown = at(profile, end) - at(profile, start);
    let coarse = chain * inside * (at(all, end) - at(all, start) - grown);
    weights.forEach((weight, i) => (coarse += weight * (at(all, knots[i + 1]!) - at(all, knots[i]!))));
    coarse *= kept;
    const scale = coarse > 0 ? (ratio * grown) / coarse : ratio;

    const own = events[k]!;
    for (let c = 0; c < size; c++) emitted[c] = scale * chain * inside * own[c]!;
    weights.forEach((weight, i) => {
      const before = events[i]!;
      for (let c = 0; c < size; c++) emitted[c]! += scale * weight * before[c]!;
    });
    convolve(region, space, emitted, arrived, scratch);
    for (let c = 0; c < size; c++) {
      own[c]! += arrived[c]!;
      later[c * K + k] = (k > 0 ? later[c * K + k - 1]! : 0) + arrived[c]!;
    }
  }
  return { later, profile };
}

/** Successors in [start, end) of an event evenly placed in [from, to), to ≤ start, per unit of the branching ratio. */
function carried(
  rates: Float64Array,
  time: Float64Array,
  from: number,
  to: number,
  start: number,
  end: number,
): number {
  let sum = 0;
  for (let j = 0; j < rates.length; j++) {
    const rate = rates[j]!;
    sum += time[j]! * evenly(rate * (to - from)) * Math.exp(-rate * (start - to)) * -Math.expm1(-rate * (end - start));
  }
  return sum;
}

/** Mean of e^{−x u} for u uniform in [0, 1]. */
function evenly(x: number): number {
  return x < 1e-12 ? 1 : -Math.expm1(-x) / x;
}

/** A table by whole hours, read between them. */
export function at(hours: Float64Array, horizon: number): number {
  const k = Math.min(hours.length - 2, Math.floor(horizon));
  return hours[k]! + (horizon - k) * (hours[k + 1]! - hours[k]!);
}

/** Background and direct events in each interval between knots: one array over the cells per interval. */
function firstTwoParts(
  background: Float64Array,
  rates: Float64Array,
  direct: Float32Array,
  seasonHours: Float64Array,
  knots: Float64Array,
): Float64Array[] {
  const J = rates.length;
  const part = new Float64Array(J);
  return Array.from({ length: knots.length - 1 }, (_, k) => {
    const [start, end] = [knots[k]!, knots[k + 1]!];
    const season = at(seasonHours, end) - at(seasonHours, start);
    for (let j = 0; j < J; j++) part[j] = Math.exp(-rates[j]! * start) * -Math.expm1(-rates[j]! * (end - start));
    const events = new Float64Array(background.length);
    for (let c = 0, row = 0; c < events.length; c++, row += J) {
      let sum = background[c]! * season;
      for (let j = 0; j < J; j++) sum += direct[row + j]! * part[j]!;
      events[c] = sum;
    }
    return events;
  });
}

/** Part of a successor's probability that stays in the region, on average over the background's events. */
function shareInside(region: Region, space: Float64Array, background: Float64Array): number {
  let inside = 0;
  let total = 0;
  for (let c = 0; c < region.size; c++) {
    let share = 0;
    for (let b = 0; b < region.bases; b++) share += space[b]! * region.share[c * region.bases + b]!;
    inside += background[c]! * share;
    total += background[c]!;
  }
  return inside / total;
}

const STEPS_PER_HOUR = 4;

/** Later generations and all events of the region, cumulative at every whole hour. */
function regionalCourse(
  background: Float64Array,
  kernel: { ratio: number; time: Float64Array },
  rates: Float64Array,
  direct: Float32Array,
  seasonHours: Float64Array,
): { profile: Float64Array; all: Float64Array } {
  const { ratio, time } = kernel;
  const J = rates.length;
  const waiting = new Float64Array(J);
  for (let i = 0; i < direct.length; i++) waiting[i % J]! += direct[i]!;
  let rate = 0;
  for (const value of background) rate += value;
  const hours = 1 / STEPS_PER_HOUR;
  const decay = rates.map((beta) => Math.exp(-beta * hours));
  const even = rates.map((beta) => evenly(beta * hours));
  let inside = 0;
  for (let j = 0; j < J; j++) inside += time[j]! * (1 - even[j]!);
  const left = new Float64Array(J);
  const profile = new Float64Array(seasonHours.length);
  const all = new Float64Array(seasonHours.length);
  for (let h = 1; h < seasonHours.length; h++) {
    const seasonStep = (seasonHours[h]! - seasonHours[h - 1]!) * hours;
    let grown = 0;
    let total = 0;
    for (let step = 0; step < STEPS_PER_HOUR; step++) {
      let own = rate * seasonStep;
      let due = 0;
      for (let j = 0; j < J; j++) {
        own += waiting[j]! * (1 - decay[j]!);
        due += time[j]! * left[j]! * (1 - decay[j]!);
      }
      const arrived = (ratio * (due + inside * own)) / (1 - ratio * inside);
      for (let j = 0; j < J; j++) {
        waiting[j]! *= decay[j]!;
        left[j] = left[j]! * decay[j]! + (own + arrived) * even[j]!;
      }
      grown += arrived;
      total += own + arrived;
    }
    profile[h] = profile[h - 1]! + grown;
    all[h] = all[h - 1]! + total;
  }
  return { profile, all };
}

/** Spreads `from` over the space kernel into `to`. What leaves the region is gone. */
function convolve(
  region: Region,
  space: Float64Array,
  from: Float64Array,
  to: Float64Array,
  scratch: readonly (readonly [Float64Array, Float64Array])[],
): void {
  const { rings, ringStart, ringCells, parentLevels, size } = region;
  const weights = Float64Array.from({ length: rings + 1 }, (_, r) => space[r]! / basisNorm(region, r));
  for (let c = 0; c < size; c++) {
    let sum = weights[0]! * from[c]!;
    for (let r = 1; r <= rings; r++) {
      if (weights[r]! < NEGLIGIBLE) continue;
      const row = c * (rings + 1) + r;
      let ring = 0;
      for (let k = ringStart[row]!; k < ringStart[row + 1]!; k++) ring += from[ringCells[k]!]!;
      sum += weights[r]! * ring;
    }
    to[c] = sum;
  }
  for (let f = 0; f < parentLevels.length; f++) {
    const level = parentLevels[f]!;
    const weight = space[rings + 1 + f]! / level.norm;
    if (weight < NEGLIGIBLE) continue;
    const [totals, around] = scratch[f]!;
    totals.fill(0);
    around.fill(0);
    for (let c = 0; c < size; c++) totals[level.parentOf[c]!]! += from[c]!;
    for (let p = 0; p < level.size; p++) {
      for (let k = level.start[p]!; k < level.start[p + 1]!; k++) around[p]! += totals[level.neighbours[k]!]!;
    }
    for (let c = 0; c < size; c++) to[c]! += weight * around[level.parentOf[c]!]!;
  }
}
