import type { Position } from 'geojson';
import { flatten, type Shape, type SphericalPolygon } from './shapes.js';
import { EARTH_RADIUS_KM, placeOf, unit, vectorOf } from './sphere.js';

/**
 * A box around a shape, degrees. It runs east from `west` (−180 to 180) for `width` degrees, so that one across the
 * antimeridian ends beyond 180; a shape that holds a pole has all longitudes.
 */
export interface Bounds {
  readonly west: number;
  readonly width: number;
  readonly south: number;
  readonly north: number;
}

const DEGREES = 180 / Math.PI;
/** Edges as long as this run over the pole or so near to it that either way round may be the short one. */
const OVER_THE_POLE = 179.999;

/** @param shape as `cover` takes it */
export function boundsOf(shape: Shape): Bounds {
  if (shape.type === 'polygon') return polygonBounds(shape);
  const { lat, lon } = shape.center;
  const angle = shape.radius_m / 1000 / EARTH_RADIUS_KM;
  const south = lat - angle * DEGREES;
  const north = lat + angle * DEGREES;
  if (south <= -90) return { west: -180, width: 360, south: -90, north };
  if (north >= 90) return { west: -180, width: 360, south, north: 90 };
  // Where the circle touches a meridian: farther out than at the latitude of its middle.
  const half = Math.asin(Math.min(1, Math.sin(angle) / Math.cos(lat / DEGREES))) * DEGREES;
  return { west: wrap(lon - half), width: 2 * half, south, north };
}

function polygonBounds(shape: SphericalPolygon): Bounds {
  const outer = shape.coordinates[0] ?? [];
  let south = 90;
  let north = -90;
  let turned = 0;
  let west = 0;
  let east = 0;
  let overThePole = false;
  const start = outer[0]?.[0] as number;
  for (let i = 0; i + 1 < outer.length; i++) {
    const [fromLon, fromLat] = outer[i] as [number, number];
    const [toLon, toLat] = outer[i + 1] as [number, number];
    const bulge = farthestNorth(outer[i] as Position, outer[i + 1] as Position);
    const dip = farthestSouth(outer[i] as Position, outer[i + 1] as Position);
    south = Math.min(south, fromLat, toLat, dip);
    north = Math.max(north, fromLat, toLat, bulge);
    const step = wrap(toLon - fromLon);
    if (Math.abs(step) >= OVER_THE_POLE) overThePole = true;
    turned += step;
    west = Math.min(west, turned);
    east = Math.max(east, turned);
  }
  // Once around: the pole is inside.
  if (overThePole || Math.abs(turned) > 180) {
    const middle = placeOf(flatten(shape).plane.center);
    return middle.lat > 0
      ? { west: -180, width: 360, south, north: 90 }
      : { west: -180, width: 360, south: -90, north };
  }
  return { west: wrap(start + west), width: Math.min(360, east - west), south, north };
}

/** Highest latitude along the great circle between two places, which bulges towards the pole. */
function farthestNorth(from: Position, to: Position): number {
  const a = vectorOf(from[1] as number, from[0] as number);
  const b = vectorOf(to[1] as number, to[0] as number);
  const ends = Math.max(from[1] as number, to[1] as number);
  const pole = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]] as const;
  if (Math.hypot(...pole) === 0) return ends;
  const [px, py, pz] = unit(pole);
  // The great circle's northernmost place, and whether it lies between the two: on the near side of both.
  const top = [-pz * px, -pz * py, 1 - pz * pz] as const;
  const along = (u: readonly number[], v: readonly number[]) =>
    px * ((u[1] as number) * (v[2] as number) - (u[2] as number) * (v[1] as number)) +
    py * ((u[2] as number) * (v[0] as number) - (u[0] as number) * (v[2] as number)) +
    pz * ((u[0] as number) * (v[1] as number) - (u[1] as number) * (v[0] as number));
  const within = along(a, top) > 0 && along(top, b) > 0;
  return within ? Math.max(ends, Math.acos(Math.min(1, Math.abs(pz))) * DEGREES) : ends;
}

function farthestSouth(from: Position, to: Position): number {
  const flip = ([lon, lat]: Position): Position => [lon as number, -(lat as number)];
  return -farthestNorth(flip(from), flip(to));
}

/** The same angle in −180 to 180. */
function wrap(degrees: number): number {
  const turned = ((((degrees + 180) % 360) + 360) % 360) - 180;
  return turned === -180 && degrees > 0 ? 180 : turned;
}
