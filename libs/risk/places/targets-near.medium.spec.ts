import { latLngToCell } from 'h3-js';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { accessMigrations } from '#access';
import { jobsMigrations } from '#jobs';
import { openTestStores, type TestStores } from '#testing';
import { riskMigrations } from '../migrations/index.js';
import { idsNear } from './targets-near.js';

const TARGETS = 60_000;
let stores: TestStores;
let postgres: DataSource;

/** Targets over a city, the newest first by number; the oldest hundred in a corner of their own. */
beforeAll(async () => {
  stores = await openTestStores({ postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations] });
  postgres = await stores.connect(1);
  await postgres.query(`SET statement_timeout = 0`);
  await postgres.query(
    `INSERT INTO targets (namespace_id, target_id, name, shape, attrs, bounds, main_cell, cells_count, area_km2, cells,
                          weights, created_at, updated_at)
     SELECT 'default', 'tgt_' || lpad(i::text, 8, '0'), 'Target ' || i, '{}', '{}',
            box(point(x, y), point(x + 0.001, y + 0.001)), '', 1, 0.01, decode($2, 'hex'), '', t, t
     FROM (SELECT i, CASE WHEN i > $1 - 100 THEN 10 ELSE -79.6 + (i % 500) / 1000.0 END AS x,
                  CASE WHEN i > $1 - 100 THEN 10 ELSE 43.5 + (i % 400) / 1000.0 END AS y,
                  '2026-01-01T00:00:00Z'::timestamptz - make_interval(secs => i) AS t
           FROM generate_series(1, $1) i) made`,
    [TARGETS, `0${latLngToCell(10, 10, 7)}`],
  );
  await postgres.query(`ANALYZE targets`);
});
afterAll(() => stores.close());

const ask = (over: Partial<Parameters<typeof idsNear>[1]>) =>
  idsNear(postgres.manager, {
    namespaceId: 'default',
    groupId: undefined,
    name: undefined,
    bbox: undefined,
    cell: undefined,
    after: undefined,
    limit: 51,
    ...over,
  });
const all = (conditions: string) =>
  postgres
    .query<{ target_id: string }[]>(
      `SELECT target_id FROM targets WHERE ${conditions} ORDER BY created_at DESC, target_id DESC LIMIT 51`,
    )
    .then((rows) => rows.map(({ target_id }) => target_id));

it('finds the same in a crowded box, an empty one, and one that only old ones lie in', async () => {
  const corner = { west: 9, south: 9, east: 11, north: 11 };
  expect(await ask({ bbox: { west: -80, south: 43, east: -79, north: 44 } })).toEqual(await all('true'));
  expect(await ask({ bbox: corner })).toEqual(await all(`bounds && '((9,9),(11,11))'::box`));
  expect(await ask({ bbox: corner, name: 'target 5999%' })).toEqual(
    await all(`name LIKE 'Target 5999%' AND bounds && '((9,9),(11,11))'::box`),
  );
  expect(await ask({ bbox: { west: 50, south: 50, east: 51, north: 51 } })).toEqual([]);
  expect(await ask({ bbox: { ...corner, west: 170, east: -170 } })).toEqual([]);
  const [first = ''] = await ask({ bbox: corner });
  const [row] = await postgres.query<{ created_at: Date }[]>(`SELECT created_at FROM targets WHERE target_id = $1`, [
    first,
  ]);
  const rest = await ask({ bbox: corner, after: [row?.created_at.toISOString() ?? '', first], limit: 200 });
  expect(rest).toHaveLength(99);
});

it('finds by cell what lies there with its bounds and its cover', async () => {
  expect(await ask({ cell: latLngToCell(10, 10, 7), limit: 200 })).toHaveLength(100);
  expect(await ask({ cell: latLngToCell(10, 10, 7), bbox: { west: 11, south: 9, east: 12, north: 11 } })).toEqual([]);
  // Their bounds are there, the cell they are in is another.
  expect(await ask({ cell: latLngToCell(43.6, -79.5, 7) })).toEqual([]);
});

it('asks the index of bounds for a place that has few', async () => {
  const query = vi.spyOn(postgres.manager, 'query');
  await ask({ bbox: { west: 9, south: 9, east: 11, north: 11 } });
  const [sql, parameters] = query.mock.lastCall ?? [''];
  query.mockRestore();
  const [plan] = await postgres.query<{ 'QUERY PLAN': unknown }[]>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
    parameters as unknown[],
  );
  const text = JSON.stringify(plan?.['QUERY PLAN']);
  expect(text).toContain('targets_by_bounds');
  expect(text).not.toContain('Seq Scan');
});
