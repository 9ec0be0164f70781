import type { SpatialFrame, TrainingData } from '../baselines/types.js';
import type { DispersionFit } from '../distributions/dispersion.js';
import type { Dispersion } from '../process/model.js';
import type { EventSeries } from '../process/series.js';
import type { AreaScore, BrierScore, Coverage, NumberTest, PitHistogram, TTest, WTest } from '../scoring/index.js';

/** Intensity at each event of a span, given everything before that event, and what the intensity adds up to. */
export interface ConditionalScore {
  /** λ(tᵢ, cᵢ), events per hour, one per event with from <= t < to, in order. */
  readonly intensity: Float64Array;
  /** ∫ Σ_cells λ over the span: the expected number of events. */
  readonly integral: number;
}

/** A fitted forecaster, ready to be asked about times after its training span. */
export interface FittedForecaster {
  /**
   * Expected count of each cell during [from, to), issued at `from`. `history` holds only events before `from`, those
   * after the training span included.
   */
  expected(history: EventSeries, from: number, to: number): Float64Array;
  /**
   * Point score over [from, to): parameters fixed, each intensity conditional on the events strictly before it.
   * `events` holds all events before `to`. Left out by forecasters that have no intensity.
   */
  conditional?(events: EventSeries, from: number, to: number): ConditionalScore;
  /** What the fit found, for the report. */
  readonly parameters?: Readonly<Record<string, number>>;
}

/** A contestant in a backtest: the model or a baseline. */
export interface Forecaster {
  readonly name: string;
  readonly role: 'model' | 'baseline';
  /** Windows between two fits; the backtest's own policy where left out. 1 fits before every window. */
  readonly refitEvery?: number;
  fit(train: TrainingData, signal?: AbortSignal): FittedForecaster | Promise<FittedForecaster>;
}

/** What is judged, and how. All times are hours since the epoch. */
export interface BacktestPlan {
  /** The cells. They should come from the first training span: a region that knows where later events fell looks ahead. */
  readonly frame: SpatialFrame;
  /** All events, training and test, in time order. */
  readonly events: EventSeries;
  readonly forecasters: readonly Forecaster[];
  /** When watching began: the earliest start of any training span. */
  readonly from: number;
  /** End of the last test window; no event at or after it is used. */
  readonly to: number;
  /** Length of a test window, hours. */
  readonly horizon: number;
  /** Number of test windows. */
  readonly origins: number;
  /** Hours from one window's start to the next, at least the horizon (windows that overlap count events twice). Default: the horizon. */
  readonly step?: number;
  /** Length of each training span, hours; left out, all since `from` is used. */
  readonly trainHours?: number;
  /** Fit anew before every k-th window (default 1); forecasts between use the newest events with the older parameters. */
  readonly refitEvery?: number;
  /** Shares of the area flagged for PAI and PEI. Default 1, 2 and 5 %. */
  readonly areaShares?: readonly number[];
  /** Further horizons, hours, at which the models' dispersion is fitted beside the test horizon's. */
  readonly dispersionHorizons?: readonly number[];
  /** Seed of the randomised PIT. Default 1. */
  readonly seed?: number;
}

/** One test window of one forecaster. */
export interface WindowScore {
  readonly from: number;
  readonly to: number;
  /** Events expected and seen in the whole region. */
  readonly expected: number;
  readonly observed: number;
  /** Σ over cells of the Poisson log score −λ + ω ln λ − ln ω!, nats. */
  readonly logScore: number;
  /** Variance over mean used for this window's probabilities: fitted on the windows before it alone. */
  readonly dispersion: number;
}

/** All that is known of one forecaster after the backtest. */
export interface ForecasterScore {
  readonly name: string;
  readonly role: 'model' | 'baseline';
  readonly windows: readonly WindowScore[];
  readonly expected: number;
  readonly observed: number;
  /** Sum of the windows' log scores, nats. */
  readonly logScore: number;
  /** Point log-likelihood per event, (Σ ln λ − ∫ Σ λ) / n, λ in events per hour; absent without an intensity or events. */
  readonly pointScore?: number;
  /** Events that fell where the forecast was 0. Any makes the log score −Infinity. */
  readonly impossible: number;
  /** One per area share. */
  readonly area: readonly AreaScore[];
  readonly brier: BrierScore;
  /** 5–95 % interval of the counts of cells. */
  readonly coverage: Coverage;
  /** Randomised PIT of the counts of cells. */
  readonly pit: PitHistogram;
  /** N-test over all windows: Poisson, and with the dispersion found in the windows' totals. */
  readonly numberTest: { readonly poisson: NumberTest; readonly dispersed: NumberTest; readonly dispersion: number };
  /** Dispersion of cells' counts at the test horizon, fitted on all windows. */
  readonly dispersion: DispersionFit;
  /** Dispersion by horizon, in the form a model keeps; for models alone. */
  readonly dispersionByHorizon?: Dispersion;
  /** What the last fit found. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly fits: number;
}

/** One forecaster against one baseline. */
export interface Comparison {
  readonly forecaster: string;
  readonly baseline: string;
  /** Gain per event of the forecasts issued at the windows' starts. */
  readonly gain: TTest;
  readonly wilcoxon: WTest;
  /** Gain per event of the conditional intensities, each knowing all events before it; absent where either has none. */
  readonly pointGain?: TTest;
}

/** Result of a backtest. Plain data. */
export interface BacktestResult {
  readonly from: number;
  readonly to: number;
  readonly horizon: number;
  readonly origins: number;
  readonly events: number;
  readonly areaShares: readonly number[];
  readonly scores: readonly ForecasterScore[];
  /** Every forecaster beside every baseline but itself. */
  readonly comparisons: readonly Comparison[];
}

/** How far a backtest is. */
export interface BacktestProgress {
  /** 0 to 1. */
  readonly fraction: number;
  /** What comes next, for a person. */
  readonly message: string;
}
