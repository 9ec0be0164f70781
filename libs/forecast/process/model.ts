import type { Kernel } from './kernel.js';
import type { Region } from './region.js';
import type { Season } from './season.js';

/** Variance over mean of the count in a cell, by horizon; between the horizons it is interpolated on a log scale of time. */
export interface Dispersion {
  /** Horizons it was fitted at, hours, ascending. Empty: Poisson. */
  readonly horizons: Float64Array;
  /** Variance / mean at each, at least 1. */
  readonly values: Float64Array;
}

export const POISSON: Dispersion = { horizons: new Float64Array(0), values: new Float64Array(0) };

/**
 * A fitted model: everything a forecast needs besides the state that the history has left behind. Immutable by convention; the arrays
 * are shared, not copied.
 */
export interface Model {
  readonly region: Region;
  readonly kernel: Kernel;
  /** μ_c, events per hour and cell, before the rhythm s(t); every value > 0. Length `region.size`. */
  readonly background: Float64Array;
  /** Rhythm of the background, or null where there is none. */
  readonly season: Season | null;
  /** Mean influence φ_q(m) e^{α (m − m_ref)} of a training event, length Q: stands for the marks of events yet to come. */
  readonly influence: Float64Array;
  /** Direct successors of an average event, below 1. */
  readonly branchingRatio: number;
  /** Learning window, hours since the epoch, and the events in it. */
  readonly trainedFrom: number;
  readonly trainedTo: number;
  readonly trainedEvents: number;
  readonly dispersion: Dispersion;
}

/** Dispersion at a horizon in hours; 1 where none was fitted. Outside the fitted range the nearest value holds. */
export function dispersionAt(dispersion: Dispersion, horizon: number): number {
  const { horizons, values } = dispersion;
  const last = horizons.length - 1;
  if (last < 0) return 1;
  if (horizon <= horizons[0]!) return values[0]!;
  if (horizon >= horizons[last]!) return values[last]!;
  let k = 0;
  while (horizon > horizons[k + 1]!) k++;
  const x = Math.log(horizon / horizons[k]!) / Math.log(horizons[k + 1]! / horizons[k]!);
  return values[k]! * (1 - x) + values[k + 1]! * x;
}
