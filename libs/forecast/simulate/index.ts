export * from './surface.js';
export * from './scenarios.js';
export * from './simulate.js';
export * from './dispersion.js';
export * from './city.js';
export * from './surface-codec.js';
