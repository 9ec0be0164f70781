import { standardBaselines } from '../baselines/index.js';
import type { RateForecaster } from '../baselines/types.js';
import { eventsBetween } from '../baselines/frame.js';
import type { Forecaster } from './types.js';

/**
 * A baseline as a contestant. Its rate does not change between fits.
 *
 * @param refitEvery windows between two fits; left out, the backtest's policy.
 */
export function baselineForecaster(baseline: RateForecaster, refitEvery?: number): Forecaster {
  return {
    name: baseline.name,
    role: 'baseline',
    ...(refitEvery !== undefined && { refitEvery }),
    fit(train) {
      const forecast = baseline.fit(train);
      return {
        parameters: forecast.parameters,
        expected: (_history, from, to) => forecast.expected(from, to),
        conditional(events, from, to) {
          const { time, cell } = eventsBetween(events, from, to);
          return {
            intensity: time.map((t, i) => forecast.intensity(t, cell[i] as number)),
            integral: forecast.total(from, to),
          };
        },
      };
    },
  };
}

/**
 * All standard baselines as contestants. Those that cost next to nothing are fitted before every window, which makes
 * them as strong as they can be; the kernel's bandwidth search follows the backtest's policy.
 */
export function standardForecasters(timeZone = 'UTC'): Forecaster[] {
  return standardBaselines(timeZone).map((baseline) =>
    baselineForecaster(baseline, baseline.name === 'kernel' ? undefined : 1),
  );
}
