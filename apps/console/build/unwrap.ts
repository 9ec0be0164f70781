import type { Position } from 'geojson';

type Ring = [number, number][];

/** A ring whose neighbouring positions are never more than half the globe apart: longitudes may run past ±180. */
function unwrapRing(ring: readonly Position[]): Ring {
  const out: Ring = [];
  let previous: number | undefined;
  for (const [lon, lat] of ring as Ring) {
    let x = lon;
    if (previous !== undefined) {
      while (x - previous > 180) x -= 360;
      while (x - previous < -180) x += 360;
    }
    out.push([x, lat]);
    previous = x;
  }
  const [first, last] = [out[0], out.at(-1)] as [[number, number], [number, number]];
  if (Math.abs(last[0] - first[0]) < 180) return out;
  // Once around the pole (Antarctica): closed along the pole itself, which no Mercator map shows.
  const pole = first[1] < 0 ? -90 : 90;
  return [...out, [last[0], pole], [first[0], pole], first];
}

/**
 * The rings of a polygon as MapLibre wants those that cross the antimeridian: in one piece, past ±180, which it folds
 * back into the next copy of the world. As they are in the atlas, jumping from 180 to −180, they would be drawn as
 * bands around the globe. Holes follow their outer ring.
 */
export function unwrapped(rings: readonly (readonly Position[])[]): Ring[] {
  const [outer, ...holes] = rings.map((ring) => unwrapRing(ring));
  if (outer === undefined) return [];
  const longitudes = outer.map(([x]) => x);
  const west = longitudes.reduce((a, b) => Math.min(a, b));
  const east = longitudes.reduce((a, b) => Math.max(a, b));
  const placed = holes.map((hole) => {
    const [x] = hole[0] as [number, number];
    const shift = [0, 360, -360].find((each) => x + each >= west && x + each <= east) ?? 0;
    return hole.map(([lon, lat]): [number, number] => [lon + shift, lat]);
  });
  return [outer, ...placed];
}
