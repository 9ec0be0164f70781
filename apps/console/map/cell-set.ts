import type { FeatureCollection, Polygon, Position } from 'geojson';
import type { Bounds } from './graticule.js';
import type { Outlines } from './outlines.js';

/** A list of cells with where they lie: what maps, lists and flights need, without H3 on the page's thread. */
export class CellSet {
  private readonly positions: ReadonlyMap<string, number>;
  private readonly starts: Int32Array;

  constructor(
    readonly cells: readonly string[],
    private readonly outlines: Outlines,
  ) {
    this.positions = new Map(cells.map((cell, i) => [cell, i]));
    this.starts = new Int32Array(cells.length + 1);
    cells.forEach((_, i) => {
      this.starts[i + 1] = (this.starts[i] as number) + (outlines.sizes[i] as number);
    });
  }

  get box(): Bounds | null {
    return this.outlines.box;
  }

  get reach(): number {
    return this.outlines.reach;
  }

  positionOf(cell: string): number | undefined {
    return this.positions.get(cell);
  }

  centerOf(cell: string): { lon: number; lat: number } | null {
    const at = this.positions.get(cell);
    if (at === undefined) return null;
    return { lon: this.outlines.centers[2 * at] as number, lat: this.outlines.centers[2 * at + 1] as number };
  }

  polygonOf(cell: string): Polygon | null {
    const at = this.positions.get(cell);
    return at === undefined ? null : this.polygonAt(at);
  }

  /** All outlines; a feature's id is the cell's position in the list. */
  features(): FeatureCollection<Polygon, Record<string, never>> {
    return {
      type: 'FeatureCollection',
      features: this.cells.map((_, id) => ({ type: 'Feature', id, properties: {}, geometry: this.polygonAt(id) })),
    };
  }

  private polygonAt(at: number): Polygon {
    const ring: Position[] = [];
    const { coordinates } = this.outlines;
    for (let i = this.starts[at] as number; i < (this.starts[at + 1] as number); i++) {
      ring.push([coordinates[2 * i] as number, coordinates[2 * i + 1] as number]);
    }
    return { type: 'Polygon', coordinates: [ring] };
  }
}

/** Whether two lists hold the same cells in the same order. */
export function sameCells(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((cell, i) => cell === b[i]));
}
