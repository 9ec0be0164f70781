export * from './area.js';
export * from './calibration.js';
export * from './comparison.js';
export * from './consistency.js';
export * from './likelihood.js';
export * from './probability.js';
