import { bboxAround, type Bbox, boundaryRing, centersOf } from '#geo';

/** Outlines of cells in flat columns, which pass between threads without being copied. */
export interface Outlines {
  /** One entry a cell: positions of its ring, the closing one included. */
  readonly sizes: Uint8Array;
  /** Longitude and latitude of every position, ring after ring. */
  readonly coordinates: Float64Array;
  /** Longitude and latitude of every centre. */
  readonly centers: Float64Array;
  /** The box around the centres; null without cells. */
  readonly box: Bbox | null;
  /** Half the height of the highest cell, in degrees. */
  readonly reach: number;
}

/** Throws GeoError naming the position of what is no cell. */
export function outlinesOf(cells: readonly string[]): Outlines {
  const sizes = new Uint8Array(cells.length);
  // Rings have seven positions; those of pentagons and of cells over the icosahedron's edges have up to eleven.
  const coordinates: number[] = [];
  let reach = 0;
  const { lat, lon } = centersOf(cells);
  const centers = new Float64Array(cells.length * 2);
  cells.forEach((cell, i) => {
    const ring = boundaryRing(cell);
    sizes[i] = ring.length;
    for (const [x, y] of ring as [number, number][]) {
      coordinates.push(x, y);
      reach = Math.max(reach, Math.abs(y - (lat[i] as number)));
    }
    centers[2 * i] = lon[i] as number;
    centers[2 * i + 1] = lat[i] as number;
  });
  const box = cells.length === 0 ? null : bboxAround(lat, lon);
  return { sizes, coordinates: Float64Array.from(coordinates), centers, box, reach };
}
