import { cellToBoundary, cellToLatLng, latLngToCell } from 'h3-js';
import type { Random } from '../random.js';

/** Draws points inside H3 cells; keeps what it has looked up of a cell. */
export class CellPoints {
  private readonly known = new Map<
    string,
    { centre: readonly [number, number]; corners: readonly (readonly [number, number])[] }
  >();

  constructor(private readonly resolution: number) {}

  /**
   * A point of the cell, uniform over its outline in degrees: `[lat, lon]`. The outline is drawn with straight edges where H3 has
   * arcs, so a point is checked and drawn again when it falls outside; the centre is the last resort.
   */
  draw(cell: string, random: Random): [number, number] {
    const { centre, corners } = this.lookUp(cell);
    for (let attempt = 0; attempt < 20; attempt++) {
      const k = random.integer(corners.length);
      const a = corners[k]!;
      const b = corners[(k + 1) % corners.length]!;
      let u = random.next();
      let v = random.next();
      if (u + v > 1) {
        u = 1 - u;
        v = 1 - v;
      }
      const lat = centre[0] + u * (a[0] - centre[0]) + v * (b[0] - centre[0]);
      const lon = centre[1] + u * (a[1] - centre[1]) + v * (b[1] - centre[1]);
      if (latLngToCell(lat, lon, this.resolution) === cell) return [lat, wrap(lon)];
    }
    return [centre[0], wrap(centre[1])];
  }

  private lookUp(cell: string): { centre: readonly [number, number]; corners: readonly (readonly [number, number])[] } {
    let found = this.known.get(cell);
    if (found === undefined) {
      const centre = cellToLatLng(cell);
      // Corners across the date line are brought to the centre's side; the triangles between them are degrees, not great circles.
      const corners = cellToBoundary(cell).map(
        ([lat, lon]) => [lat, lon + 360 * Math.round((centre[1] - lon) / 360)] as const,
      );
      found = { centre, corners };
      this.known.set(cell, found);
    }
    return found;
  }
}

function wrap(lon: number): number {
  return lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
}
