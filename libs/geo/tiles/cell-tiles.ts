import { cellToLatLng, getHexagonEdgeLengthAvg, getResolution, UNITS } from 'h3-js';
import { boundaryRing } from '../boundary.js';
import { type Cell, assertCell } from '../cells.js';
import { BoxIndex } from './box-index.js';
import { clipRing, type Ring } from './clip.js';
import { latitudeOf, longitudeOf, type Tile, tileBox, type WorldBox, worldX, worldY } from './mercator.js';
import { TILE_EXTENT } from './mvt.js';

/** What a tile carries around its edge, as a share of its width, so that outlines do not show where tiles meet. */
export const TILE_MARGIN = 64 / TILE_EXTENT;
/** Copies of the world in which a cell of a tile may stand: it is led past ±180 degrees, and a polar one once around. */
const COPIES = [-2, -1, 0, 1, 2];
/** How far corners lie from the centre, in mean edges: cells are up to a third wider than the mean, and not regular. */
const REACH = 1.5;
/** Nearer to a pole, and for cells as wide as these, the box around a cell is found from its corners. */
const STEEP_LATITUDE = 75;
const WIDE_RESOLUTION = 2;
/** Cells that are placed before others have their turn. */
const CELLS_A_TURN = 1_000;
const EARTH_RADIUS_KM = 6371.007180918475;

/** A cell in a tile: its position among the cells, and what of its outline the tile shows. */
export interface TiledCell {
  readonly index: number;
  /** In tile units, clockwise on the screen. */
  readonly rings: readonly Ring[];
}

/** Centres in degrees, as columns. */
interface Centers {
  readonly lat: Float64Array;
  readonly lon: Float64Array;
}

/** Cells in an order, found by the tiles that show them. What is needed of them is worked out when it is first used. */
export class CellTiles {
  private readonly known: Centers;
  private readonly boxes: Float64Array;
  /** How many cells' centres and boxes are there. */
  private placed = 0;
  private packed: BoxIndex | undefined;
  /** World x and y of the corners, open, where they were made. */
  private readonly outlines: (Ring | undefined)[];

  constructor(readonly cells: readonly Cell[]) {
    this.known = { lat: new Float64Array(cells.length), lon: new Float64Array(cells.length) };
    this.boxes = new Float64Array(4 * cells.length);
    this.outlines = Array.from({ length: cells.length });
  }

  /** Works out now what the first look-up would wait for; `pause` lets others have their turn every few milliseconds. */
  async prepare(pause: () => Promise<unknown>): Promise<void> {
    while (this.placed < this.cells.length) {
      this.place(this.placed + CELLS_A_TURN);
      await pause();
    }
    void this.index;
  }

  get centers(): Centers {
    this.place(this.cells.length);
    return this.known;
  }

  /**
   * The cells that a tile or its margin shows, in their order, each with its outline there. One whose outline there is
   * less than a unit wide is left out.
   * @param wanted whether the cell at a position is to be drawn at all
   */
  inTile(tile: Tile, wanted: (position: number) => boolean = () => true): TiledCell[] {
    const box = tileBox(tile, TILE_MARGIN);
    // Position and copy in one number, so that sorting brings the copies of a cell together.
    const hits: number[] = [];
    COPIES.forEach((copy, at) =>
      this.index.search(moved(box, -copy), (position) => {
        if (wanted(position)) hits.push(position * COPIES.length + at);
      }),
    );
    const tiled: TiledCell[] = [];
    let last: { index: number; rings: Ring[] } | undefined;
    for (const hit of Float64Array.from(hits).sort()) {
      const index = Math.floor(hit / COPIES.length);
      const copy = COPIES[hit % COPIES.length] ?? 0;
      // The tile is moved and not the cell, whose corners stay as they are.
      const part = cut(this.outline(index), moved(box, -copy));
      const ring = part.length === 0 ? part : toTileUnits(part, tile, -copy);
      if (ring.length === 0) continue;
      if (last?.index === index) last.rings.push(ring);
      else tiled.push((last = { index, rings: [ring] }));
    }
    return tiled;
  }

  /** How many cells' centres lie in the fullest tile of a zoom. */
  fullestTile(z: number): number {
    const { lat, lon } = this.centers;
    const counts = new Map<number, number>();
    let most = 0;
    const scale = 2 ** z;
    for (let i = 0; i < this.cells.length; i++) {
      const key = Math.floor(worldX(lon[i]!) * scale) * scale + Math.floor(worldY(lat[i]!) * scale);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      most = Math.max(most, count);
    }
    return most;
  }

  /** The box around all cells in world units, a little wider than they are. */
  get extent(): WorldBox {
    return this.index.extent;
  }

  /**
   * The box around all cells in degrees, a little wider than they are, within what the map can show. Where they lie on
   * both sides of the antimeridian it goes all the way round, for a box of tiles never crosses it.
   */
  bounds(): [west: number, south: number, east: number, north: number] {
    const { minX, minY, maxX, maxY } = this.extent;
    const around = minX < 0 || maxX > 1;
    return [
      around ? -180 : longitudeOf(minX),
      latitudeOf(Math.min(1, maxY)),
      around ? 180 : longitudeOf(maxX),
      latitudeOf(Math.max(0, minY)),
    ];
  }

  private get index(): BoxIndex {
    this.place(this.cells.length);
    return (this.packed ??= new BoxIndex(this.boxes));
  }

  private place(end: number): void {
    for (; this.placed < Math.min(end, this.cells.length); this.placed++)
      this.box(this.cells[this.placed] ?? '', this.placed);
  }

  private outline(position: number): Ring {
    let outline = this.outlines[position];
    if (!outline) this.outlines[position] = outline = outlineOf(this.cells[position] ?? '');
    return outline;
  }

  private box(cell: Cell, i: number): void {
    const { boxes } = this;
    assertCell(cell, `cells[${i}]`);
    const [lat, lon] = cellToLatLng(cell);
    [this.known.lat[i], this.known.lon[i]] = [lat, lon];
    const resolution = getResolution(cell);
    if (Math.abs(lat) > STEEP_LATITUDE || resolution <= WIDE_RESOLUTION) {
      const outline = this.outline(i);
      boxes.set([Infinity, Infinity, -Infinity, -Infinity], 4 * i);
      for (let at = 0; at < outline.length; at += 2) {
        boxes[4 * i] = Math.min(boxes[4 * i]!, outline[at]!);
        boxes[4 * i + 1] = Math.min(boxes[4 * i + 1]!, outline[at + 1]!);
        boxes[4 * i + 2] = Math.max(boxes[4 * i + 2]!, outline[at]!);
        boxes[4 * i + 3] = Math.max(boxes[4 * i + 3]!, outline[at + 1]!);
      }
      return;
    }
    const reach = ((REACH * getHexagonEdgeLengthAvg(resolution, UNITS.km)) / EARTH_RADIUS_KM) * (180 / Math.PI);
    const reachLon = reach / Math.cos(((Math.abs(lat) + reach) * Math.PI) / 180);
    boxes[4 * i] = worldX(lon - reachLon);
    boxes[4 * i + 1] = worldY(lat + reach);
    boxes[4 * i + 2] = worldX(lon + reachLon);
    boxes[4 * i + 3] = worldY(lat - reach);
  }
}

/** Corners of a cell in world units, clockwise as outer rings of tiles must be, without the repeated first. */
function outlineOf(cell: Cell): Ring {
  return boundaryRing(cell)
    .slice(1)
    .reverse()
    .flatMap(([lon, lat]) => [worldX(lon as number), worldY(lat as number)]);
}

function moved(box: WorldBox, by: number): WorldBox {
  return by === 0 ? box : { ...box, minX: box.minX + by, maxX: box.maxX + by };
}

/** The ring as it is where all of it is inside, its part where some is. */
function cut(ring: Ring, box: WorldBox): Ring {
  let inside = true;
  let [west, east] = [true, true];
  for (let i = 0; i < ring.length; i += 2) {
    const x = ring[i]!;
    const y = ring[i + 1]!;
    if (x < box.minX || x > box.maxX || y < box.minY || y > box.maxY) inside = false;
    if (x >= box.minX) west = false;
    if (x <= box.maxX) east = false;
  }
  if (inside) return ring;
  return west || east ? [] : clipRing(ring, box);
}

/** A ring of world units in a tile's units, rounded, without repeated corners; empty when what is left is no area. */
function toTileUnits(ring: Ring, { z, x, y }: Tile, moveX = 0): Ring {
  const scale = 2 ** z;
  const out: number[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const px = Math.round(((ring[i]! - moveX) * scale - x) * TILE_EXTENT);
    const py = Math.round((ring[i + 1]! * scale - y) * TILE_EXTENT);
    if (px !== out[out.length - 2] || py !== out[out.length - 1]) out.push(px, py);
  }
  while (out.length > 2 && out[0] === out[out.length - 2] && out[1] === out[out.length - 1]) out.length -= 2;
  return out.length >= 6 && doubleArea(out) > 0 ? out : [];
}

/** Twice the area of a ring, positive where it runs clockwise on the screen. */
function doubleArea(ring: Ring): number {
  const n = ring.length;
  let sum = 0;
  let [px, py] = [ring[n - 2]!, ring[n - 1]!];
  for (let i = 0; i < n; i += 2) {
    sum += px * ring[i + 1]! - ring[i]! * py;
    [px, py] = [ring[i]!, ring[i + 1]!];
  }
  return sum;
}

/**
 * A number for a cell that no other cell of any resolution has, from 1 to 2^53 − 1: the base cell and the digits behind
 * a leading 1. The index itself has more bits than a reader in JavaScript keeps.
 */
export function numberOfCell(cell: Cell): number {
  const resolution = Number.parseInt(cell.charAt(1), 16);
  const digits = Number.parseInt(cell.slice(2), 16);
  const shift = 3 * (15 - resolution);
  return Math.floor(digits / 2 ** shift) + 2 ** (7 + 3 * resolution);
}
