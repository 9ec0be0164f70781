import { hotspotBaseline } from './hotspots.js';
import { kernelBaseline } from './kernel.js';
import { historicalBaseline, hourOfWeekBaseline, uniformBaseline } from './rates.js';
import type { RateForecaster } from './types.js';

export { assertEvents, countByCell, eventsBetween, h3Frame, squareFrame } from './frame.js';
export { hotspotBaseline } from './hotspots.js';
export { kernelBaseline } from './kernel.js';
export { historicalBaseline, hourOfWeekBaseline, rateForecast, smoothCounts, uniformBaseline } from './rates.js';
export type * from './types.js';
export { weekExposure, weekFactors } from './week.js';

/** All baselines every model is shown beside. The hour of the week is that of the IANA zone `timeZone`. */
export function standardBaselines(timeZone = 'UTC'): RateForecaster[] {
  return [uniformBaseline(), historicalBaseline(), hourOfWeekBaseline(timeZone), kernelBaseline(), hotspotBaseline()];
}
