import type { Position } from 'geojson';
import { assertLatLon, type LatLon } from './coordinates.js';
import { GeoError } from './errors.js';
import {
  angleBetween,
  EARTH_RADIUS_KM,
  type Flat,
  flatArea,
  TangentPlane,
  unit,
  type Vector,
  vectorOf,
} from './sphere.js';

/** All places within `radius_m` metres of a point, along the ground. */
export interface Circle {
  readonly type: 'circle';
  readonly center: LatLon;
  readonly radius_m: number;
}

/**
 * A polygon as GeoJSON writes it: rings of (lon, lat), closed, the outer one first, then holes. Its edges are the
 * shortest lines on the globe, as those of cells are, and its inside is the smaller of the two sides; so a ring around a
 * pole or across the antimeridian needs no special writing, and it does not matter which way round a ring runs.
 */
export interface SphericalPolygon {
  readonly type: 'polygon';
  readonly coordinates: readonly (readonly Position[])[];
}

export type Shape = Circle | SphericalPolygon;

/** Largest radius of a circle, metres. */
export const MAX_RADIUS_M = 200_000;
/** Farthest a corner of a polygon may lie from its middle, km. */
export const MAX_REACH_KM = 500;
/** Most corners of a polygon, holes included. */
export const MAX_CORNERS = 1_000;

/** What is wrong with a shape, and where: `coordinates.0.3`. */
export interface ShapeProblem {
  path: string;
  message: string;
}

/** A polygon in the plane at its middle: rings that run x, y, x, y …, not closed; the outer one to the left, holes to the right. */
export interface FlatPolygon {
  readonly plane: TangentPlane;
  readonly rings: readonly number[][];
  /** Angular distance of its farthest corner from the middle, radians. */
  readonly reach: number;
}

/** The middle of some corners: the direction of their mean. undefined where they lie all around the earth. */
function middleOf(corners: readonly Vector[]): Vector | undefined {
  let [x, y, z] = [0, 0, 0];
  for (const corner of corners) {
    x += corner[0];
    y += corner[1];
    z += corner[2];
  }
  return Math.hypot(x, y, z) < 0.1 * corners.length ? undefined : unit([x, y, z]);
}

/**
 * Projects a polygon. It must have passed {@link polygonProblems}.
 * @throws GeoError naming `shape` where it cannot be seen from one side of the earth
 */
export function flatten({ coordinates }: SphericalPolygon): FlatPolygon {
  const outer = (coordinates[0] ?? []).slice(0, -1).map(toVector);
  const middle = middleOf(outer);
  if (!middle) throw new GeoError('shape', 'reaches too far around the earth');
  const plane = new TangentPlane(middle);
  const rings = coordinates.map((ring, k) => {
    const flat = ring.slice(0, -1).map((corner) => plane.project(toVector(corner)));
    const turned = flatArea(flat.flat()) > 0 === (k === 0) ? flat : flat.toReversed();
    return turned.flat();
  });
  return { plane, rings, reach: Math.max(...outer.map((corner) => angleBetween(middle, corner))) };
}

const toVector = ([lon, lat]: Position): Vector => vectorOf(lat as number, lon as number);

/** Everything that keeps a list of rings from being a polygon that this library measures; empty for a good one. */
export function polygonProblems(coordinates: readonly (readonly Position[])[]): ShapeProblem[] {
  const written = writingProblems(coordinates);
  if (written.length > 0) return written;
  const outer = (coordinates[0] ?? []).slice(0, -1).map(toVector);
  const middle = middleOf(outer);
  const far = middle ? outer.findIndex((corner) => angleBetween(middle, corner) * EARTH_RADIUS_KM > MAX_REACH_KM) : 0;
  if (!middle || far >= 0)
    return [{ path: `coordinates.0.${far}`, message: `lies more than ${MAX_REACH_KM} km from the polygon's middle` }];
  const plane = new TangentPlane(middle);
  const rings: Flat[][] = [];
  for (const [k, ring] of coordinates.entries()) {
    const vectors = ring.slice(0, -1).map(toVector);
    const astray = vectors.findIndex((corner) => angleBetween(middle, corner) * EARTH_RADIUS_KM > MAX_REACH_KM);
    if (astray >= 0) return [{ path: `coordinates.${k}.${astray}`, message: 'lies outside the outer ring' }];
    rings.push(vectors.map((corner) => plane.project(corner)));
  }
  return ringProblems(rings);
}

function writingProblems(coordinates: readonly (readonly Position[])[]): ShapeProblem[] {
  const problems: ShapeProblem[] = [];
  if (coordinates.length === 0) return [{ path: 'coordinates', message: 'must hold at least the outer ring' }];
  let corners = 0;
  coordinates.forEach((ring, k) => {
    const path = `coordinates.${k}`;
    corners += ring.length - 1;
    ring.forEach((corner, i) => {
      const [lon, lat] = corner;
      try {
        if (corner.length !== 2) throw new GeoError('position', 'must be [lon, lat]');
        assertLatLon(lat as number, lon as number);
      } catch (error) {
        problems.push({ path: `${path}.${i}`, message: (error as Error).message });
      }
      const next = ring[i + 1];
      if (next && next[0] === lon && next[1] === lat)
        problems.push({ path: `${path}.${i + 1}`, message: 'is the corner before it again' });
    });
    const first = ring[0];
    const last = ring.at(-1);
    if (ring.length < 4)
      problems.push({ path, message: 'must have at least four positions, the last being the first' });
    else if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1])
      problems.push({ path, message: 'must end with the position it begins with' });
  });
  if (corners > MAX_CORNERS)
    problems.unshift({ path: 'coordinates', message: `has ${corners} corners; at most ${MAX_CORNERS}` });
  return problems.slice(0, 20);
}

/** What is wrong between the edges and rings of a polygon in its plane. */
function ringProblems(rings: readonly Flat[][]): ShapeProblem[] {
  const edges = rings
    .flatMap((ring, k) =>
      ring.map((from, i) => {
        const to = ring[(i + 1) % ring.length] as Flat;
        return { ring: k, at: i, last: ring.length - 1, from, to, west: Math.min(from[0], to[0]) };
      }),
    )
    .sort((a, b) => a.west - b.west);
  for (const [i, edge] of edges.entries()) {
    const east = Math.max(edge.from[0], edge.to[0]);
    for (let j = i + 1; j < edges.length; j++) {
      const other = edges[j] as (typeof edges)[number];
      // Sorted by their western ends: none of those behind begins before this one ends.
      if (other.west > east) break;
      const path = `coordinates.${edge.ring}.${edge.at}`;
      const step = edge.ring === other.ring ? Math.abs(edge.at - other.at) : -1;
      const follows = step === 1 || (step > 1 && step === edge.last);
      if (follows ? foldsBack(edge, other) : meet(edge.from, edge.to, other.from, other.to))
        return [
          {
            path,
            message: `the edge from here meets the one from coordinates.${other.ring}.${other.at}: rings must not cross or touch themselves or each other`,
          },
        ];
    }
  }
  const problems: ShapeProblem[] = [];
  rings.forEach((ring, k) => {
    const corner = ring[0] as Flat;
    if (Math.abs(flatArea(ring.flat())) < 1e-18) problems.push({ path: `coordinates.${k}`, message: 'has no area' });
    if (k === 0) return;
    if (!contains(rings[0] as Flat[], corner))
      problems.push({ path: `coordinates.${k}`, message: 'is a hole that lies outside the outer ring' });
    for (const [other, hole] of rings.entries())
      if (other > 0 && other !== k && contains(hole, corner))
        problems.push({ path: `coordinates.${k}`, message: `lies inside the hole coordinates.${other}` });
  });
  return problems;
}

interface Edge {
  from: Flat;
  to: Flat;
}

/** Whether of two edges with a corner in common one lies on the other. */
function foldsBack(a: Edge, b: Edge): boolean {
  const [first, second] = a.to === b.from ? [a, b] : [b, a];
  const ux = first.to[0] - first.from[0];
  const uy = first.to[1] - first.from[1];
  const vx = second.to[0] - second.from[0];
  const vy = second.to[1] - second.from[1];
  const along = ux * vx + uy * vy;
  return along < 0 && Math.abs(ux * vy - uy * vx) <= 1e-12 * -along;
}

/** Positive where a → b → c turns left, negative where it turns right, 0 on a line. */
const turn = (a: Flat, b: Flat, c: Flat) => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

/** Whether a place that is on the line of a and b lies between them. */
const isBetween = (place: Flat, a: Flat, b: Flat) =>
  place[0] >= Math.min(a[0], b[0]) &&
  place[0] <= Math.max(a[0], b[0]) &&
  place[1] >= Math.min(a[1], b[1]) &&
  place[1] <= Math.max(a[1], b[1]);

/** Whether the segments a–b and c–d have a place in common. */
function meet(a: Flat, b: Flat, c: Flat, d: Flat): boolean {
  const abc = turn(a, b, c);
  const abd = turn(a, b, d);
  const cda = turn(c, d, a);
  const cdb = turn(c, d, b);
  if (abc !== abd && cda !== cdb) return true;
  return (
    (abc === 0 && isBetween(c, a, b)) ||
    (abd === 0 && isBetween(d, a, b)) ||
    (cda === 0 && isBetween(a, c, d)) ||
    (cdb === 0 && isBetween(b, c, d))
  );
}

function contains(ring: readonly Flat[], [x, y]: Flat): boolean {
  let inside = false;
  ring.forEach((a, i) => {
    const b = ring[(i + 1) % ring.length] as Flat;
    if (a[1] > y !== b[1] > y && x < a[0] + ((y - a[1]) / (b[1] - a[1])) * (b[0] - a[0])) inside = !inside;
  });
  return inside;
}
