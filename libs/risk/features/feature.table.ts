import { type CellFeatures, FEATURE_WINDOWS } from '#contracts';
import type { Column, Table } from '#platform';

/** Columns of the figures of all windows: `count_24h`, `ring1_sum_7d`. */
const windowed = (prefix: string, path: string): Column[] =>
  FEATURE_WINDOWS.map((window) => ({ name: `${prefix}_${window}`, path: `${path}.${window}`, type: 'number' }));

const ring = (number: number): Column[] => [
  { name: `ring${number}_cells`, path: `rings.${number - 1}.cells`, type: 'integer' },
  ...windowed(`ring${number}_count`, `rings.${number - 1}.counts`),
  ...windowed(`ring${number}_sum`, `rings.${number - 1}.sums`),
];

export const featureTable: Table<CellFeatures> = {
  name: 'features',
  columns: [
    { name: 'cell', type: 'text' },
    { name: 'at', type: 'time' },
    { name: 'event_type', type: 'text' },
    ...windowed('count', 'counts'),
    ...windowed('sum', 'sums'),
    ...ring(1),
    ...ring(2),
    { name: 'hour_of_week', path: 'hour_of_week.index', type: 'integer' },
    { name: 'hour_of_week_count', path: 'hour_of_week.count', type: 'number' },
    { name: 'hour_of_week_share', path: 'hour_of_week.share', type: 'number' },
  ],
};
