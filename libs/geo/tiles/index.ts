export * from './cell-tiles.js';
export * from './mercator.js';
export * from './mvt.js';
