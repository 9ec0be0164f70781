import { formatLatitude, formatLongitude, shortCell } from '../format/format.js';
import type { CellSet } from '../map/cell-set.js';

/** A cell as people can tell it from another: where its middle is, and the end of its index. */
export function Place({ cell, set }: { cell: string; set: CellSet | null }) {
  const center = set?.centerOf(cell);
  return (
    <span className="place">
      {center == null ? 'Cell' : `${formatLatitude(center.lat, 3)}, ${formatLongitude(center.lon, 3)}`}
      <span className="place__id">{shortCell(cell)}</span>
    </span>
  );
}
