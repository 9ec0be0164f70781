export * from './bbox.js';
export * from './boundary.js';
export * from './cells.js';
export * from './coordinates.js';
export * from './errors.js';
export * from './features.js';
export * from './neighbours.js';
export * from './rollup.js';
