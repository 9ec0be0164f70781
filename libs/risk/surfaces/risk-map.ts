import type { Bbox, CellRisk, Level, LevelThresholds } from '#contracts';
import { countQuantile, probabilityOfAny } from '#forecast';
import { bboxContains, centersOf, rollUp, sumByParent } from '#geo';
import { atLeast } from './levels.js';
import { presentCellRisk } from './present.js';
import { type RiskSlice, RiskView } from './risk-view.js';

export interface MapSelection {
  bbox: Bbox | undefined;
  minLevel: Level | undefined;
}

/** The cells of a view that a map shows: centre in the box, level high enough; in the order of the surface. */
export function selectCells(view: RiskView, thresholds: LevelThresholds, selection: MapSelection): CellRisk[] {
  const { bbox, minLevel } = selection;
  const centers = bbox ? centersOf(view.slice.cells) : undefined;
  const selected: CellRisk[] = [];
  for (let index = 0; index < view.slice.cells.length; index++) {
    if (bbox && centers && !bboxContains(bbox, centers.lat[index] ?? 0, centers.lon[index] ?? 0)) continue;
    const cell = presentCellRisk(view, index, thresholds);
    if (minLevel === undefined || atLeast(cell.level, minLevel)) selected.push(cell);
  }
  return selected;
}

/**
 * A view at a coarser resolution: counts and losses of a parent are the sums of its cells'; probability and quantiles
 * are those of the summed count with the same dispersion, which treats the cells' counts as independent given the
 * forecast.
 */
export function coarsen(view: RiskView, resolution: number): RiskView {
  const { slice } = view;
  const grouping = rollUp(slice.cells, resolution);
  const { parents } = grouping;
  const expectedCount = sumByParent(grouping, slice.expectedCount);
  const quantile = (p: number) => Uint32Array.from(expectedCount, (mean) => countQuantile(p, mean, slice.dispersion));
  const coarse: RiskSlice = {
    cells: parents,
    dispersion: slice.dispersion,
    expectedCount,
    expectedLoss: sumByParent(grouping, slice.expectedLoss),
    pEvent: expectedCount.map((mean) => probabilityOfAny(mean, slice.dispersion)),
    q05: quantile(0.05),
    q50: quantile(0.5),
    q95: quantile(0.95),
  };
  const positions = new Map(parents.map((cell, i) => [cell, i]));
  return new RiskView(coarse, view.horizon, (cell) => positions.get(cell) ?? -1);
}
