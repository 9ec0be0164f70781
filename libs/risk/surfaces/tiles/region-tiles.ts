import { setImmediate } from 'node:timers/promises';
import type { Region } from '#forecast';
import { boundaryRing, CellTiles, MAX_ZOOM, resolutionOf, rollUp, type RollUp } from '#geo';
import { visibleResolution } from './zoom.js';

/** More cells in a tile are shown as their parents: so many take some 10 ms to draw, and a map no longer tells them apart. */
const MOST_CELLS = 4_000;
/** Digits of a degree: a centimetre. */
const DEGREE_DIGITS = 1e7;

/** Cells that are grouped before others have their turn. */
const CELLS_A_TURN = 1_000;

interface Level {
  readonly tiles: CellTiles;
  /** undefined for the region's own cells. */
  readonly grouping: RollUp | undefined;
}

/**
 * What drawing needs of a region's cells, whatever a surface says of them: kept as long as the model they belong to, for
 * surfaces of one model share it.
 */
export class RegionTiles {
  private static readonly known = new WeakMap<Region, RegionTiles>();
  /** The resolution of the region's cells. */
  readonly resolution: number;
  private readonly levels = new Map<number, Level>();
  private readonly shown = new Map<number, number>();
  private readonly rings: string[] = [];

  static of(region: Region): RegionTiles {
    let tiles = RegionTiles.known.get(region);
    if (!tiles) RegionTiles.known.set(region, (tiles = new RegionTiles(region)));
    return tiles;
  }

  private constructor(private readonly region: Region) {
    this.resolution = resolutionOf(region.cells[0] ?? '');
    this.levels.set(this.resolution, { tiles: new CellTiles(region.cells), grouping: undefined });
  }

  /** The cells of the region or, at a coarser resolution, their parents, in the order of {@link grouping}. */
  cells(resolution = this.resolution): CellTiles {
    return this.level(resolution).tiles;
  }

  /** Which parent each of the region's cells has at a coarser resolution. */
  grouping(resolution: number): RollUp {
    return this.level(resolution).grouping ?? rollUp(this.region.cells, resolution);
  }

  /** The resolution that is drawn at a zoom: fine enough to see, and never more than `MOST_CELLS` centres in a tile. */
  resolutionAt(zoom: number): number {
    let resolution = this.shown.get(zoom);
    if (resolution === undefined) {
      resolution = visibleResolution(zoom, this.resolution);
      while (resolution > 0 && this.cells(resolution).fullestTile(zoom) > MOST_CELLS) resolution--;
      this.shown.set(zoom, resolution);
    }
    return resolution;
  }

  /** The resolutions that any zoom is drawn at, the finest first. */
  shownResolutions(): number[] {
    const zooms = Array.from({ length: MAX_ZOOM + 1 }, (_, i) => MAX_ZOOM - i);
    return [...new Set(zooms.map((zoom) => this.resolutionAt(zoom)))];
  }

  /** Works out what the first map and tile would wait for; others have their turn every few milliseconds. */
  async prepare(): Promise<void> {
    await this.cells().prepare(setImmediate);
    for (let resolution = this.resolution - 1; resolution >= visibleResolution(0, this.resolution); resolution--) {
      if (!this.levels.has(resolution)) this.levels.set(resolution, await this.coarserGradually(resolution));
      await this.cells(resolution).prepare(setImmediate);
    }
    for (let zoom = MAX_ZOOM; zoom >= 0; zoom--) {
      this.resolutionAt(zoom);
      await setImmediate();
    }
  }

  /** Outline of a cell of the region as the JSON of a Polygon, made once. */
  polygon(index: number): string {
    return (this.rings[index] ??= polygonOf(this.region.cells[index] ?? ''));
  }

  private level(resolution: number): Level {
    let level = this.levels.get(resolution);
    if (!level) {
      const finer = this.level(resolution + 1);
      this.levels.set(resolution, (level = under(rollUp(finer.tiles.cells, resolution), finer)));
    }
    return level;
  }

  /** A level a slice of the cells at a time. */
  private async coarserGradually(resolution: number): Promise<Level> {
    const finer = this.level(resolution + 1);
    const { cells } = finer.tiles;
    const index = new Int32Array(cells.length);
    const positions = new Map<string, number>();
    for (let from = 0; from < cells.length; from += CELLS_A_TURN) {
      const part = rollUp(cells.slice(from, from + CELLS_A_TURN), resolution);
      const at = part.parents.map((parent) => {
        const position = positions.get(parent) ?? positions.size;
        positions.set(parent, position);
        return position;
      });
      part.index.forEach((parent, i) => (index[from + i] = at[parent] ?? 0));
      await setImmediate();
    }
    return under({ parents: [...positions.keys()], index }, finer);
  }
}

/** The level of a grouping of a finer level's cells. */
function under({ parents, index }: RollUp, finer: Level): Level {
  const ofRegion = finer.grouping ? finer.grouping.index.map((parent) => index[parent] ?? 0) : index;
  return { tiles: new CellTiles(parents), grouping: { parents, index: ofRegion } };
}

/** Outline of a cell as the JSON of a Polygon. */
export function polygonOf(cell: string): string {
  const corners = boundaryRing(cell).map(
    ([lon = 0, lat = 0]) =>
      `[${Math.round(lon * DEGREE_DIGITS) / DEGREE_DIGITS},${Math.round(lat * DEGREE_DIGITS) / DEGREE_DIGITS}]`,
  );
  return `{"type":"Polygon","coordinates":[[${corners.join(',')}]]}`;
}
