import { InvalidArgument } from '../distributions/index.js';
import { fit, FitCancelledError, type FitOptions, type Model, type Region, score, stateAt } from '../process/index.js';
import { computeSurface, expectedCounts } from '../simulate/index.js';
import type { FittedForecaster, Forecaster } from './types.js';

/** How the process model takes part in a backtest. */
export interface ProcessForecasterOptions {
  /** The cells of the backtest's frame, in the same order. */
  readonly region: Region;
  /** Name in the tables; `model` where left out. */
  readonly name?: string;
  /** Everything of the fit but the span, which the backtest sets. */
  readonly fit?: Omit<FitOptions, 'from' | 'to' | 'isCancelled'>;
  /** Windows between two fits; the backtest's policy where left out. */
  readonly refitEvery?: number;
}

/**
 * The self-exciting process as a contestant. Between two fits its forecasts know all newer events by the recursive
 * state; only the parameters are older. Windows must last a whole number of hours.
 */
export function processForecaster(options: ProcessForecasterOptions): Forecaster {
  const { region, name = 'model', refitEvery } = options;
  return {
    name,
    role: 'model',
    ...(refitEvery !== undefined && { refitEvery }),
    fit(train, signal) {
      if (train.frame.size !== region.size) {
        throw new InvalidArgument('region', `has ${region.size} cells, the backtest's frame has ${train.frame.size}`);
      }
      try {
        const { model, diagnostics } = fit(train.events, region, {
          ...options.fit,
          from: train.from,
          to: train.to,
          isCancelled: () => signal?.aborted ?? false,
        });
        const { branchingRatio, iterations, logLikelihoodPerEvent } = diagnostics;
        return fittedProcess(model, {
          branching_ratio: branchingRatio,
          iterations,
          log_likelihood_per_event: logLikelihoodPerEvent,
        });
      } catch (error) {
        // Whoever cancelled expects the reason given to the signal.
        if (error instanceof FitCancelledError) signal?.throwIfAborted();
        throw error;
      }
    },
  };
}

/** A model that is already fitted, in the form a backtest asks; for judging it on a span it was not fitted on. */
export function fittedProcess(model: Model, parameters: Readonly<Record<string, number>> = {}): FittedForecaster {
  return {
    parameters,
    expected(history, from, to) {
      const horizon = to - from;
      if (!Number.isInteger(horizon)) throw new InvalidArgument('horizon', `must be whole hours, got ${horizon}`);
      const surface = computeSurface(model, stateAt(model, history, from), from, { maxHorizon: horizon });
      return expectedCounts(surface, horizon);
    },
    conditional(events, from, to) {
      const { intensity, expected } = score(model, events, from, to);
      return { intensity, integral: expected };
    },
  };
}
