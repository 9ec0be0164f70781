import type { CellRisk, LevelThresholds } from '#contracts';
import { levelOf } from './levels.js';
import type { RiskView } from './risk-view.js';

/** Digits beyond these are noise of the model and weight on the wire. */
export const significant = (value: number, digits: number) => {
  if (value === 0) return 0;
  const shift = 10 ** (digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return Number.isFinite(shift) ? Math.round(value * shift) / shift : value;
};

/** What a view says of the cell at a position. */
export function presentCellRisk(view: RiskView, index: number, thresholds: LevelThresholds): CellRisk {
  const { slice } = view;
  const pEvent = slice.pEvent[index] ?? 0;
  return {
    cell: slice.cells[index] ?? '',
    p_event: significant(pEvent, 5),
    expected_count: significant(slice.expectedCount[index] ?? 0, 5),
    q05: slice.q05[index] ?? 0,
    q50: slice.q50[index] ?? 0,
    q95: slice.q95[index] ?? 0,
    expected_loss: significant(slice.expectedLoss[index] ?? 0, 6),
    risk_score: view.riskScore[index] ?? 0,
    level: levelOf(pEvent, thresholds),
  };
}
