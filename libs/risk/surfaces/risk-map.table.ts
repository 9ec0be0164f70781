import type { CellRisk } from '#contracts';
import type { Column, Table } from '#platform';

const COLUMNS: readonly Column[] = [
  { name: 'cell', type: 'text' },
  { name: 'p_event', type: 'number' },
  { name: 'expected_count', type: 'number' },
  { name: 'q05', type: 'integer' },
  { name: 'q50', type: 'integer' },
  { name: 'q95', type: 'integer' },
  { name: 'expected_loss', type: 'number' },
  { name: 'risk_score', type: 'integer' },
  { name: 'level', type: 'text' },
];

/** The cells of a map. @param polygon the outline of a cell as the JSON of its geometry */
export const riskMapTable = (polygon: (cell: string) => string): Table<CellRisk> => ({
  name: 'risk-map',
  columns: COLUMNS,
  feature: (risk) => ({ id: risk.cell, geometry: polygon(risk.cell), properties: risk }),
});
