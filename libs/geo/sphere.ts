import type { LatLon } from './coordinates.js';
import { GeoError } from './errors.js';

/** H3's sphere: authalic radius of WGS 84, km. All distances and areas of places are taken on it. */
export const EARTH_RADIUS_KM = 6371.007180918475;

/** Direction from the middle of the earth; length 1. */
export type Vector = readonly [x: number, y: number, z: number];
/** A place in the plane of a {@link TangentPlane}. */
export type Flat = readonly [x: number, y: number];

const RADIANS = Math.PI / 180;

export function vectorOf(lat: number, lon: number): Vector {
  const cosLat = Math.cos(lat * RADIANS);
  return [cosLat * Math.cos(lon * RADIANS), cosLat * Math.sin(lon * RADIANS), Math.sin(lat * RADIANS)];
}

/** Latitude and longitude in degrees. */
export function placeOf([x, y, z]: Vector): LatLon {
  return { lat: Math.atan2(z, Math.hypot(x, y)) / RADIANS, lon: Math.atan2(y, x) / RADIANS };
}

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const unit = ([x, y, z]: Vector): Vector => {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
};

/** Angle between two directions, radians; exact for small angles, where the arc cosine is not. */
export function angleBetween(a: Vector, b: Vector): number {
  return Math.atan2(Math.hypot(...cross(a, b)), dot(a, b));
}

/**
 * The plane that touches the sphere at `center`, on which places are projected from the middle of the earth (gnomonic).
 * Every great circle becomes a straight line and every circle about `center` stays one, so that polygons on the sphere
 * are clipped as polygons in a plane, at the poles and the antimeridian like anywhere else. It shows less than a
 * hemisphere.
 */
export class TangentPlane {
  private readonly east: Vector;
  private readonly north: Vector;

  constructor(readonly center: Vector) {
    // Any direction that is not along the centre will do as a help.
    const help: Vector = Math.abs(center[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0];
    this.east = unit(cross(help, center));
    this.north = cross(center, this.east);
  }

  /** Throws {@link GeoError} for what is not clearly on this side of the earth. */
  project(vector: Vector): Flat {
    const depth = dot(vector, this.center);
    if (!(depth > 0.1)) throw new GeoError('shape', 'reaches too far around the earth');
    return [dot(vector, this.east) / depth, dot(vector, this.north) / depth];
  }
}

/**
 * Solid angle of the triangle between the tangent point and two places of the plane, steradians; positive where a → b
 * turns left. Van Oosterom and Strackee (1983), which keeps its digits for small triangles.
 */
function triangle(ax: number, ay: number, bx: number, by: number): number {
  const a = Math.sqrt(1 + ax * ax + ay * ay);
  const b = Math.sqrt(1 + bx * bx + by * by);
  return 2 * Math.atan2(ax * by - ay * bx, a * b + 1 + ax * bx + ay * by + a + b);
}

/** Solid angle inside a ring of the plane, steradians; positive where it runs counter-clockwise. Not closed: x, y, x, y … */
export function solidAngle(ring: readonly number[]): number {
  let sum = 0;
  const n = ring.length;
  for (let i = 0; i < n; i += 2) {
    const j = (i + 2) % n;
    sum += triangle(ring[i] as number, ring[i + 1] as number, ring[j] as number, ring[j + 1] as number);
  }
  return sum;
}

/**
 * Solid angle of what a ring and a circle about the tangent point have in common, steradians, signed as the ring runs.
 * Each edge adds the triangle to it where it is inside, and the sector in front of it where it is outside.
 *
 * @param radius of the circle in the plane: the tangent of its angular radius.
 */
export function solidAngleInCircle(ring: readonly number[], radius: number): number {
  // A sector of angle t of the cap has the solid angle t (1 − cos ρ); for small ρ the difference would lose its digits.
  const tilt = Math.sqrt(1 + radius * radius);
  const perAngle = (radius * radius) / (tilt * (tilt + 1));
  const sector = (ax: number, ay: number, bx: number, by: number) =>
    perAngle * Math.atan2(ax * by - ay * bx, ax * bx + ay * by);
  let sum = 0;
  const n = ring.length;
  for (let i = 0; i < n; i += 2) {
    const j = (i + 2) % n;
    const ax = ring[i] as number;
    const ay = ring[i + 1] as number;
    const bx = ring[j] as number;
    const by = ring[j + 1] as number;
    // Where the edge a + t (b − a) enters and leaves the circle.
    const dx = bx - ax;
    const dy = by - ay;
    const a = dx * dx + dy * dy;
    if (a === 0) continue;
    const half = ax * dx + ay * dy;
    // By the distance of the edge's line, not of its ends: a small circle in a large cell would drown in theirs.
    const twist = ax * dy - ay * dx;
    const root = a * radius * radius - twist * twist;
    const reach = root > 0 ? Math.sqrt(root) : 0;
    const enter = Math.min(1, Math.max(0, (-half - reach) / a));
    const leave = Math.min(1, Math.max(0, (-half + reach) / a));
    if (root <= 0 || enter >= leave) {
      sum += sector(ax, ay, bx, by);
      continue;
    }
    const ex = ax + enter * dx;
    const ey = ay + enter * dy;
    const lx = ax + leave * dx;
    const ly = ay + leave * dy;
    if (enter > 0) sum += sector(ax, ay, ex, ey);
    sum += triangle(ex, ey, lx, ly);
    if (leave < 1) sum += sector(lx, ly, bx, by);
  }
  return sum;
}

/** Area inside a ring of the plane as the plane measures it; for comparing, not for telling. */
export function flatArea(ring: readonly number[]): number {
  let sum = 0;
  const n = ring.length;
  for (let i = 0; i < n; i += 2) {
    const j = (i + 2) % n;
    sum += (ring[i] as number) * (ring[j + 1] as number) - (ring[i + 1] as number) * (ring[j] as number);
  }
  return sum / 2;
}

/**
 * The part of a ring on the side a x + b y + c ≥ 0 of a line (Sutherland and Hodgman 1974). A ring that is cut in
 * several pieces stays one, joined along the line; its signed areas are those of the pieces.
 */
export function clip(ring: readonly number[], a: number, b: number, c: number): number[] {
  const out: number[] = [];
  const n = ring.length;
  for (let i = 0; i < n; i += 2) {
    const j = (i + 2) % n;
    const ax = ring[i] as number;
    const ay = ring[i + 1] as number;
    const bx = ring[j] as number;
    const by = ring[j + 1] as number;
    const from = a * ax + b * ay + c;
    const to = a * bx + b * by + c;
    if (from >= 0) out.push(ax, ay);
    if (from >= 0 !== to >= 0) {
      const share = from / (from - to);
      out.push(ax + share * (bx - ax), ay + share * (by - ay));
    }
  }
  return out;
}
