import { type Cell, centersOf } from './cells.js';
import { GeoError } from './errors.js';

/** A box in degrees. `west > east` means that it crosses the antimeridian. */
export interface Bbox {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

const NAMES = ['west', 'south', 'east', 'north'] as const;

/** Throws {@link GeoError} naming `bbox` unless every side is in range and south is not above north. */
export function assertBbox(box: Bbox): void {
  for (const name of NAMES) {
    const value = box[name];
    const limit = name === 'west' || name === 'east' ? 180 : 90;
    if (!Number.isFinite(value) || Math.abs(value) > limit) {
      throw new GeoError('bbox', `${name} must be between -${limit} and ${limit}, got ${String(value)}`);
    }
  }
  if (box.south > box.north) throw new GeoError('bbox', `south ${box.south} is above north ${box.north}`);
}

/**
 * Reads `west,south,east,north` in degrees, the order of GeoJSON and of the API's `bbox` parameter. A box with
 * `west > east` crosses the antimeridian.
 *
 * @throws GeoError naming `bbox` and what is wrong with it.
 */
export function parseBbox(text: string): Bbox {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length !== 4) {
    throw new GeoError('bbox', `must be west,south,east,north; got ${parts.length} of 4 numbers`);
  }
  const numbers = parts.map((part, i) => {
    // Number('') is 0: an empty side would silently become the equator.
    const value = part === '' ? Number.NaN : Number(part);
    if (!Number.isFinite(value)) throw new GeoError('bbox', `${NAMES[i]} is not a number: ${JSON.stringify(part)}`);
    return value;
  });
  const [west, south, east, north] = numbers as [number, number, number, number];
  const box: Bbox = { west, south, east, north };
  assertBbox(box);
  return box;
}

/** Whether the box spans the antimeridian. */
export function crossesAntimeridian(box: Bbox): boolean {
  return box.west > box.east;
}

/** Whether a place lies in the box, edges included. ±180° are the same meridian. */
export function bboxContains(box: Bbox, lat: number, lon: number): boolean {
  if (!(lat >= box.south && lat <= box.north)) return false;
  const within = (x: number): boolean =>
    box.west <= box.east ? x >= box.west && x <= box.east : x >= box.west || x <= box.east;
  return within(lon) || (lon === 180 && within(-180)) || (lon === -180 && within(180));
}

/**
 * Positions of the places whose coordinates lie in the box, in order. `lat` and `lon` are columns of one length, so
 * that a surface can keep its centres and be filtered without touching H3.
 */
export function indicesInBbox(lat: ArrayLike<number>, lon: ArrayLike<number>, box: Bbox): Int32Array {
  assertBbox(box);
  if (lat.length !== lon.length) throw new GeoError('lon', `has ${lon.length} entries, lat has ${lat.length}`);
  const found = new Int32Array(lat.length);
  let n = 0;
  for (let i = 0; i < lat.length; i++) {
    if (bboxContains(box, lat[i] as number, lon[i] as number)) found[n++] = i;
  }
  return found.slice(0, n);
}

/** The cells whose centre lies in the box, in their given order. */
export function cellsInBbox(cells: readonly Cell[], box: Bbox): Cell[] {
  const { lat, lon } = centersOf(cells);
  return Array.from(indicesInBbox(lat, lon, box), (i) => cells[i] as Cell);
}

/**
 * The smallest box around some places. Where a box across the antimeridian is narrower, that one is returned
 * (`west > east`). Throws {@link GeoError} when there are no places.
 */
export function bboxAround(lat: ArrayLike<number>, lon: ArrayLike<number>): Bbox {
  if (lat.length !== lon.length) throw new GeoError('lon', `has ${lon.length} entries, lat has ${lat.length}`);
  if (lat.length === 0) throw new GeoError('lat', 'has no entries');
  let south = Infinity;
  let north = -Infinity;
  for (let i = 0; i < lat.length; i++) {
    south = Math.min(south, lat[i] as number);
    north = Math.max(north, lat[i] as number);
  }
  const sorted = Float64Array.from(lon).sort();
  const n = sorted.length;
  // The box is the complement of the widest empty gap between neighbouring longitudes around the circle.
  let west = sorted[0] as number;
  let east = sorted[n - 1] as number;
  let widest = west + 360 - east;
  for (let i = 1; i < n; i++) {
    const gap = (sorted[i] as number) - (sorted[i - 1] as number);
    if (gap > widest) {
      widest = gap;
      west = sorted[i] as number;
      east = sorted[i - 1] as number;
    }
  }
  const box: Bbox = { west, south, east, north };
  assertBbox(box);
  return box;
}
