import { cellToBoundary, cellToChildren, cellToLatLng, getHexagonEdgeLengthAvg, getResolution, gridDisk } from 'h3-js';
import { assertResolution, type Cell, cellAt } from './cells.js';
import { assertLatLon, type LatLon } from './coordinates.js';
import { GeoError } from './errors.js';
import { flatten, MAX_RADIUS_M, type Shape } from './shapes.js';
import {
  clip,
  EARTH_RADIUS_KM,
  flatArea,
  placeOf,
  solidAngle,
  solidAngleInCircle,
  TangentPlane,
  unit,
  type Vector,
  vectorOf,
} from './sphere.js';

/** Where a shape lies on the grid. The three arrays have one entry a cell, the cells ascending. */
export interface Cover {
  readonly cells: readonly Cell[];
  /** Part of each cell that is inside the shape: area(shape ∩ cell) / area(cell), above 0, at most 1. */
  readonly shares: Float64Array;
  /** Part of the shape that is in each cell: area(shape ∩ cell) / area(shape). They add up to 1. */
  readonly parts: Float64Array;
  /** Area of the shape on the sphere, km². */
  readonly areaKm2: number;
}

/** More cells than the caller allows: the shape is too large for this resolution. */
export class TooManyCellsError extends GeoError {
  constructor(limit: number) {
    super('shape', `covers more than ${limit} cells`);
  }
}

type Ring = readonly number[];

/** A shape, or what is left of it inside a box of the plane. */
interface Area {
  /** What lies in the box; `all` where the box lies wholly inside. */
  inBox(box: Box): Area | 'all' | 'none';
  /** Solid angle of what it has in common with a cell's outline, counter-clockwise, steradians. */
  inCell(outline: Ring): number;
}

interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Descendants of a cell reach beyond it by up to 1.06 of its corners' distance; distortion adds to that. As H3's own polyfill. */
const REACH_OF_DESCENDANTS = 1.4;
/** Widest shape for its cell of start, in edge lengths, so that two rings of cells around its middle hold all of it. */
const EDGES_OF_START = 1.2;

/**
 * The cells a shape lies in with the shares of their areas, on the sphere: cells and shapes have great circles as edges,
 * so in the plane that touches the sphere at the shape's middle all of them are straight, and what a polygon and a cell
 * have in common is found there exactly (a circle about that middle stays a circle). Works at the poles, at the antimeridian and
 * at pentagons as anywhere else.
 *
 * It descends from a few coarse cells to their children, carrying down only the part of the outline that is near each,
 * so the cost is that of the cells on the outline; what lies wholly inside is not measured.
 *
 * @param shape a circle of 0 to 200 km, or a polygon that has passed `polygonProblems`.
 * @param maxCells most cells; beyond them {@link TooManyCellsError}.
 * @throws GeoError naming what is out of range.
 */
export function cover(shape: Shape, resolution: number, maxCells: number): Cover {
  const steps = coverInSteps(shape, resolution, maxCells);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** {@link cover}, pausing some twenty times: a shape of 25,000 cells takes 100 ms, for which a server may not stand still. */
export function* coverInSteps(shape: Shape, resolution: number, maxCells: number): Generator<undefined, Cover> {
  assertResolution(resolution);
  const { area, plane, reach, total } = measured(shape);
  const noise = 1e-15 * reach * reach;
  const middle = placeOf(plane.center);
  const found: { cell: Cell; share: number; part: number }[] = [];
  const add = (cell: Cell, share: number, angle: number) => {
    if (found.length === maxCells) throw new TooManyCellsError(maxCells);
    // A shape may be so small that its area is no number; it is in one cell then.
    found.push({ cell, share, part: total === 0 ? 1 : angle / total });
  };
  const descend = (cell: Cell, within: Area | 'all') => {
    if (getResolution(cell) === resolution) {
      const outline = project(plane, cell, 1);
      const own = solidAngle(outline);
      const angle = within === 'all' ? own : Math.min(own, within.inCell(outline));
      // Below this it is what rounding leaves of a cell that is only touched.
      if (angle > Math.max(1e-12 * Math.min(own, total), noise))
        add(cell, angle > (1 - 1e-12) * own ? 1 : angle / own, angle);
      return;
    }
    const near = within === 'all' ? within : within.inBox(boxOf(project(plane, cell, REACH_OF_DESCENDANTS)));
    if (near === 'none') return;
    for (const child of cellToChildren(cell, getResolution(cell) + 1)) descend(child, near);
  };
  for (const cell of startCells(middle, reach, resolution)) {
    descend(cell, area);
    yield;
  }
  // Outlines of neighbours leave gaps of micrometres between them, into which a tiny shape may fall.
  if (found.length === 0) {
    const cell = cellAt(middle.lat, middle.lon, resolution);
    add(cell, Math.min(1, total / solidAngle(project(plane, cell, 1))), total);
  }
  found.sort((a, b) => (a.cell < b.cell ? -1 : 1));
  return {
    cells: found.map(({ cell }) => cell),
    shares: Float64Array.from(found, ({ share }) => share),
    parts: Float64Array.from(found, ({ part }) => part),
    areaKm2: total * EARTH_RADIUS_KM ** 2,
  };
}

function measured(shape: Shape): { area: Area; plane: TangentPlane; reach: number; total: number } {
  if (shape.type === 'polygon') {
    const { plane, rings, reach } = flatten(shape);
    const total = rings.reduce((sum, ring) => sum + solidAngle(ring), 0);
    return { area: polygonArea(rings, 1e-15 * reach * reach), plane, reach, total };
  }
  const { center, radius_m: radius } = shape;
  assertLatLon(center.lat, center.lon);
  if (!(radius > 0 && radius <= MAX_RADIUS_M))
    throw new GeoError('radius_m', `must be above 0 and at most ${MAX_RADIUS_M}, got ${String(radius)}`);
  const reach = radius / 1000 / EARTH_RADIUS_KM;
  const plane = new TangentPlane(vectorOf(center.lat, center.lon));
  // 2π (1 − cos ρ), written so that small circles keep their digits.
  return { area: circleArea(Math.tan(reach)), plane, reach, total: 4 * Math.PI * Math.sin(reach / 2) ** 2 };
}

function circleArea(radius: number): Area {
  const area: Area = {
    inBox({ west, south, east, north }) {
      const nearest = Math.hypot(Math.max(west, -east, 0), Math.max(south, -north, 0));
      if (nearest >= radius) return 'none';
      const farthest = Math.hypot(Math.max(-west, east), Math.max(-south, north));
      return farthest <= radius ? 'all' : area;
    },
    inCell: (outline) => solidAngleInCircle(outline, radius),
  };
  return area;
}

/** @param noise area in the plane below which what is left of a clipped ring is rounding */
function polygonArea(rings: readonly Ring[], noise: number): Area {
  return {
    inBox({ west, south, east, north }) {
      const left = clipAll(rings, [
        [1, 0, -west],
        [-1, 0, east],
        [0, 1, -south],
        [0, -1, north],
      ]);
      const inside = left.reduce((sum, ring) => sum + flatArea(ring), 0);
      if (inside <= noise) return 'none';
      return inside >= (east - west) * (north - south) - noise ? 'all' : polygonArea(left, noise);
    },
    inCell(outline) {
      let sum = 0;
      for (const part of convexParts(outline))
        for (const ring of clipAll(rings, linesOf(part))) sum += solidAngle(ring);
      return sum;
    },
  };
}

type Line = readonly [a: number, b: number, c: number];

function clipAll(rings: readonly Ring[], lines: readonly Line[]): Ring[] {
  return rings.flatMap((ring) => {
    let left = ring;
    for (const [a, b, c] of lines) {
      if (left.length < 6) return [];
      left = clip(left, a, b, c);
    }
    return left.length < 6 ? [] : [left];
  });
}

/** The lines along a convex ring's edges, its inside on their positive side. */
function linesOf(ring: Ring): Line[] {
  const lines: Line[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const x = ring[i] as number;
    const y = ring[i + 1] as number;
    const dx = (ring[j] as number) - x;
    const dy = (ring[j + 1] as number) - y;
    lines.push([-dy, dx, dy * x - dx * y]);
  }
  return lines;
}

/**
 * A cell as convex pieces: itself, or triangles about its middle where the outline has a dent, which it can have where
 * it crosses an edge of H3's icosahedron.
 */
function convexParts(ring: Ring): Ring[] {
  const n = ring.length;
  let convex = true;
  let [x, y] = [0, 0];
  for (let i = 0; i < n; i += 2) {
    const at = (k: number) => ring[k % n] as number;
    const cross = (at(i + 2) - at(i)) * (at(i + 5) - at(i + 3)) - (at(i + 3) - at(i + 1)) * (at(i + 4) - at(i + 2));
    if (cross < 0) convex = false;
    x += (2 * at(i)) / n;
    y += (2 * at(i + 1)) / n;
  }
  if (convex) return [ring];
  const parts: Ring[] = [];
  for (let i = 0; i < n; i += 2)
    parts.push([
      x,
      y,
      ring[i] as number,
      ring[i + 1] as number,
      ring[(i + 2) % n] as number,
      ring[(i + 3) % n] as number,
    ]);
  return parts;
}

/** A cell's outline in the plane, counter-clockwise, its corners `factor` times as far from its middle. */
function project(plane: TangentPlane, cell: Cell, factor: number): number[] {
  const [lat, lon] = cellToLatLng(cell);
  const middle = factor === 1 ? undefined : vectorOf(lat, lon);
  const ring: number[] = [];
  for (const [cornerLat, cornerLon] of cellToBoundary(cell)) {
    const corner = vectorOf(cornerLat, cornerLon);
    const flat = plane.project(middle ? away(middle, corner, factor) : corner);
    ring.push(flat[0], flat[1]);
  }
  return ring;
}

const away = (from: Vector, to: Vector, factor: number): Vector =>
  unit([
    from[0] + factor * (to[0] - from[0]),
    from[1] + factor * (to[1] - from[1]),
    from[2] + factor * (to[2] - from[2]),
  ]);

function boxOf(ring: Ring): Box {
  const box: Box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (let i = 0; i < ring.length; i += 2) {
    const x = ring[i] as number;
    const y = ring[i + 1] as number;
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.south = Math.min(box.south, y);
    box.north = Math.max(box.north, y);
  }
  return box;
}

/** Cells of one resolution, not finer than `resolution`, that hold all within `reach` radians of a place. */
function startCells({ lat, lon }: LatLon, reach: number, resolution: number): Cell[] {
  let start = resolution;
  while (start > 0 && getHexagonEdgeLengthAvg(start, 'km') * EDGES_OF_START < reach * EARTH_RADIUS_KM) start--;
  return gridDisk(cellAt(lat, lon, start), 2);
}
