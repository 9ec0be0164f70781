import { InvalidArgument, requireFinite, requirePositive } from '../distributions/check.js';
import { type LocalClock, localClock } from '../process/clock.js';
import { assertTraining, countByCell } from './frame.js';
import type { RateForecast, RateForecaster, SpatialFrame, TrainingData } from './types.js';
import { weekExposure, weekFactors } from './week.js';

/** Events assumed where none was seen in the whole region: half of one (Jeffreys), so that no rate is zero. */
const UNSEEN = 0.5;

/**
 * A forecast from one rate per cell (events per hour) and, where given, a factor per slot of the week.
 *
 * @throws InvalidArgument from its methods, naming `from`, `to`, `t`, `cell` or `out`.
 */
export function rateForecast(
  name: string,
  rates: Float64Array,
  parameters: Readonly<Record<string, number>> = {},
  week?: { readonly factors: Float64Array; readonly clock: LocalClock },
): RateForecast {
  const sum = rates.reduce((a, b) => a + b, 0);
  const effectiveHours = (from: number, to: number): number => {
    requireFinite('from', from);
    requireFinite('to', to);
    if (to < from) throw new InvalidArgument('to', `${to} is before from ${from}`);
    if (week === undefined) return to - from;
    const exposure = weekExposure(from, to, week.clock);
    return exposure.reduce((hours, h, slot) => hours + h * (week.factors[slot] as number), 0);
  };
  return {
    name,
    parameters,
    expected(from, to, out = new Float64Array(rates.length)) {
      if (out.length !== rates.length) {
        throw new InvalidArgument('out', `has ${out.length} entries, expected ${rates.length}`);
      }
      const hours = effectiveHours(from, to);
      for (let c = 0; c < rates.length; c++) out[c] = (rates[c] as number) * hours;
      return out;
    },
    intensity(t, cell) {
      requireFinite('t', t);
      const rate = rates[cell];
      if (rate === undefined) {
        throw new InvalidArgument('cell', `must be a cell from 0 to ${rates.length - 1}, got ${cell}`);
      }
      return week === undefined ? rate : rate * (week.factors[week.clock.hourOfWeek(t)] as number);
    },
    total: (from, to) => sum * effectiveHours(from, to),
  };
}

/**
 * Counts smoothed in space: half of a cell's own count, plus half of (0.9 × the mean count of the cells within two
 * rings without itself + 0.1 × the mean count of all cells), scaled to keep the total. Never zero where there is any event.
 */
export function smoothCounts(counts: Float64Array, frame: SpatialFrame): Float64Array {
  const { offsets, members } = frame.disk;
  const total = counts.reduce((a, b) => a + b, 0);
  const overall = total / frame.size;
  const smoothed = new Float64Array(frame.size);
  let sum = 0;
  for (let c = 0; c < frame.size; c++) {
    const start = offsets[c] as number;
    const end = offsets[c + 1] as number;
    const own = counts[c] as number;
    let near = -own;
    for (let k = start; k < end; k++) near += counts[members[k] as number] as number;
    const mean = end - start > 1 ? near / (end - start - 1) : overall;
    const value = 0.5 * own + 0.5 * (0.9 * mean + 0.1 * overall);
    smoothed[c] = value;
    sum += value;
  }
  return sum === 0 ? smoothed : smoothed.map((v) => (v * total) / sum);
}

/** Rates, events per hour and cell, of events spread evenly over the area. */
export function uniformRates(events: number, hours: number, frame: SpatialFrame): Float64Array {
  requirePositive('hours', hours);
  const perHour = Math.max(events, UNSEEN) / hours;
  const { areas, size } = frame;
  if (areas === undefined) return new Float64Array(size).fill(perHour / size);
  const area = areas.reduce((a, b) => a + b, 0);
  return areas.map((a) => (perHour * a) / area);
}

/** Smoothed historical rates, events per hour and cell; the uniform ones where there was no event. */
export function historicalRates(train: TrainingData): Float64Array {
  const { events, frame, from, to } = train;
  const n = events.time.length;
  if (n === 0) return uniformRates(0, to - from, frame);
  return smoothCounts(countByCell(events.cell, frame.size), frame).map((count) => count / (to - from));
}

/** The same rate per unit of area everywhere and always: what any knowledge must beat. */
export function uniformBaseline(): RateForecaster {
  return {
    name: 'uniform',
    fit(train) {
      assertTraining(train);
      return rateForecast('uniform', uniformRates(train.events.time.length, train.to - train.from, train.frame));
    },
  };
}

/** Each cell's smoothed count over the training span, as a constant rate; see {@link smoothCounts}. */
export function historicalBaseline(): RateForecaster {
  return {
    name: 'historical',
    fit(train) {
      assertTraining(train);
      return rateForecast('historical', historicalRates(train));
    },
  };
}

/** The historical rate times the factor of the hour of the week in an IANA time zone; see {@link weekFactors}. */
export function hourOfWeekBaseline(timeZone = 'UTC'): RateForecaster {
  return {
    name: 'hour-of-week',
    fit(train) {
      assertTraining(train);
      const { events, from, to } = train;
      const { factors, daily } = weekFactors(events.time, from, to, timeZone);
      const parameters = { hour_used: daily ? 0 : 1, peak_factor: Math.max(...factors) };
      return rateForecast('hour-of-week', historicalRates(train), parameters, {
        factors,
        clock: localClock(timeZone),
      });
    },
  };
}
