import { cellToLatLng, gridDisk, latLngToCell } from 'h3-js';
import { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessMigrations } from '#access';
import { risksQuery } from '#contracts';
import { jobsMigrations } from '#jobs';
import { migratePostgres } from '#platform';
import { createDatabase, explained, fillTable } from '#testing';
import { riskMigrations } from '../migrations/index.js';
import { RiskEntity } from './risk.entity.js';
import { type After, searchRisks } from './risk-search.js';

const RISKS = 1_000_000;
const PAGE = 51;

let source: DataSource;

/**
 * A million risks of a city over two years, one every minute. Of a hundred one is open, and of ten thousand one critical;
 * a tenth are risks of a thousand targets, of which twenty are in a group, most of them old. One type died out long ago.
 */
beforeAll(async () => {
  const database = await createDatabase();
  const migrations = [...accessMigrations, ...jobsMigrations, ...riskMigrations];
  await migratePostgres(database.url, { DATABASE_POOL: 3 }, migrations, () => Promise.resolve());
  // One connection: the settings of a session are those of all statements.
  source = await new DataSource({
    type: 'postgres',
    url: database.url,
    poolSize: 1,
    entities: [RiskEntity],
  }).initialize();
  const cells = gridDisk(latLngToCell(43.65, -79.38, 8), 25);
  await source.query('CREATE TABLE city (place int PRIMARY KEY, cell text, lat float8, lon float8)');
  await source.query(
    `INSERT INTO city SELECT * FROM jsonb_to_recordset($1) AS c (place int, cell text, lat float8, lon float8)`,
    [
      JSON.stringify(
        cells.map((cell, place) => {
          const [lat, lon] = cellToLatLng(cell);
          return { place, cell, lat, lon };
        }),
      ),
    ],
  );
  await source.query(`INSERT INTO groups (namespace_id, group_id, name, attrs, created_at, updated_at)
                      VALUES ('default', 'grp_schools1', 'Schools', '{}', now(), now())`);
  await source.query(`
    INSERT INTO targets (namespace_id, target_id, group_id, name, shape, attrs, bounds, main_cell, cells_count, area_km2,
                         cells, weights, created_at, updated_at)
    SELECT 'default', 'tgt_' || lpad(n::text, 8, '0'), CASE WHEN n % 50 = 0 THEN 'grp_schools1' END, 'Target ' || n, '{}', '{}',
           box '(1,1),(0,0)', 'x', 1, 1, '', '', now(), now()
    FROM generate_series(1, 1000) n`);
  await fillTable(
    source,
    'risks',
    `INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, event_type, p_event, expected_count,
                        horizon_hours, model_version, target_id)
     SELECT 'rsk_' || lpad(n::text, 10, '0'), 'default', timestamptz '2026-01-01' + n * interval '1 minute',
            CASE WHEN n > ${RISKS - 3_000} AND n % 2 = 0 THEN 'open' WHEN n % 3 = 0 THEN 'resolved' ELSE 'expired' END,
            CASE WHEN n % 10000 = 0 THEN 'CRITICAL' ELSE 'HIGH' END,
            city.cell, city.lat, city.lon,
            CASE WHEN n <= 5000 THEN 'blackout' WHEN n % 5 = 0 THEN 'flood' ELSE 'fire' END, 0.2, 0.2, 24, 'fire-1',
            CASE WHEN n % 10 = 0 THEN 'tgt_' || lpad((CASE WHEN n < 300000 THEN n / 10 % 1000 + 1 ELSE n / 10 % 999 + 1001 END)::text, 8, '0') END
     FROM generate_series(1, ${RISKS}) n JOIN city ON city.place = (n::bigint * 7919) % ${cells.length}`,
  );
  return async () => {
    await source.destroy();
    await database.drop();
  };
}, 120_000);

const search = (query: object, after?: After) =>
  explained(source, (manager) => searchRisks(manager, 'default', risksQuery.parse(query), after, PAGE));
const found = async (query: object, after?: After) => {
  const risks = await searchRisks(source.manager, 'default', risksQuery.parse(query), after, PAGE);
  return risks.map(({ riskId }) => riskId);
};

const cell = latLngToCell(43.65, -79.38, 8);
const [lat, lon] = cellToLatLng(cell);
const block = [lon - 0.006, lat - 0.006, lon + 0.006, lat + 0.006].join(',');
const old: After = ['2026-01-03T00:00:00.000Z', 'rsk_0000002880'];
const middle: After = ['2026-12-14T05:20:00.000Z', 'rsk_0000500000'];

describe('the list of a million risks', () => {
  it.each<[string, object, number, After?]>([
    ['of everything', {}, 200],
    ['of everything, from the middle on', {}, 200, middle],
    ['of everything, at its end', {}, 200, old],
    ['of the open ones', { status: 'open' }, 200],
    ['of the critical ones', { level: 'CRITICAL' }, 200],
    ['of a type that died out', { event_type: 'blackout' }, 200],
    ['of a type that never was', { event_type: 'none' }, 1],
    ['of a cell', { cell }, 600],
    ['of a target', { target_id: 'tgt_00000007' }, 200],
    ['of a group', { group_id: 'grp_schools1' }, 200],
    ['of a group, from the middle on', { group_id: 'grp_schools1' }, 200, middle],
    ['of a group that is none', { group_id: 'grp_nothing1' }, 1],
    ['of a group in a box', { group_id: 'grp_schools1', bbox: block }, 12_000],
    ['of a day long ago', { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' }, 200],
    ['of a part of the city', { bbox: '-79.40,43.64,-79.36,43.66' }, 10_200],
    ['of a block', { bbox: block }, 25_000],
    ['of a place where nothing is', { bbox: '0,0,1,1' }, 10_200],
    ['of the whole world', { bbox: '-180,-90,180,90' }, 10_200],
    ['of a box across the antimeridian', { bbox: '170,-10,-170,10' }, 10_200],
    ['of the open ones of a type', { status: 'open', event_type: 'flood' }, 2_000],
    ['of the critical ones of a type', { level: 'CRITICAL', event_type: 'blackout' }, 5_100],
    ['of the open ones of a cell', { status: 'open', cell }, 3_000],
    ['of the open ones in a box', { status: 'open', bbox: '-79.40,43.64,-79.36,43.66' }, 12_000],
  ])('%s reads no more than it must', async (_, query, rows, after) => {
    const work = await search(query, after);
    expect(work.scanned.filter((table) => table === 'risks')).toEqual([]);
    expect(work.rowsRead).toBeLessThanOrEqual(rows);
    expect(work.rowsSorted).toBeLessThanOrEqual(Math.min(rows, 25_000));
  });

  it('is in one order, by whichever way the rows were found', async () => {
    const boxed = await found({ bbox: block });
    const byHand = await source.query<{ risk_id: string }[]>(
      `SELECT risk_id FROM risks WHERE lat BETWEEN $1 AND $2 AND lon BETWEEN $3 AND $4
       ORDER BY opened_at DESC, risk_id DESC LIMIT ${PAGE}`,
      [lat - 0.006, lat + 0.006, lon - 0.006, lon + 0.006],
    );
    expect(boxed).toEqual(byHand.map(({ risk_id }) => risk_id));
    expect(boxed).toHaveLength(PAGE);
    const grouped = await found({ group_id: 'grp_schools1' });
    const groupedByHand = await source.query<{ risk_id: string }[]>(
      `SELECT risk_id FROM risks WHERE target_id IN (SELECT target_id FROM targets WHERE group_id = 'grp_schools1')
       ORDER BY opened_at DESC, risk_id DESC LIMIT ${PAGE}`,
    );
    expect(grouped).toEqual(groupedByHand.map(({ risk_id }) => risk_id));
    expect(grouped).toHaveLength(PAGE);
    expect(await found({ bbox: '-79.40,43.64,-79.36,43.66' }, middle)).toHaveLength(PAGE);
  });

  it('takes any box', async () => {
    expect(await found({ bbox: '-180,-90,180,90' })).toEqual(await found({}));
    expect(await found({ bbox: '170,-90,-70,90' })).toEqual(await found({}));
    expect(await found({ bbox: '170,-90,-170,90' })).toEqual([]);
  });
});

describe('the risks of a group', () => {
  const target = 'tgt_00000003';
  const ofGroup = async (group: string) => (await found({ group_id: group, target_id: target })).length;
  const move = (group: string | null) =>
    source.query(`UPDATE targets SET group_id = $2 WHERE target_id = $1`, [target, group]);

  it('come and go with their targets', async () => {
    expect(await ofGroup('grp_schools1')).toBe(0);
    await move('grp_schools1');
    expect(await ofGroup('grp_schools1')).toBe(30);
    await source.query(`UPDATE targets SET name = 'Renamed' WHERE target_id = $1`, [target]);
    expect(await ofGroup('grp_schools1')).toBe(30);
    await source.query(`
      INSERT INTO risks (risk_id, namespace_id, opened_at, status, level, cell, lat, lon, event_type, p_event,
                         expected_count, horizon_hours, model_version, target_id)
      SELECT 'rsk_another', 'default', now(), 'open', 'HIGH', cell, lat, lon, 'fire', 0.2, 0.2, 24, 'fire-1', '${target}'
      FROM city LIMIT 1`);
    expect(await ofGroup('grp_schools1')).toBe(31);
    await move(null);
    expect(await ofGroup('grp_schools1')).toBe(0);
    await move('grp_schools1');
    await source.query(`DELETE FROM targets WHERE target_id = $1`, [target]);
    expect(await ofGroup('grp_schools1')).toBe(0);
    expect(await found({ target_id: target })).toHaveLength(31);
  });
});
