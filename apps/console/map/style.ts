import { LEVELS } from '#contracts';
import type { FeatureCollection } from 'geojson';
import type { ExpressionSpecification, GeoJSONSourceSpecification, StyleSpecification } from 'maplibre-gl';
import { LEVEL_COLOURS, LEVEL_OPACITY } from '../surface/levels.js';
import landUrl from 'virtual:basemap/land';
import lakesUrl from 'virtual:basemap/lakes';
import bordersUrl from 'virtual:basemap/borders';

const WATER = '#0a1520';
const LAND = '#17222d';

/** A cell's place on the colour scale (see shadeOf), as feature state; cells without one are not drawn. */
export const SHADE = 'shade';
const shade: ExpressionSpecification = ['number', ['feature-state', SHADE], -1];

/** Stops of a level's two ends; the next level begins a thousandth later, so that levels do not run into each other. */
function scale<T extends string | number>(below: T, ends: (level: (typeof LEVELS)[number]) => readonly [T, T]) {
  const stops = LEVELS.flatMap((level, i) => {
    const [from, to] = ends(level);
    return [i, from, i + 0.999, to];
  });
  return ['interpolate', ['linear'], shade, -0.001, below, ...stops] as ExpressionSpecification;
}

const nothing: FeatureCollection = { type: 'FeatureCollection', features: [] };

const ground = (url: string): GeoJSONSourceSpecification => ({
  type: 'geojson',
  data: new URL(url, window.location.href).href,
  maxzoom: 9,
  tolerance: 0.5,
});

/** The whole style: made here, from our own files, with no tile server, sprite or font. */
export function mapStyle(): StyleSpecification {
  return {
    version: 8,
    // Sources are given to the two workers in turn, in this order: land and borders to one, the cells to the other.
    sources: {
      land: { ...ground(landUrl), attribution: 'Land: Natural Earth' },
      cells: { type: 'geojson', data: nothing, maxzoom: 14, tolerance: 0.2, buffer: 16 },
      borders: ground(bordersUrl),
      lakes: ground(lakesUrl),
      hover: { type: 'geojson', data: nothing, tolerance: 0 },
      selected: { type: 'geojson', data: nothing, tolerance: 0 },
      graticule: { type: 'geojson', data: nothing, tolerance: 0 },
    },
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': WATER } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': LAND } },
      { id: 'coast', type: 'line', source: 'land', paint: { 'line-color': '#2d4152', 'line-width': 0.8 } },
      { id: 'lakes', type: 'fill', source: 'lakes', paint: { 'fill-color': WATER } },
      // The lakes' outlines are coarser than a city: drawn soft, as what they are.
      {
        id: 'shores',
        type: 'line',
        source: 'lakes',
        paint: { 'line-color': '#2d4152', 'line-width': 1.6, 'line-blur': 1.2 },
      },
      {
        id: 'borders',
        type: 'line',
        source: 'borders',
        paint: { 'line-color': '#4a6075', 'line-width': 1, 'line-dasharray': [4, 2, 1, 2] },
      },
      {
        id: 'graticule',
        type: 'line',
        source: 'graticule',
        paint: { 'line-color': '#6f8aa3', 'line-opacity': 0.16, 'line-width': 1 },
      },
      {
        id: 'cells',
        type: 'fill',
        source: 'cells',
        paint: {
          'fill-color': scale('#000000', (level) => LEVEL_COLOURS[level]),
          'fill-opacity': scale(0, (level) => LEVEL_OPACITY[level]),
          'fill-antialias': false,
          'fill-color-transition': { duration: 0 },
        },
      },
      {
        id: 'cell-lines',
        type: 'line',
        source: 'cells',
        paint: {
          'line-color': WATER,
          'line-opacity': ['case', ['>=', shade, 0], 0.55, 0],
          'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 6, 0.15, 10, 0.7, 14, 2],
        },
      },
      {
        id: 'hover',
        type: 'line',
        source: 'hover',
        paint: { 'line-color': '#ffffff', 'line-opacity': 0.85, 'line-width': 1.6 },
      },
      { id: 'selected-case', type: 'line', source: 'selected', paint: { 'line-color': '#04080c', 'line-width': 6.5 } },
      { id: 'selected', type: 'line', source: 'selected', paint: { 'line-color': '#7fe3ff', 'line-width': 2.8 } },
    ],
  };
}
