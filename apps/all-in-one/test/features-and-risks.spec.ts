import { cellToParent, gridDisk, latLngToCell } from 'h3-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssessAnswer, CellDetail, CellFeatures, Job, Paged, Risk, RiskMap } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { withPostgres } from './embedded.js';
import { Client, ENV, expectProblem, until } from './platform.js';
import { recountFeatures, rounded } from './recount.js';
import { createTown, sendBulk, toNdjson, TOWN_LEVELS, TOWN_TYPE, type TownEvent, townEvents, train } from './town.js';

let server: TestServer;
let town: Client;
let events: TownEvent[];
let map: RiskMap;

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  const admin = new Client(server);
  await createTown(admin, 'town');
  town = admin.as(admin.token, 'town');
  events = townEvents(21, 31);
  expect((await sendBulk(town, toNdjson(events))).status).toBe(201);
  await train(town);
  await refreshed();
});

afterAll(() => server.stop());

/** Has the surface computed now, and waits for its risks too. */
async function refreshed(): Promise<Record<string, unknown>> {
  const job = await town.json<Job>(
    'POST',
    '/jobs',
    { type: 'surface.refresh', params: { event_type: TOWN_TYPE } },
    202,
  );
  const { result } = await town.finished(job.job_id, 30_000);
  map = await town.get<RiskMap>('/risk-map');
  return result ?? {};
}

async function allRisks(query = ''): Promise<Risk[]> {
  const all: Risk[] = [];
  let cursor = '';
  do {
    const page = await town.get<Paged<Risk>>(`/risks?limit=7${query}${cursor}`);
    expect(page.data.length).toBeLessThanOrEqual(7);
    expect(page.page.has_more).toBe(page.page.next_cursor !== null);
    all.push(...page.data);
    cursor = page.page.next_cursor === null ? '' : `&cursor=${page.page.next_cursor}`;
  } while (cursor !== '');
  return all;
}

const cellsOf = (risks: readonly Risk[]) => risks.map(({ cell }) => cell.id).toSorted();
const hotCells = (from: RiskMap) =>
  from.cells.filter(({ level }) => level === 'HIGH' || level === 'CRITICAL').map(({ cell }) => cell);

describe('the map', () => {
  it('gives each cell the level of its probability', () => {
    const levels = new Set(map.cells.map(({ level }) => level));
    expect(levels.size, 'the town has cells of several levels').toBeGreaterThan(2);
    for (const { p_event: p, level } of map.cells) {
      const { MODERATE, HIGH, CRITICAL } = TOWN_LEVELS;
      expect(level).toBe(p >= CRITICAL ? 'CRITICAL' : p >= HIGH ? 'HIGH' : p >= MODERATE ? 'MODERATE' : 'LOW');
    }
  });

  it('ranks the cells by what is expected of them', () => {
    const ranked = map.cells.toSorted((a, b) => a.expected_count - b.expected_count);
    for (const [i, cell] of ranked.entries()) {
      const before = ranked[i - 1];
      // Counts are shown with five digits and ranked with all of them: those that look alike may come either way.
      if (before && before.expected_count < cell.expected_count)
        expect(cell.risk_score).toBeGreaterThanOrEqual(before.risk_score);
    }
    const scores = map.cells.map(({ risk_score }) => risk_score);
    expect([Math.min(...scores), Math.max(...scores)]).toEqual([0, 100]);
  });

  it('shows of a box the cells whose centre lies in it', async () => {
    const [west, south, east, north] = [-87.72, 41.85, -87.6, 41.95];
    const boxed = await town.get<RiskMap>(`/risk-map?bbox=${west},${south},${east},${north}`);
    const inside: string[] = [];
    for (const { cell } of map.cells) {
      const { center } = await detailOf(cell);
      if (center.lon >= west && center.lon <= east && center.lat >= south && center.lat <= north) inside.push(cell);
    }
    expect(inside.length).toBeGreaterThan(10);
    expect(inside.length).toBeLessThan(map.cell_count);
    expect(boxed.cells.map(({ cell }) => cell).toSorted()).toEqual(inside.toSorted());
    expect(boxed.cell_count).toBe(inside.length);
  });

  it.each(['MODERATE', 'HIGH', 'CRITICAL'] as const)('shows of min_level %s those at it and above', async (least) => {
    const order = ['LOW', 'MODERATE', 'HIGH', 'CRITICAL'];
    const some = await town.get<RiskMap>(`/risk-map?min_level=${least}`);
    expect(some.cells).toEqual(map.cells.filter(({ level }) => order.indexOf(level) >= order.indexOf(least)));
  });

  it.each([7, 6, 5])('adds up to resolution %i', async (resolution) => {
    const coarse = await town.get<RiskMap>(`/risk-map?resolution=${resolution}`);
    expect(coarse.resolution).toBe(resolution);
    const sums = new Map<string, { count: number; loss: number; least: number }>();
    for (const cell of map.cells) {
      const parent = cellToParent(cell.cell, resolution);
      const sum = sums.get(parent) ?? { count: 0, loss: 0, least: 0 };
      sums.set(parent, {
        count: sum.count + cell.expected_count,
        loss: sum.loss + cell.expected_loss,
        least: Math.max(sum.least, cell.p_event),
      });
    }
    expect(coarse.cells.map(({ cell }) => cell).toSorted()).toEqual([...sums.keys()].toSorted());
    for (const { cell, expected_count, expected_loss, p_event } of coarse.cells) {
      const sum = sums.get(cell) ?? { count: 0, loss: 0, least: 0 };
      // Each number comes with five or six digits.
      expect(Math.abs(expected_count / sum.count - 1)).toBeLessThan(1e-3);
      expect(Math.abs(expected_loss / sum.loss - 1)).toBeLessThan(1e-3);
      // An event in a part is an event in the whole.
      expect(p_event).toBeGreaterThanOrEqual(sum.least * 0.999);
      // Over many cells it comes so near to 1 that its five digits say 1.
      expect(p_event).toBeLessThanOrEqual(1);
    }
  });

  it('reaches from one hour to thirty days, and more may happen in more time', async () => {
    const horizons = [1, 6, 24, 168, 720];
    const maps = await Promise.all(horizons.map((hours) => town.get<RiskMap>(`/risk-map?horizon=${hours}`)));
    for (const [i, one] of maps.entries()) {
      expect(one.horizon_hours).toBe(horizons[i]);
      expect(Date.parse(one.valid_to) - Date.parse(one.valid_from)).toBe((horizons[i] ?? 0) * 3_600_000);
      const before = maps[i - 1];
      if (before === undefined) continue;
      for (const [n, cell] of one.cells.entries()) {
        expect(cell.expected_count).toBeGreaterThan(before.cells[n]?.expected_count ?? Infinity);
        expect(cell.p_event).toBeGreaterThanOrEqual(before.cells[n]?.p_event ?? Infinity);
      }
    }
  });

  it('is not sent again to who has it', async () => {
    const first = await town.ask('GET', '/risk-map');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[^"]+"$/);
    const same = await town.ask('GET', '/risk-map', { headers: { 'if-none-match': etag } });
    expect([same.status, same.text]).toEqual([304, '']);
    expect(same.headers.get('etag')).toBe(etag);
    const other = await town.ask('GET', '/risk-map?horizon=6', { headers: { 'if-none-match': etag } });
    expect(other.status).toBe(200);
    expect(other.headers.get('etag')).not.toBe(etag);
  });
});

describe('an assessment', () => {
  const assess = (body: object) => town.json<AssessAnswer>('POST', '/risk/assess', body, 200);

  it('says of a cell what the map says', async () => {
    const cells = map.cells.slice(0, 20);
    const { assessments, ...frame } = await assess({ cells: cells.map(({ cell }) => cell) });
    expect(frame).toMatchObject({ model_version: map.model_version, issued_at: map.issued_at, horizon_hours: 24 });
    expect(assessments).toEqual(cells.map((cell, i) => ({ ...cell, relative_risk: assessments[i]?.relative_risk })));
    const mean = map.cells.reduce((sum, { expected_count }) => sum + expected_count, 0) / map.cells.length;
    for (const { relative_risk, expected_count } of assessments)
      expect(relative_risk).toBeCloseTo(expected_count / mean, 2);
  });

  it('finds the cell of a point', async () => {
    const { assessments } = await assess({ points: [{ lat: 41.8825, lon: -87.63 }], horizon_hours: 720 });
    expect(assessments).toMatchObject([
      { cell: latLngToCell(41.8825, -87.63, 8), point: { lat: 41.8825, lon: -87.63 } },
    ]);
    expect(assessments[0]).not.toHaveProperty('scenarios');
  });

  it('draws the same scenarios from the same seed, others from another, and all about what it expects', async () => {
    const [hot] = map.cells.toSorted((a, b) => b.expected_count - a.expected_count);
    const body = { cells: [hot?.cell], horizon_hours: 168, n_scenarios: 500 };
    const [one, again, other] = await Promise.all([7, 7, 8].map((seed) => assess({ ...body, seed })));
    expect(again).toEqual(one);
    expect(other?.assessments[0]?.scenarios).not.toEqual(one?.assessments[0]?.scenarios);
    const { scenarios = [], expected_count = 0 } = one?.assessments[0] ?? {};
    expect(scenarios.map(({ scenario_id }) => scenario_id)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    const mean = scenarios.reduce((sum, { count }) => sum + count, 0) / scenarios.length;
    const deviation = Math.sqrt(scenarios.reduce((sum, { count }) => sum + (count - mean) ** 2, 0) / scenarios.length);
    // Five standard errors: it fails once in a million seeds, and this seed is fixed.
    expect(Math.abs(mean - expected_count)).toBeLessThan((5 * deviation) / Math.sqrt(500) + 0.05 * expected_count);
    for (const { count, risk_value } of scenarios) {
      expect(Number.isInteger(count)).toBe(true);
      if (count === 0) expect(risk_value).toBe(0);
    }
  });
});

describe('risks', () => {
  it('are open for the cells over the threshold, each once', async () => {
    const open = await allRisks('&status=open');
    const cells = cellsOf(open);
    expect(new Set(cells).size).toBe(cells.length);
    expect(hotCells(map).length).toBeGreaterThan(7);
    expect(cells).toEqual(expect.arrayContaining(hotCells(map)));
    // One that was over it before may stay a little below, so that it does not flutter.
    const probability = new Map(map.cells.map(({ cell, p_event }) => [cell, p_event]));
    for (const cell of cells) expect(probability.get(cell)).toBeGreaterThan(0.9 * TOWN_LEVELS.HIGH * 0.999);
    for (const risk of open) {
      expect(risk).toMatchObject({ event_type: TOWN_TYPE, horizon_hours: 24, target_id: null, acknowledged_by: null });
      expect(latLngToCell(risk.cell.center.lat, risk.cell.center.lon, 8)).toBe(risk.cell.id);
    }
  });

  it('come newest first, page by page, each once', async () => {
    const paged = await allRisks();
    const whole = (await town.get<Paged<Risk>>('/risks?limit=1000')).data;
    expect(paged).toEqual(whole);
    const keys = whole.map(({ timestamp, risk_id }) => `${timestamp} ${risk_id}`);
    expect(keys.map((key) => key.slice(0, 24))).toEqual(
      keys
        .map((key) => key.slice(0, 24))
        .toSorted()
        .reverse(),
    );
  });

  it('are found by level, cell, box and time', async () => {
    const all = await allRisks();
    const [first] = all;
    if (first === undefined) throw new Error('There is no risk');
    expect(await allRisks('&level=CRITICAL')).toEqual(all.filter(({ level }) => level === 'CRITICAL'));
    expect(await allRisks(`&cell=${first.cell.id}`)).toEqual(all.filter(({ cell }) => cell.id === first.cell.id));
    expect(await allRisks('&bbox=-87.72,41.85,-87.6,41.95')).toEqual(
      all.filter(
        ({ cell: { center } }) =>
          center.lon >= -87.72 && center.lon <= -87.6 && center.lat >= 41.85 && center.lat <= 41.95,
      ),
    );
    expect(await allRisks(`&from=${first.timestamp}`)).toEqual(all.filter((risk) => risk.timestamp >= first.timestamp));
    expect(await allRisks(`&to=${first.timestamp}`)).toEqual(all.filter((risk) => risk.timestamp < first.timestamp));
    expect(await allRisks('&event_type=flood')).toEqual([]);
  });

  it('are acknowledged and resolved by name, against the version that was read, and that is written down', async () => {
    const [risk] = await allRisks('&status=open');
    const path = `/risks/${risk?.risk_id}`;
    const { token } = await town.newToken(['risk:read', 'risk:write'], 'duty officer');
    const officer = town.as(token);
    const read = await officer.ask('GET', path);
    const etag = read.headers.get('etag') ?? '';
    expect(etag).toBe(`"${risk?.version}"`);
    const patch = (json: object, ifMatch?: string) =>
      officer.ask('PATCH', path, { json, ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }) });

    const taken = await patch({ status: 'acknowledged', comment: 'on the way' }, etag);
    expect(taken.status, taken.text).toBe(200);
    expect(JSON.parse(taken.text)).toMatchObject({
      status: 'acknowledged',
      acknowledged_by: 'duty officer',
      comment: 'on the way',
      version: (risk?.version ?? 0) + 1,
    });
    expect(taken.headers.get('etag')).toBe(`"${(risk?.version ?? 0) + 1}"`);
    expectProblem(await patch({ status: 'resolved' }, etag), 412, 'VERSION_CONFLICT');

    // Of two who read the same, one wins.
    const now = taken.headers.get('etag') ?? '';
    const both = await Promise.all([patch({ comment: 'first' }, now), patch({ comment: 'second' }, now)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 412]));

    expect((await patch({ status: 'resolved' })).status).toBe(200);
    expectProblem(await patch({ status: 'open' }), 409, 'RISK_CLOSED');
    expect((await patch({ comment: 'a last word' })).status).toBe(200);
    const closed = await officer.get<Risk>(path);
    expect(closed).toMatchObject({ status: 'resolved', comment: 'a last word', acknowledged_by: 'duty officer' });

    const { rows } = await withPostgres(server.dataDir, (postgres) =>
      postgres.query<{ before: Risk; after: Risk; request_id: string; name: string; namespace_id: string }>(
        `SELECT before, after, request_id, name, a.namespace_id FROM audit_log a JOIN tokens USING (token_id)
         WHERE action = 'risk.patch' AND subject = $1 ORDER BY audit_id`,
        [risk?.risk_id],
      ),
    );
    expect(rows.map(({ before, after }) => [before.status, after.status])).toEqual([
      ['open', 'acknowledged'],
      ['acknowledged', 'acknowledged'],
      ['acknowledged', 'resolved'],
      ['resolved', 'resolved'],
    ]);
    expect(rows[0]?.after).toEqual(JSON.parse(taken.text));
    expect(rows.every(({ name, namespace_id }) => name === 'duty officer' && namespace_id === 'town')).toBe(true);
    expect(rows[0]?.request_id).toBe(taken.headers.get('x-request-id'));

    // The cell is over its threshold still: the next surface opens a new one.
    const { opened } = await refreshed();
    expect(opened).toBe(1);
    const ofCell = await allRisks(`&cell=${risk?.cell.id}`);
    expect(ofCell.map(({ status }) => status)).toEqual(['open', 'resolved']);
  });

  it('expire when the cell falls below, and follow the levels of the namespace', async () => {
    const before = await allRisks('&status=open');
    const acknowledged = before.at(-1);
    await town.json('PATCH', `/risks/${acknowledged?.risk_id}`, { status: 'acknowledged' });
    const levels = { MODERATE: 0.96, HIGH: 0.98, CRITICAL: 0.99 };
    await town.json('PATCH', '/namespaces/town', { levels });
    const { expired } = await refreshed();
    expect(map.cells.every(({ p_event, level }) => p_event >= 0.96 || level === 'LOW')).toBe(true);
    const live = [...(await allRisks('&status=open')), ...(await allRisks('&status=acknowledged'))];
    expect(expired).toBe(before.length - live.length);
    expect(expired).toBeGreaterThan(0);
    expect(hotCells(map)).toEqual(cellsOf(live));
    expect((await town.get<Risk>(`/risks/${acknowledged?.risk_id}`)).status).toBe('expired');

    await town.json('PATCH', '/namespaces/town', { levels: TOWN_LEVELS });
    await refreshed();
    expect(cellsOf(await allRisks('&status=open'))).toEqual(hotCells(map).toSorted());
  });
});

const detailOf = (cell: string) => town.get<CellDetail>(`/cells/${cell}`);

describe('a burst of events', () => {
  it('is in the features at once, and in the map, its risks and its tag soon after', async () => {
    const before = await town.ask('GET', '/risk-map');
    // A quiet cell, where thirty events within the hour are no chance.
    const quiet = map.cells.toSorted((a, b) => a.expected_count - b.expected_count)[map.cells.length >> 1];
    const cell = quiet?.cell ?? '';
    const { center } = await detailOf(cell);
    const burst: TownEvent[] = Array.from({ length: 30 }, (_, i) => ({
      event_id: `burst-${i}`,
      timestamp: new Date(Date.now() - (i + 1) * 60_000).toISOString(),
      lat: center.lat,
      lon: center.lon,
      amount: 100,
      event_type: TOWN_TYPE,
    }));
    await town.json('POST', '/events', { events: burst }, 201);

    const at = Date.now();
    const time = new Date(at).toISOString();
    const features = await town.get<CellFeatures>(`/cells/${cell}/features?at=${time}`);
    const expected = recountFeatures([...events, ...burst], {
      resolution: 8,
      zone: 'America/Chicago',
      at,
      type: TOWN_TYPE,
    });
    expect(rounded(features)).toEqual(rounded(expected.find((one) => one.cell === cell)));
    expect(features.counts['1h']).toBeGreaterThanOrEqual(30);
    // Each neighbour sees it in its first ring.
    const [, neighbour = ''] = gridDisk(cell, 1);
    const beside = await town.get<CellFeatures>(`/cells/${neighbour}/features?at=${time}`);
    expect(beside.rings[0]?.counts['1h']).toBeGreaterThanOrEqual(30);

    const after = await until('a surface that knows of it', 30_000, async () => {
      const next = await town.get<RiskMap>('/risk-map');
      return Date.parse(next.data_until) >= Date.parse(burst[0]?.timestamp ?? '') ? next : undefined;
    });
    const now = after.cells.find((one) => one.cell === cell);
    expect(now?.expected_count).toBeGreaterThan(2 * (quiet?.expected_count ?? Infinity));
    const changed = await town.ask('GET', '/risk-map', {
      headers: { 'if-none-match': before.headers.get('etag') ?? '' },
    });
    expect(changed.status).toBe(200);
    expect(now?.level).not.toBe('LOW');
    if (now?.level !== 'MODERATE')
      await until('its risk', 10_000, async () => (await allRisks(`&cell=${cell}&status=open`))[0]);
    expect((await detailOf(cell)).event_types).toMatchObject([{ event_type: TOWN_TYPE }]);
  });
});
