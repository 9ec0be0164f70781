import { countQuantiles, probabilitiesOfAny } from '../distributions/index.js';
import { dispersionAt, type Dispersion, type Model } from '../process/model.js';
import type { Region } from '../process/region.js';
import { seasonCumulative } from '../process/season.js';
import type { ForecastState } from '../process/state.js';
import { type AmountSeverity, expectedLoss, lossQuantiles } from '../severity/index.js';
import { directSuccessors } from './direct.js';
import { at, laterGenerations } from './later.js';

/**
 * A forecast for all cells of a region and every horizon up to `maxHorizon`, issued at `from`. It keeps the three parts of the
 * expected count apart:
 *
 * - background: μ_c ∫ s, exact at any horizon;
 * - direct successors of past events: Σ_j D[c, j] (1 − e^{−β_j h}), exact at any horizon;
 * - later generations: cumulative counts at knots; between them every cell grows as the region does.
 */
export interface Surface {
  readonly region: Region;
  /** Issue time, hours since the epoch. */
  readonly from: number;
  /** Longest horizon it answers, whole hours. */
  readonly maxHorizon: number;
  /** Events per hour and cell before the rhythm. */
  readonly background: Float64Array;
  /** ∫ s over [from, from + h] for h = 0..maxHorizon, hours. */
  readonly seasonHours: Float64Array;
  /** β_j, per hour. */
  readonly rates: Float64Array;
  /** Direct successors still to come inside the cell, by time component, all horizons: `[c * J + j]`; single precision (1e-6). */
  readonly direct: Float32Array;
  /** Knots of the later generations, hours, from 0. */
  readonly knots: Float64Array;
  /** Expected events of later generations until each knot but the first: `[c * (knots − 1) + k]`. */
  readonly later: Float32Array;
  /** Later generations of the whole region at every whole hour from 0: how they grow between the knots. */
  readonly laterProfile: Float64Array;
  readonly dispersion: Dispersion;
}

export interface SurfaceOptions {
  /** Longest horizon in whole hours, at most 8784. Default 720. */
  maxHorizon?: number;
  /** Knots of the later generations, hours, ascending. Default 2, 8, 24, 72, 240, 720 up to the longest horizon. */
  horizonKnots?: readonly number[];
}

const DEFAULT_KNOTS = [2, 8, 24, 72, 240, 720, 2160] as const;

/**
 * Brings a model and the state its history left into a surface.
 *
 * Costs one pass of the space kernel for every four time components of the history, and one for every interval between knots.
 *
 * @throws {RangeError} the state is of another time than `from`, or a horizon is out of range.
 */
export function computeSurface(
  model: Model,
  state: ForecastState,
  from: number,
  options: SurfaceOptions = {},
): Surface {
  if (from !== state.time) throw new RangeError(`the state stands at ${state.time}; advance it to ${from} first`);
  const maxHorizon = options.maxHorizon ?? 720;
  if (!Number.isInteger(maxHorizon) || maxHorizon < 1 || maxHorizon > 8784) {
    throw new RangeError(`maxHorizon must be a whole number of hours from 1 to 8784, got ${maxHorizon}`);
  }
  const inner = (options.horizonKnots ?? DEFAULT_KNOTS).filter((knot) => knot > 0 && knot < maxHorizon);
  const knots = Float64Array.from([0, ...inner, maxHorizon]).sort();
  const seasonHours = seasonCumulative(model.season, from, maxHorizon);
  const direct = directSuccessors(model, state);
  const { later, profile } = laterGenerations(model, state.rates, direct, seasonHours, knots);
  return {
    region: model.region,
    from,
    maxHorizon,
    background: model.background,
    seasonHours,
    rates: state.rates,
    direct,
    knots,
    later,
    laterProfile: profile,
    dispersion: model.dispersion,
  };
}

/**
 * The three parts' sum: expected events in every cell within `horizon` hours. The rhythm is exact at whole hours from the issue time,
 * linear between.
 */
export function expectedCounts(
  surface: Surface,
  horizon: number,
  out = new Float64Array(surface.region.size),
): Float64Array {
  checkHorizon(surface, horizon);
  const { background, rates, direct } = surface;
  const J = rates.length;
  const season = at(surface.seasonHours, horizon);
  const reached = rates.map((rate) => -Math.expm1(-rate * horizon));
  const later = laterAt(surface, horizon);
  for (let c = 0; c < out.length; c++) {
    let sum = background[c]! * season + later(c);
    const at = c * J;
    for (let j = 0; j < J; j++) sum += direct[at + j]! * reached[j]!;
    out[c] = sum;
  }
  return out;
}

/** Expected events of one cell within `horizon` hours: for a look-up that does not need the others. */
export function expectedCountOf(surface: Surface, cell: number, horizon: number): number {
  checkHorizon(surface, horizon);
  const { background, rates, direct } = surface;
  const J = rates.length;
  let sum = background[cell]! * at(surface.seasonHours, horizon) + laterAt(surface, horizon)(cell);
  for (let j = 0; j < J; j++) sum += direct[cell * J + j]! * -Math.expm1(-rates[j]! * horizon);
  return sum;
}

/** Later generations of a cell at a horizon: between two knots every cell grows as the region does. */
function laterAt(surface: Surface, horizon: number): (cell: number) => number {
  const { knots, later, laterProfile } = surface;
  const K = knots.length - 1;
  let k = 0;
  while (k < K - 1 && horizon > knots[k + 1]!) k++;
  const start = at(laterProfile, knots[k]!);
  const width = at(laterProfile, knots[k + 1]!) - start;
  const part = width > 0 ? (at(laterProfile, horizon) - start) / width : 0;
  return (cell) => {
    const index = cell * K + k;
    const before = k > 0 ? later[index - 1]! : 0;
    return before + part * (later[index]! - before);
  };
}

function checkHorizon(surface: Surface, horizon: number): void {
  if (!(horizon > 0 && horizon <= surface.maxHorizon)) {
    throw new RangeError(`horizon must be above 0 and at most ${surface.maxHorizon} hours, got ${horizon}`);
  }
}

/** A surface at one horizon; every array has one value per cell of the region. */
export interface SurfaceSlice {
  readonly horizon: number;
  /** Variance over mean the counts were given. */
  readonly dispersion: number;
  readonly expectedCount: Float64Array;
  /** P(N ≥ 1). */
  readonly pEvent: Float64Array;
  /** Quantiles of the count. */
  readonly q05: Uint32Array;
  readonly q50: Uint32Array;
  readonly q95: Uint32Array;
  /** In the unit of the amounts; all 0 without a severity. */
  readonly expectedLoss: Float64Array;
}

/**
 * All cells at one horizon. Counts are negative binomial with the model's dispersion at that horizon (variance proportional to the
 * mean), so P(N ≥ 1) lies below 1 − e^{−m} where events come in clusters.
 *
 * @param severity amounts by cell; without it the losses are 0.
 * @throws {RangeError} horizon out of range.
 */
export function surfaceAt(surface: Surface, horizon: number, severity?: AmountSeverity): SurfaceSlice {
  const expectedCount = expectedCounts(surface, horizon);
  const dispersion = dispersionAt(surface.dispersion, horizon);
  const [q05, q50, q95] = countQuantiles(expectedCount, [0.05, 0.5, 0.95], dispersion);
  return {
    horizon,
    dispersion,
    expectedCount,
    pEvent: probabilitiesOfAny(expectedCount, dispersion),
    q05: q05!,
    q50: q50!,
    q95: q95!,
    expectedLoss:
      severity === undefined ? new Float64Array(expectedCount.length) : expectedLoss(severity, expectedCount),
  };
}

/** Quantiles of the summed loss of every cell at a slice's horizon, one array per probability. Costs more than the rest together. */
export function lossQuantilesAt(
  slice: SurfaceSlice,
  severity: AmountSeverity,
  probabilities: readonly number[],
): Float64Array[] {
  return lossQuantiles(severity, slice.expectedCount, slice.dispersion, probabilities);
}
