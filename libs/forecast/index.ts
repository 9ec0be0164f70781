export * from './random.js';
export * from './process/index.js';
export * from './simulate/index.js';
export * from './distributions/index.js';
export * from './severity/index.js';
export * from './baselines/index.js';
export * from './scoring/index.js';
export * from './backtest/index.js';
