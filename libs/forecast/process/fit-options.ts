import type { BackgroundPrior } from './background.js';
import { logSpaced } from './kernel.js';
import type { Model } from './model.js';

export interface FitOptions {
  /** Learning window, hours since the epoch. Events before `from` are history: they trigger but are not explained. */
  from?: number;
  to?: number;
  /** Zone of the rhythm. Default UTC. */
  timeZone?: string;
  /**
   * Rhythm by hour of the week: `auto` (default) takes it where times are finer than a day and BIC finds it worth its parameters.
   * Times that carry no hour never get one, whatever is asked.
   */
  season?: 'auto' | 'on' | 'off';
  /** Also fit a factor by month of the year. Default false: it needs several years. */
  months?: boolean;
  /** Influence of marks: `auto` (default) takes it where the score test at α = 0 is clear. */
  marks?: 'auto' | 'on' | 'off';
  /** Largest number of mark knots, 1 to 4 (default 3): each has its own kernels. Fewer are used where BIC prefers it. */
  markKnots?: number;
  /** Half-lives of the time components, hours. Default: {@link defaultHalfLives}. */
  halfLives?: Float64Array;
  /** Iterations of the last, longest round at most. Default 250. */
  maxIterations?: number;
  /** The rounds end when an iteration gains less than this, nats per event. Default 2e-6. */
  tolerance?: number;
  /** Largest number of events explained; of more, the latest are taken and the rest become history. Default 150,000. */
  maxEvents?: number;
  /** Bound on the branching ratio. Default 0.95. */
  maxBranchingRatio?: number;
  /** Called after every iteration with the part done (0 to 1) and what is being done. */
  onProgress?: (fraction: number, message: string) => void;
  /** Asked after every iteration; true ends the fit with {@link FitCancelledError}. */
  isCancelled?: () => boolean;
}

export interface FitRound {
  readonly name: string;
  /** Objective (log-likelihood plus log prior, nats) before each iteration; never falls within a round. */
  readonly objective: readonly number[];
  /** Log-likelihood of the same iterations, nats. */
  readonly logLikelihood: readonly number[];
}

export interface FitDiagnostics {
  readonly rounds: readonly FitRound[];
  /** Nats per event over the learning window, at the end. */
  readonly logLikelihoodPerEvent: number;
  readonly branchingRatio: number;
  /** Iterations over all rounds. */
  readonly iterations: number;
  readonly converged: boolean;
  readonly seconds: number;
  /** Expected number of background events among the explained ones. */
  readonly backgroundEvents: number;
  readonly backgroundPrior: Pick<BackgroundPrior, 'strength' | 'ringDecay' | 'floor'>;
  /** Score test of mark influence: chi-square with one degree of freedom; 0 where it was not made. */
  readonly markTest: number;
  readonly seasonUsed: boolean;
}

export interface FitResult {
  readonly model: Model;
  readonly diagnostics: FitDiagnostics;
}

/** The caller asked for the fit to end. */
export class FitCancelledError extends Error {
  override readonly name = 'FitCancelledError';
}

/** The input leaves nothing to fit: no events in the window, or an empty window. */
export class FitInputError extends Error {
  override readonly name = 'FitInputError';
}

/**
 * Half-lives from about a minute to three years on a log scale, twelve of them, cut off at a third of the learning window: what
 * decays more slowly than that cannot be told from background.
 */
export function defaultHalfLives(hours: number): Float64Array {
  const all = logSpaced(0.02, 3 * 8766, 12);
  const kept = all.filter((half) => half <= Math.max(hours / 3, all[3]!));
  return kept;
}
