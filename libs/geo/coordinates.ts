import { GeoError } from './errors.js';

/** A place in degrees: latitude −90 to 90, longitude −180 to 180 (WGS 84). */
export interface LatLon {
  readonly lat: number;
  readonly lon: number;
}

/** Throws {@link GeoError} naming `lat` or `lon` when either is not a finite number of degrees in its range. */
export function assertLatLon(lat: number, lon: number): void {
  if (!Number.isFinite(lat)) throw new GeoError('lat', `must be a finite number, got ${String(lat)}`);
  if (!Number.isFinite(lon)) throw new GeoError('lon', `must be a finite number, got ${String(lon)}`);
  if (lat < -90 || lat > 90) throw new GeoError('lat', `must be between -90 and 90, got ${lat}`);
  if (lon < -180 || lon > 180) throw new GeoError('lon', `must be between -180 and 180, got ${lon}`);
}

/** The same meridian as a longitude in [−180, 180). `lon` in degrees, any finite number. */
export function normalizeLon(lon: number): number {
  if (!Number.isFinite(lon)) throw new GeoError('lon', `must be a finite number, got ${String(lon)}`);
  const wrapped = (((lon + 180) % 360) + 360) % 360;
  return wrapped - 180;
}

/**
 * Whether a pair was most likely written as (lon, lat).
 *
 * Without `expected` only the certain case is reported: `lat` is no latitude, but the exchanged pair is a place. With
 * `expected` (the box the other points of a namespace lie in) the exchanged pair must also fall inside that box while
 * the given one falls outside, which finds swaps in mid latitudes, where both orders are places.
 */
export function looksSwapped(lat: number, lon: number, expected?: (lat: number, lon: number) => boolean): boolean {
  if (!Number.isFinite(lat) || !Number.isFinite(lon)) return false;
  const exchangedIsPlace = Math.abs(lon) <= 90 && Math.abs(lat) <= 180;
  if (!exchangedIsPlace) return false;
  const givenIsPlace = Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  if (!givenIsPlace) return expected === undefined || expected(lon, lat);
  if (expected === undefined) return false;
  return !expected(lat, lon) && expected(lon, lat);
}

/**
 * Whether the point is (0, 0) to within `tolerance` degrees: what geocoders and empty cells of a table produce. The
 * default tolerance is about 11 m, so that real events in the Gulf of Guinea are not taken for it.
 */
export function isNullIsland(lat: number, lon: number, tolerance = 1e-4): boolean {
  return Math.abs(lat) <= tolerance && Math.abs(lon) <= tolerance;
}
