import { type ForecastAtEvents, tTest, type TTest, type WTest, wTest } from '../scoring/index.js';
import type { BacktestResult } from './types.js';

/**
 * T-test and W-test of two forecasts, also where one gave rate 0 to an event that came: such a forecast has lost by an
 * infinite margin, and where both did there is nothing to tell between them.
 */
export function compareForecasts(a: ForecastAtEvents, b: ForecastAtEvents): { gain: TTest; wilcoxon: WTest } {
  const missed = (forecast: ForecastAtEvents): boolean => Array.from(forecast.rates).includes(0);
  const aMissed = missed(a);
  const bMissed = missed(b);
  if (!aMissed && !bMissed) return { gain: tTest(a, b), wilcoxon: wTest(a, b) };
  const events = a.rates.length;
  const gain = aMissed === bMissed ? Number.NaN : aMissed ? -Infinity : Infinity;
  const verdict = aMissed === bMissed ? 0 : aMissed ? -1 : 1;
  return {
    gain: { gain, lower: gain, upper: gain, t: gain, critical: Number.NaN, events, verdict },
    wilcoxon: { statistic: Number.NaN, z: Number.NaN, pValue: Number.NaN, events },
  };
}

/** A baseline that a model did not beat, or not for certain. */
export interface BaselineStanding {
  readonly baseline: string;
  /** Gain per event over it with its 95 % interval, nats. */
  readonly gain: number;
  readonly lower: number;
  readonly upper: number;
}

/** Whether a model may be activated. */
export interface Verdict {
  /** True when the model gained on every baseline. */
  readonly passes: boolean;
  /** Baselines with a gain of zero or less, the worst first. */
  readonly losesTo: readonly BaselineStanding[];
  /** Baselines it gained on, with an interval that reaches down to zero: passed, but to be said. */
  readonly unproven: readonly BaselineStanding[];
  /** Why, in a sentence. */
  readonly reason: string;
}

/**
 * Decides whether a model beats the baselines of a backtest: by the information gain per event of the forecasts issued
 * at the windows' starts, which is what the platform serves. Without events or baselines there is no proof, and the
 * model does not pass.
 *
 * @param model name of the forecaster; the only one of role `model` where left out.
 * @throws RangeError when there is no such forecaster, or several models and no name.
 */
export function beatsBaselines(result: BacktestResult, model?: string): Verdict {
  const candidates = result.scores.filter((score) =>
    model === undefined ? score.role === 'model' : score.name === model,
  );
  const [candidate] = candidates;
  if (candidate === undefined || candidates.length > 1) {
    throw new RangeError(
      model === undefined
        ? `model: the backtest has ${candidates.length} models, name one`
        : `model: the backtest has no forecaster named ${JSON.stringify(model)}`,
    );
  }
  const standings = result.comparisons
    .filter((comparison) => comparison.forecaster === candidate.name)
    .map(({ baseline, gain }): BaselineStanding => ({
      baseline,
      gain: gain.gain,
      lower: gain.lower,
      upper: gain.upper,
    }));
  if (standings.length === 0) {
    return { passes: false, losesTo: [], unproven: [], reason: 'there was no baseline to compare with' };
  }
  if (result.events === 0) {
    return { passes: false, losesTo: [], unproven: [], reason: 'no event fell into the test windows' };
  }
  // Written so that a gain that is no number counts as lost.
  const losesTo = standings.filter((s) => !(s.gain > 0)).sort((a, b) => (a.gain < b.gain ? -1 : 1));
  const unproven = standings.filter((s) => s.gain > 0 && !(s.lower > 0));
  const list = (of: readonly BaselineStanding[]): string =>
    of.map((s) => `${s.baseline} (${s.gain.toFixed(3)} nats per event)`).join(', ');
  const reason =
    losesTo.length > 0
      ? `loses to ${list(losesTo)}`
      : unproven.length > 0
        ? `gains on every baseline, not beyond doubt on ${list(unproven)}`
        : 'gains on every baseline';
  return { passes: losesTo.length === 0, losesTo, unproven, reason };
}
