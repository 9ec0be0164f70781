import type { Feature, FeatureCollection, MultiPolygon, Polygon } from 'geojson';
import { cellGeometry, cellPolygon } from './boundary.js';
import type { Cell } from './cells.js';

/** A cell as GeoJSON Feature. `P` are its properties. */
export type CellFeature<P> = Feature<Polygon | MultiPolygon, P> & { id: Cell };

/** How a cell on the antimeridian is drawn: one continuous Polygon, or cut in two as RFC 7946 section 3.1.9 asks. */
export type AntimeridianStyle = 'continuous' | 'cut';

/** A Feature whose `id` is the cell and whose geometry its outline. Throws GeoError for what is no cell. */
export function cellFeature<P extends object>(
  cell: Cell,
  properties: P,
  antimeridian: AntimeridianStyle = 'continuous',
): CellFeature<P> {
  const geometry = antimeridian === 'cut' ? cellGeometry(cell) : cellPolygon(cell);
  return { type: 'Feature', id: cell, geometry, properties };
}

/** One Feature per cell, in order; `propertiesOf(cell, i)` gives each one's properties. */
export function cellFeatureCollection<P extends object>(
  cells: readonly Cell[],
  propertiesOf: (cell: Cell, i: number) => P,
  antimeridian: AntimeridianStyle = 'continuous',
): FeatureCollection<Polygon | MultiPolygon, P> & { features: CellFeature<P>[] } {
  return {
    type: 'FeatureCollection',
    features: cells.map((cell, i) => cellFeature(cell, propertiesOf(cell, i), antimeridian)),
  };
}
