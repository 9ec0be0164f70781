import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { type CellFeatures, type Risk, risk as riskSchema } from '#contracts';
import { bodyOfRows } from '#platform';
import { riskTable } from '../risks/risk.table.js';
import { featureTable } from './feature.table.js';

const windows = (first: number) => ({ '1h': first, '24h': first + 1, '7d': first + 2, '28d': first + 3 });
const features: CellFeatures = {
  cell: '872b9bc71ffffff',
  at: '2026-01-31T08:00:00.000Z',
  event_type: 'fire',
  counts: windows(0),
  sums: windows(10),
  rings: [
    { ring: 1, cells: 6, counts: windows(20), sums: windows(30) },
    { ring: 2, cells: 12, counts: windows(40), sums: windows(50) },
  ],
  hour_of_week: { index: 167, count: 3, share: 0.25 },
};

it('has a column for every figure of a cell', async () => {
  const csv = await (await bodyOfRows('csv', featureTable, [features])).bytes();
  const [row] = parse<Record<string, string>>(csv, { columns: true });
  expect(row).toMatchObject({
    cell: features.cell,
    count_1h: '0',
    sum_28d: '13',
    ring1_cells: '6',
    ring1_count_24h: '21',
    ring2_sum_7d: '52',
    hour_of_week: '167',
    hour_of_week_share: '0.25',
  });
  expect(Object.values(row ?? {})).not.toContain('');
});

it('has a column for every field of a risk', () => {
  const [example] = (riskSchema.meta()?.['examples'] ?? []) as Risk[];
  const top = riskTable.columns.map(({ name, path = name }) => path.split('.')[0]);
  expect([...new Set(top)]).toEqual(Object.keys(riskSchema.shape));
  expect(Object.keys(example ?? {})).toEqual(Object.keys(riskSchema.shape));
});
