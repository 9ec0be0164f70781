import type { EventSeries } from '../process/series.js';

/**
 * What a baseline needs to know of a region: how many cells, which are near which, and where they are. Made from H3
 * cells by `h3Frame`, or by hand for another grid.
 */
export interface SpatialFrame {
  /** Number of cells. */
  readonly size: number;
  /** Area of each cell, any one unit; left out, all cells count the same. */
  readonly areas?: Float64Array;
  /** Neighbours within two rings, the cell itself included, in compressed rows of cell positions. */
  readonly disk: { readonly offsets: Int32Array; readonly members: Int32Array };
  /** Centres as points in space, km, x y z by turns (3 × size): on the sphere, or with z = 0 on a plane. */
  readonly xyz: Float64Array;
}

/**
 * What a forecaster is fitted on: events with `from <= time < to`, on the cells of a frame. Times are in hours since
 * 1970-01-01T00:00Z and rates in events per hour, here and in `scoring` and `backtest`.
 */
export interface TrainingData {
  readonly frame: SpatialFrame;
  readonly events: EventSeries;
  /** Start and end of the span watched, hours since the epoch. Time without events counts. */
  readonly from: number;
  readonly to: number;
}

/** A fitted baseline: a rate in events per hour for any cell and time, that no later event changes. */
export interface RateForecast {
  readonly name: string;
  /** Expected number of events in each cell during [from, to). Written into `out` when given. */
  expected(from: number, to: number, out?: Float64Array): Float64Array;
  /** Rate of cell `cell` at time `t`, events per hour. */
  intensity(t: number, cell: number): number;
  /** Expected number of events in the whole region during [from, to). */
  total(from: number, to: number): number;
  /** What the fit chose, for a report: bandwidths, window lengths, shares. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** A baseline: fitted on a training span, it gives a {@link RateForecast}. */
export interface RateForecaster {
  readonly name: string;
  fit(train: TrainingData): RateForecast;
}
