import {
  cellArea,
  cellToLatLng,
  cellToParent,
  getBaseCellNumber,
  getResolution,
  isPentagon as h3IsPentagon,
  isValidCell,
  latLngToCell,
} from 'h3-js';
import { type LatLon, assertLatLon } from './coordinates.js';
import { GeoError } from './errors.js';

/** An H3 cell index as 15 lower-case hexadecimal digits, for example `872b9bc71ffffff`. */
export type Cell = string;

/** Finest H3 resolution (about 0.9 m²); 0 is the coarsest (about 4.4 million km²). */
export const MAX_RESOLUTION = 15;

const CANONICAL = /^8[0-9a-f]{14}$/;

/** Throws {@link GeoError} naming `argument` unless `resolution` is an integer from 0 to 15. */
export function assertResolution(resolution: number, argument = 'resolution'): void {
  if (!Number.isInteger(resolution) || resolution < 0 || resolution > MAX_RESOLUTION) {
    throw new GeoError(argument, `must be an integer from 0 to ${MAX_RESOLUTION}, got ${String(resolution)}`);
  }
}

/** The cell that contains a place. Throws {@link GeoError} naming `lat`, `lon` or `resolution`. */
export function cellAt(lat: number, lon: number, resolution: number): Cell {
  assertLatLon(lat, lon);
  assertResolution(resolution);
  return latLngToCell(lat, lon, resolution);
}

/**
 * Whether a value is a valid cell in canonical spelling (15 lower-case digits), at `resolution` where that is given.
 * Other spellings that H3 would read (upper case, leading zeros) are refused: cells are compared as strings.
 */
export function isCell(value: unknown, resolution?: number): value is Cell {
  if (typeof value !== 'string' || !CANONICAL.test(value) || !isValidCell(value)) return false;
  return resolution === undefined || getResolution(value) === resolution;
}

/** Throws {@link GeoError} naming `argument` unless the value is a valid cell (see {@link isCell}). */
export function assertCell(value: unknown, argument = 'cell'): asserts value is Cell {
  if (!isCell(value)) throw new GeoError(argument, `is not an H3 cell: ${JSON.stringify(value) ?? String(value)}`);
}

/** Resolution of a cell, 0 to 15. Throws {@link GeoError} for what is no cell. */
export function resolutionOf(cell: Cell): number {
  assertCell(cell);
  return getResolution(cell);
}

/** Centre of a cell in degrees. Throws {@link GeoError} for what is no cell. */
export function centerOf(cell: Cell): LatLon {
  assertCell(cell);
  const [lat, lon] = cellToLatLng(cell);
  return { lat, lon };
}

/** Centres of many cells as columns, both of `cells.length`, in degrees. Throws {@link GeoError} naming the position. */
export function centersOf(cells: readonly Cell[]): { readonly lat: Float64Array; readonly lon: Float64Array } {
  const lat = new Float64Array(cells.length);
  const lon = new Float64Array(cells.length);
  cells.forEach((cell, i) => {
    assertCell(cell, `cells[${i}]`);
    [lat[i], lon[i]] = cellToLatLng(cell);
  });
  return { lat, lon };
}

/** Exact spherical area of a cell in km². Cells of one resolution differ by up to a factor of about two. */
export function areaKm2(cell: Cell): number {
  assertCell(cell);
  return cellArea(cell, 'km2');
}

/** Areas of many cells in km², one per cell. */
export function areasKm2(cells: readonly Cell[]): Float64Array {
  return Float64Array.from(cells, (cell, i) => {
    assertCell(cell, `cells[${i}]`);
    return cellArea(cell, 'km2');
  });
}

/** Whether a cell is one of the twelve pentagons of its resolution, which have five neighbours and not six. */
export function isPentagon(cell: Cell): boolean {
  assertCell(cell);
  return h3IsPentagon(cell);
}

/** Number (0–121) of the base cell a cell lies in: a cheap partition key for data spread over the world. */
export function baseCellOf(cell: Cell): number {
  assertCell(cell);
  return getBaseCellNumber(cell);
}

/** The ancestor of a cell at a coarser (or the same) resolution. Throws {@link GeoError} for a finer one. */
export function parentOf(cell: Cell, resolution: number): Cell {
  assertCell(cell);
  assertResolution(resolution);
  const own = getResolution(cell);
  if (resolution > own) throw new GeoError('resolution', `${resolution} is finer than the cell's own ${own}`);
  return cellToParent(cell, resolution);
}

/** A cell as the unsigned 64-bit integer ClickHouse stores. */
export function cellToBigInt(cell: Cell): bigint {
  assertCell(cell);
  return BigInt(`0x${cell}`);
}

/** The cell of an unsigned 64-bit integer, given as bigint or decimal digits. Throws {@link GeoError} for no cell. */
export function cellFromBigInt(value: bigint | string): Cell {
  if (typeof value === 'string' && !/^\d{1,20}$/.test(value)) {
    throw new GeoError('value', `is not an unsigned integer: ${JSON.stringify(value)}`);
  }
  const cell = BigInt(value).toString(16);
  assertCell(cell, 'value');
  return cell;
}
