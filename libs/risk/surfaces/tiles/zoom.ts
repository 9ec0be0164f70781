import { getHexagonEdgeLengthAvg, UNITS } from 'h3-js';

const EQUATOR_KM = 40_075.017;
/** What maps draw a tile as wide as. */
const TILE_PIXELS = 512;
/** Smaller cells are specks that hide what is beside them. */
const LEAST_PIXELS = 3;
/** Deep enough that a corner's rounding is a hundredth of a cell; beyond it maps enlarge the tile. */
const CELLS_ACROSS_DEEPEST = 16;

/** How many cells of a resolution lie side by side across a tile at the equator, where they look smallest. */
function cellsAcross(resolution: number, zoom: number): number {
  const cellKm = Math.sqrt(3) * getHexagonEdgeLengthAvg(resolution, UNITS.km);
  return EQUATOR_KM / 2 ** zoom / cellKm;
}

/** The finest resolution, up to a surface's own, whose cells can be seen at a zoom. */
export function visibleResolution(zoom: number, own: number): number {
  for (let resolution = own; resolution > 0; resolution--)
    if (TILE_PIXELS / cellsAcross(resolution, zoom) >= LEAST_PIXELS) return resolution;
  return 0;
}

/** The deepest zoom that shows more than the one before, for cells of a resolution. */
export function deepestZoom(resolution: number): number {
  for (let zoom = 0; zoom < 22; zoom++) if (cellsAcross(resolution, zoom) <= CELLS_ACROSS_DEEPEST) return zoom;
  return 22;
}
