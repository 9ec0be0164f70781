import { requirePositive } from '../distributions/check.js';
import { assertTraining, countByCell, eventsBetween } from './frame.js';
import { historicalRates, rateForecast, smoothCounts } from './rates.js';
import type { RateForecaster, TrainingData } from './types.js';

/** Share of the historical rate mixed in, so that a quiet window leaves no cell without risk. */
const HISTORY = 0.1;
const DAY = 24;
/** Window lengths tried: one week to one year. */
const CANDIDATES = [7 * DAY, 28 * DAY, 91 * DAY, 365 * DAY];
/** Past forecasts each candidate is judged by. */
const TRIALS = 12;

/**
 * Rates from the events of the last `windowHours` before `at`, smoothed as the historical rate is. A window that
 * begins before the training span is cut to it.
 */
function recentRates(train: TrainingData, at: number, windowHours: number): Float64Array {
  const start = Math.max(train.from, at - windowHours);
  const past = historicalRates({ ...train, to: at, events: eventsBetween(train.events, train.from, at) });
  const recent = eventsBetween(train.events, start, at);
  if (recent.time.length === 0) return past;
  const smoothed = smoothCounts(countByCell(recent.cell, train.frame.size), train.frame);
  return past.map((rate, c) => HISTORY * rate + ((1 - HISTORY) * (smoothed[c] as number)) / (at - start));
}

/** The candidate that would have forecast the second half of the training span best, issue time by issue time. */
function chooseWindow(train: TrainingData): number {
  const half = (train.to - train.from) / 2;
  const step = half / TRIALS;
  let best = CANDIDATES[0] as number;
  let highest = -Infinity;
  for (const hours of CANDIDATES) {
    if (hours > half && hours !== CANDIDATES[0]) continue;
    let score = 0;
    for (let k = 0; k < TRIALS; k++) {
      const at = train.from + half + k * step;
      const rates = recentRates(train, at, hours);
      for (const rate of rates) score -= rate * step;
      for (const cell of eventsBetween(train.events, at, at + step).cell) score += Math.log(rates[cell] as number);
    }
    if (score > highest) {
      highest = score;
      best = hours;
    }
  }
  return best;
}

/**
 * Recent-window hotspots: where events were in the last weeks, there they are expected next. The window's length is
 * chosen on the training data among a week, 4 weeks, 13 weeks and a year, or given in hours.
 */
export function hotspotBaseline(options: { readonly windowHours?: number } = {}): RateForecaster {
  const given = options.windowHours;
  if (given !== undefined) requirePositive('windowHours', given);
  return {
    name: 'recent-hotspots',
    fit(train) {
      assertTraining(train);
      const hours = given ?? chooseWindow(train);
      return rateForecast('recent-hotspots', recentRates(train, train.to, hours), { window_hours: hours });
    },
  };
}
