import { GeoError } from '../errors.js';

/** Latitude at which the square of Web Mercator ends, in degrees. */
export const MAX_MERCATOR_LATITUDE = (Math.atan(Math.sinh(Math.PI)) * 180) / Math.PI;

/** The poles are infinitely far away; what comes nearer to them than this is not. */
const POLE = 89.9;

/** Deepest zoom that tiles are made for: a tile is then some 10 m wide. */
export const MAX_ZOOM = 22;

/** Address of a tile: column `x` from the west, row `y` from the north, each from 0 to 2^z − 1. */
export interface Tile {
  readonly z: number;
  readonly x: number;
  readonly y: number;
}

/** A rectangle in world units: the square of Web Mercator is 0 to 1 from west to east and from north to south. */
export interface WorldBox {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** World x of a longitude in degrees. Beyond ±180 it goes on into the next copy of the world. */
export function worldX(lon: number): number {
  return lon / 360 + 0.5;
}

/** World y of a latitude in degrees: 0 to 1 up to {@link MAX_MERCATOR_LATITUDE}, beyond it outside of the square. */
export function worldY(lat: number): number {
  const sine = Math.sin((Math.max(-POLE, Math.min(POLE, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** Latitude in degrees of a world y. */
export function latitudeOf(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

/** Longitude in degrees of a world x. */
export function longitudeOf(x: number): number {
  return (x - 0.5) * 360;
}

/** Throws {@link GeoError} naming `z`, `x` or `y` unless there is such a tile. */
export function assertTile({ z, x, y }: Tile): void {
  if (!Number.isInteger(z) || z < 0 || z > MAX_ZOOM)
    throw new GeoError('z', `must be an integer from 0 to ${MAX_ZOOM}, got ${String(z)}`);
  for (const [name, value] of Object.entries({ x, y }))
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** z)
      throw new GeoError(name, `must be an integer from 0 to ${2 ** z - 1} at zoom ${z}, got ${String(value)}`);
}

/** The world a tile shows, and `margin` (a share of its width) of what lies around it. */
export function tileBox(tile: Tile, margin = 0): WorldBox {
  assertTile(tile);
  const width = 2 ** -tile.z;
  return {
    minX: (tile.x - margin) * width,
    minY: (tile.y - margin) * width,
    maxX: (tile.x + 1 + margin) * width,
    maxY: (tile.y + 1 + margin) * width,
  };
}
