import { setImmediate } from 'node:timers/promises';
import { assertEvents, countByCell, eventsBetween } from '../baselines/frame.js';
import { requireFinite, requireInteger, requirePositive } from '../distributions/check.js';
import { DispersionAccumulator, InvalidArgument } from '../distributions/index.js';
import { combineSeeds, hashString } from '../random.js';
import { compareForecasts } from './compare.js';
import { Tally, type TestWindow } from './tally.js';
import type {
  BacktestPlan,
  BacktestProgress,
  BacktestResult,
  Comparison,
  FittedForecaster,
  Forecaster,
  ForecasterScore,
} from './types.js';

/** Control of a running backtest. */
export interface BacktestControl {
  /** Ends the backtest between two steps; it then rejects with the signal's reason. Fits receive the signal too. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BacktestProgress) => void;
}

interface Contestant {
  readonly forecaster: Forecaster;
  readonly refitEvery: number;
  readonly tally: Tally;
  /** Pairs for the dispersion at each further horizon. */
  readonly further: readonly DispersionAccumulator[];
  fitted: FittedForecaster | undefined;
  fits: number;
}

function assertPlan(plan: BacktestPlan): { step: number; first: number } {
  const { frame, events, forecasters, from, to, horizon, origins } = plan;
  const step = plan.step ?? horizon;
  requireFinite('from', from);
  requireFinite('to', to);
  requirePositive('horizon', horizon);
  requireInteger('origins', origins, 1);
  requirePositive('step', step);
  if (step < horizon) {
    throw new InvalidArgument('step', `${step} h is shorter than the horizon ${horizon} h: events would count twice`);
  }
  if (plan.trainHours !== undefined) requirePositive('trainHours', plan.trainHours);
  if (plan.refitEvery !== undefined) requireInteger('refitEvery', plan.refitEvery, 1);
  plan.dispersionHorizons?.forEach((h, i) => requirePositive(`dispersionHorizons[${i}]`, h));
  assertEvents(events, frame.size);
  const first = to - horizon - (origins - 1) * step;
  if (first <= from) {
    throw new InvalidArgument('origins', `${origins} windows before ${to} leave nothing to train on after ${from}`);
  }
  if (forecasters.length === 0) throw new InvalidArgument('forecasters', 'must not be empty');
  const names = new Set<string>();
  forecasters.forEach(({ name, refitEvery }, i) => {
    if (names.has(name)) throw new InvalidArgument(`forecasters[${i}].name`, `${name} is used twice`);
    if (refitEvery !== undefined) requireInteger(`forecasters[${i}].refitEvery`, refitEvery, 1);
    names.add(name);
  });
  return { step, first };
}

/**
 * Rolling-origin backtest: fit on the past, forecast the next window, look what came, roll on. A forecaster is only
 * ever handed events before the time it forecasts from; even the dispersion behind its probabilities is that of the
 * windows before.
 *
 * The same forecasts serve all scores, so the table compares like with like. Runs in steps between which the event
 * loop breathes; memory grows with the events of the test windows, not with cells × windows.
 *
 * @throws InvalidArgument naming what is wrong in the plan, or the forecaster whose answer is no forecast.
 */
export async function runBacktest(plan: BacktestPlan, control: BacktestControl = {}): Promise<BacktestResult> {
  const { step, first } = assertPlan(plan);
  const { frame, forecasters, horizon, origins, to } = plan;
  const { areaShares = [0.01, 0.02, 0.05], refitEvery = 1, dispersionHorizons = [], seed = 1 } = plan;
  const contestants = forecasters.map((forecaster): Contestant => ({
    forecaster,
    refitEvery: forecaster.refitEvery ?? refitEvery,
    tally: new Tally(forecaster, areaShares, frame.areas, combineSeeds(seed, hashString(forecaster.name))),
    further: forecaster.role === 'model' ? dispersionHorizons.map(() => new DispersionAccumulator()) : [],
    fitted: undefined,
    fits: 0,
  }));
  let done = 0;
  const steps = origins * contestants.length;
  for (let k = 0; k < origins; k++) {
    const origin = first + k * step;
    const window = windowOf(plan, origin, origin + horizon);
    for (const contestant of contestants) {
      control.signal?.throwIfAborted();
      const due = contestant.fitted === undefined || k % contestant.refitEvery === 0;
      control.onProgress?.({
        fraction: done / steps,
        message: `window ${k + 1} of ${origins}: ${contestant.forecaster.name}${due ? ', fitting' : ''}`,
      });
      await setImmediate();
      await forecastWindow(plan, contestant, due, window, control.signal);
      done++;
    }
  }
  control.signal?.throwIfAborted();
  control.onProgress?.({ fraction: 1, message: 'done' });
  return {
    from: first,
    to,
    horizon,
    origins,
    events: contestants[0]?.tally.atEvents().rates.length ?? 0,
    areaShares,
    scores: contestants.map((contestant) => scoreOf(contestant, plan)),
    comparisons: allComparisons(contestants),
  };
}

function windowOf(plan: BacktestPlan, from: number, to: number): TestWindow {
  const cells = eventsBetween(plan.events, from, to).cell;
  return { from, to, cells, observed: countByCell(cells, plan.frame.size) };
}

async function forecastWindow(
  plan: BacktestPlan,
  contestant: Contestant,
  due: boolean,
  window: TestWindow,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { frame, events } = plan;
  const { from, to } = window;
  const history = eventsBetween(events, plan.from, from);
  if (due || contestant.fitted === undefined) {
    const start = plan.trainHours === undefined ? plan.from : Math.max(plan.from, from - plan.trainHours);
    const train = { frame, events: eventsBetween(events, start, from), from: start, to: from };
    contestant.fitted = await contestant.forecaster.fit(train, signal);
    contestant.fits++;
    signal?.throwIfAborted();
  }
  const { fitted } = contestant;
  const expected = fitted.expected(history, from, to);
  const conditional = fitted.conditional?.(eventsBetween(events, plan.from, to), from, to);
  contestant.tally.add(window, expected, conditional);
  contestant.further.forEach((pairs, i) => {
    const horizon = plan.dispersionHorizons?.[i] as number;
    if (from + horizon > plan.to) return;
    pairs.add(fitted.expected(history, from, from + horizon), windowOf(plan, from, from + horizon).observed);
  });
}

function scoreOf(contestant: Contestant, plan: BacktestPlan): ForecasterScore {
  const score = contestant.tally.result(contestant.fitted?.parameters ?? {}, contestant.fits);
  if (contestant.forecaster.role !== 'model') return score;
  const byHorizon = new Map([[plan.horizon, score.dispersion.dispersion]]);
  contestant.further.forEach((pairs, i) => {
    const found = pairs.fit();
    // A horizon that no window could look ahead to has nothing to say.
    if (found.pairs > 0) byHorizon.set(plan.dispersionHorizons?.[i] as number, found.dispersion);
  });
  const horizons = Float64Array.from(byHorizon.keys()).sort();
  return {
    ...score,
    dispersionByHorizon: { horizons, values: horizons.map((h) => byHorizon.get(h) as number) },
  };
}

function allComparisons(contestants: readonly Contestant[]): Comparison[] {
  const found: Comparison[] = [];
  for (const { forecaster, tally } of contestants) {
    for (const baseline of contestants) {
      if (baseline.forecaster.role !== 'baseline' || baseline.forecaster.name === forecaster.name) continue;
      found.push({
        forecaster: forecaster.name,
        baseline: baseline.forecaster.name,
        ...compareForecasts(tally.atEvents(), baseline.tally.atEvents()),
        ...pointGain(tally, baseline.tally),
      });
    }
  }
  return found;
}

function pointGain(a: Tally, b: Tally): Pick<Comparison, 'pointGain'> {
  const ours = a.conditionalAtEvents();
  const theirs = b.conditionalAtEvents();
  if (ours === undefined || theirs === undefined) return {};
  return { pointGain: compareForecasts(ours, theirs).gain };
}
