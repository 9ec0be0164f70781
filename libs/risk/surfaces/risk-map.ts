import type { Bbox, CellRisk, Level, LevelThresholds } from '#contracts';
import { countQuantiles, probabilitiesOfAny } from '#forecast';
import { bboxContains, centersOf, rollUp, type RollUp, sumByParent } from '#geo';
import { atLeast, levelOf } from './levels.js';
import { presentCellRisk } from './present.js';
import { type RiskSlice, RiskView } from './risk-view.js';

export interface MapSelection {
  bbox: Bbox | undefined;
  minLevel: Level | undefined;
}

/** Centres of a view's cells in degrees, as columns. */
export interface Centers {
  readonly lat: Float64Array;
  readonly lon: Float64Array;
}

/**
 * The cells of a view that a map shows: centre in the box, level high enough; in the order of the surface.
 * @param centersOfView those of the view's cells, where they are known
 */
export function selectCells(
  view: RiskView,
  thresholds: LevelThresholds,
  selection: MapSelection,
  centersOfView?: Centers,
): CellRisk[] {
  const { bbox, minLevel } = selection;
  const centers = bbox ? (centersOfView ?? centersOf(view.slice.cells)) : undefined;
  const selected: CellRisk[] = [];
  for (let index = 0; index < view.slice.cells.length; index++) {
    if (minLevel !== undefined && !atLeast(levelOf(view.slice.pEvent[index] ?? 0, thresholds), minLevel)) continue;
    if (bbox && centers && !bboxContains(bbox, centers.lat[index] ?? 0, centers.lon[index] ?? 0)) continue;
    selected.push(presentCellRisk(view, index, thresholds));
  }
  return selected;
}

/**
 * A view at a coarser resolution: counts and losses of a parent are the sums of its cells'; probability and quantiles
 * are those of the summed count with the same dispersion, which treats the cells' counts as independent given the
 * forecast.
 * @param grouping of the view's cells, where it is known
 */
export function coarsen(
  view: RiskView,
  resolution: number,
  grouping: RollUp = rollUp(view.slice.cells, resolution),
): RiskView {
  const { slice } = view;
  const { parents } = grouping;
  const expectedCount = sumByParent(grouping, slice.expectedCount);
  const [q05, q50, q95] = countQuantiles(expectedCount, [0.05, 0.5, 0.95], slice.dispersion);
  const coarse: RiskSlice = {
    cells: parents,
    dispersion: slice.dispersion,
    expectedCount,
    expectedLoss: sumByParent(grouping, slice.expectedLoss),
    pEvent: probabilitiesOfAny(expectedCount, slice.dispersion),
    q05: q05!,
    q50: q50!,
    q95: q95!,
  };
  const positions = new Map(parents.map((cell, i) => [cell, i]));
  return new RiskView(coarse, view.horizon, (cell) => positions.get(cell) ?? -1);
}
