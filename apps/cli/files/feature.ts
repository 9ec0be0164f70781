import { type Row, isObject } from './table.js';

/** Columns under which the place of a GeoJSON Feature stands. */
const GEOMETRY_LON = 'geometry.lon';
const GEOMETRY_LAT = 'geometry.lat';
const GEOMETRY_DEPTH = 'geometry.depth';

/**
 * The row of a GeoJSON Feature: its id, its properties under their own names, its point under `geometry.…` (the third coordinate
 * is a depth in the USGS feed). A property named `id` stands beside the Feature's own as `properties.id`. Returns a text that says
 * what is wrong for a Feature that is no point; one without a geometry becomes a row without a place. The feature is used up.
 */
export function featureRow(feature: Readonly<Record<string, unknown>>): Row | string {
  // The properties themselves become the row: copying them costs as much as parsing them.
  const row: Record<string, unknown> = isObject(feature['properties']) ? feature['properties'] : {};
  if (feature['id'] !== undefined) {
    if (row['id'] !== undefined) row['properties.id'] = row['id'];
    row['id'] = feature['id'];
  }
  const geometry = feature['geometry'];
  if (!isObject(geometry)) return row;
  if (geometry['type'] !== 'Point') return `the geometry is a ${String(geometry['type'])}; only a Point has one place`;
  const coordinates: unknown = geometry['coordinates'];
  if (!Array.isArray(coordinates) || coordinates.length < 2) return 'the Point has no coordinates';
  const position: readonly unknown[] = coordinates;
  row[GEOMETRY_LON] = position[0];
  row[GEOMETRY_LAT] = position[1];
  if (position.length > 2) row[GEOMETRY_DEPTH] = position[2];
  return row;
}
