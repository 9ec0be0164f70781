import { fitDispersion } from '../distributions/index.js';
import { FitCancelledError } from '../process/fit-options.js';
import type { Dispersion, Model } from '../process/model.js';
import { countBefore, type EventSeries, sliceSeries } from '../process/series.js';
import { absorb, advance, stateAt } from '../process/state.js';
import { computeSurface, expectedCounts } from './surface.js';

export interface DispersionOptions {
  /** Horizons to fit it at, whole hours, ascending. Default 24 and 168. */
  horizons?: readonly number[];
  /** End of the last window. Default: end of the learning window. */
  until?: number;
  /** Windows per horizon, fewer where the data is short. Default 60, and no more than make a million forecasts. */
  windows?: number;
  /** Asked before every window; true ends it with {@link FitCancelledError}. */
  isCancelled?: () => boolean;
}

/**
 * Fits the dispersion on past forecasts: the last windows before `until`, one after the other without overlap, each forecast from what
 * was known at its start and compared with what came, all cells together. A horizon with less than four windows of data is left out.
 */
export function fitModelDispersion(model: Model, series: EventSeries, options: DispersionOptions = {}): Dispersion {
  const until = options.until ?? model.trainedTo;
  const horizons: number[] = [];
  const values: number[] = [];
  for (const horizon of options.horizons ?? [24, 168]) {
    const available = Math.floor((until - model.trainedFrom) / horizon / 2);
    const affordable = Math.max(4, Math.floor(1_000_000 / model.region.size));
    const windows = Math.min(options.windows ?? 60, available, affordable);
    if (windows < 4) continue;
    const expected = new Float64Array(windows * model.region.size);
    const observed = new Float64Array(windows * model.region.size);
    let state = stateAt(model, series, until - windows * horizon);
    let seen = countBefore(series.time, state.time);
    while (seen < series.time.length && series.time[seen]! === state.time) seen++;
    for (let w = 0; w < windows; w++) {
      if (options.isCancelled?.() === true) throw new FitCancelledError('the fit of the dispersion was cancelled');
      const from = until - (windows - w) * horizon;
      state = advance(state, Math.max(from, state.time));
      const surface = computeSurface(model, state, state.time, {
        maxHorizon: horizon,
        horizonKnots: [horizon / 8, horizon / 3],
      });
      expectedCounts(surface, horizon, expected.subarray(w * model.region.size, (w + 1) * model.region.size));
      const end = w === windows - 1 ? until : until - (windows - w - 1) * horizon;
      let next = seen;
      for (; next < series.time.length && series.time[next]! < end; next++) {
        observed[w * model.region.size + series.cell[next]!]!++;
      }
      state = absorb(state, model, sliceSeries(series, seen, next));
      seen = next;
    }
    horizons.push(horizon);
    values.push(fitDispersion(expected, observed).dispersion);
  }
  return { horizons: Float64Array.from(horizons), values: Float64Array.from(values) };
}

/** The model with this dispersion. */
export function withDispersion(model: Model, dispersion: Dispersion): Model {
  return { ...model, dispersion };
}
