import { cellToBoundary, cellToLatLng } from 'h3-js';
import type { MultiPolygon, Polygon, Position } from 'geojson';
import { type Cell, assertCell } from './cells.js';

/**
 * Outline of a cell as one GeoJSON linear ring: positions (lon, lat), counter-clockwise, first repeated at the end.
 *
 * A cell on the antimeridian keeps a continuous ring whose longitudes run past ±180 on the far side (for example
 * 179.9, 180.2), which map libraries draw as one piece; {@link cellGeometry} cuts it where strict GeoJSON is wanted.
 * The ring of a cell around a pole is led along ±90° so that it encloses the pole on a flat map.
 */
export function boundaryRing(cell: Cell): Position[] {
  assertCell(cell);
  const corners = cellToBoundary(cell);
  const [centerLat, centerLon] = cellToLatLng(cell);
  const ring: Position[] = [];
  let previous: number | undefined;
  for (const [lat, lon] of corners) {
    let x: number = lon;
    if (previous === undefined) {
      // Starting beside the centre keeps the ring in the map copy the centre is in.
      while (x - centerLon > 180) x -= 360;
      while (x - centerLon < -180) x += 360;
    } else {
      while (x - previous > 180) x -= 360;
      while (x - previous < -180) x += 360;
    }
    ring.push([x, lat]);
    previous = x;
  }
  const first = ring[0] as [number, number];
  const last = ring[ring.length - 1] as [number, number];
  const closing = first[0] - last[0];
  if (Math.abs(closing) <= 180) return [...ring, [first[0], first[1]]];
  // Once around the pole: the last step must go on in the same direction, then come back along the pole.
  const end = closing > 0 ? first[0] - 360 : first[0] + 360;
  const pole = centerLat > 0 ? 90 : -90;
  return [...ring, [end, first[1]], [end, pole], [first[0], pole], [first[0], first[1]]];
}

/** The part of a ring with `keep(lon)`; Sutherland–Hodgman against the meridian `at`. Empty when nothing is left. */
function clip(ring: readonly Position[], at: number, keep: (lon: number) => boolean): Position[] {
  const out: Position[] = [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const a = ring[i] as [number, number];
    const b = ring[i + 1] as [number, number];
    if (keep(a[0])) out.push(a);
    if (keep(a[0]) !== keep(b[0])) {
      const share = (at - a[0]) / (b[0] - a[0]);
      out.push([at, a[1] + share * (b[1] - a[1])]);
    }
  }
  return out.length < 3 ? [] : [...out, out[0] as Position];
}

/**
 * Geometry of a cell by RFC 7946: a Polygon, or a MultiPolygon cut at the antimeridian (section 3.1.9), every
 * longitude within ±180.
 */
export function cellGeometry(cell: Cell): Polygon | MultiPolygon {
  const ring = boundaryRing(cell);
  const parts: Position[][] = [];
  // A ring around a pole starts up to one turn beside the centre and runs one turn on.
  for (const shift of [-720, -360, 0, 360, 720]) {
    const shifted = ring.map(([x, y]) => [(x as number) + shift, y as number]);
    const eastCut = clip(shifted, 180, (x) => x <= 180);
    const part = eastCut.length === 0 ? [] : clip(eastCut, -180, (x) => x >= -180);
    // A part that only touches the meridian is a line, not an area.
    if (part.some(([x]) => Math.abs(x as number) !== 180)) parts.push(part);
  }
  if (parts.length === 1) return { type: 'Polygon', coordinates: [parts[0] as Position[]] };
  return { type: 'MultiPolygon', coordinates: parts.map((part) => [part]) };
}

/** Outline of a cell as one Polygon with a continuous ring (see {@link boundaryRing}): what the map is drawn from. */
export function cellPolygon(cell: Cell): Polygon {
  return { type: 'Polygon', coordinates: [boundaryRing(cell)] };
}
