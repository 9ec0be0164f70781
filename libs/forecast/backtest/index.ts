export { type BaselineStanding, beatsBaselines, compareForecasts, type Verdict } from './compare.js';
export { baselineForecaster, standardForecasters } from './forecasters.js';
export { fittedProcess, processForecaster, type ProcessForecasterOptions } from './process.js';
export { type BacktestControl, runBacktest } from './run.js';
export type * from './types.js';
