import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CellFeatures, Job, Model, ModelScores, ModelSummary, Risk, RiskMap } from '#contracts';
import { Peer, namespaceOf, problem } from './peer.js';
import { strisk } from './strisk.js';

let peer: Peer;
let folder: string;
beforeEach(async () => {
  peer = await Peer.start();
  folder = await mkdtemp(join(tmpdir(), 'strisk-commands-'));
});
afterEach(async () => {
  await peer.stop();
  await rm(folder, { recursive: true });
});

const CELL = '872b9bc71ffffff';
const bodyOf = (name: string, i = 0): unknown => JSON.parse(peer.requests(name)[i]?.body.toString() ?? 'null');
const paged = (data: unknown[], next: string | null = null) => ({
  json: { data, page: { limit: 1000, next_cursor: next, has_more: next !== null } },
});

const scores: ModelScores = {
  windows: 12,
  horizon_hours: 24,
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-13T00:00:00Z',
  events: 1234,
  passes: false,
  loses_to: ['kernel density'],
  forecasters: [
    {
      name: 'model',
      log_score_per_event: -7.482,
      information_gain: null,
      gain_interval: null,
      pai: { '1': 9.19, '2': 7, '5': 4.5 },
      brier: 0.0123,
      coverage: 0.91,
    },
    {
      name: 'historical rate',
      log_score_per_event: -7.594,
      information_gain: 0.112,
      gain_interval: [0.05, 0.17],
      pai: { '1': 8.1, '2': 6.2, '5': null },
      brier: 0.013,
      coverage: null,
    },
  ],
};
const summary: ModelSummary = {
  model_version: 'fire-3', event_type: 'fire', status: 'active', created_at: '2026-01-13T00:00:00Z', activated_at: null,
  trained_from: '2011-01-01T00:00:00Z', trained_to: '2022-01-01T00:00:00Z', events: 15_628, cells: 1893, branching_ratio: 0.4321, passes: true,
}; // prettier-ignore
const card: Model = { ...summary, parameters: {}, diagnostics: {}, scores, notes: ['Times are days only.'] };
const job = (state: Job['state'], more: Partial<Job> = {}): Job => ({
  job_id: 'j1', type: 'model.train', state, params: {}, progress: { percent: 40, message: 'fitting' }, result: null, error: null, attempts: 1,
  priority: 5, depends_on: [], run_after: '2026-01-01T00:00:00Z', created_at: '2026-01-01T00:00:00Z', started_at: null, finished_at: null, ...more,
}); // prettier-ignore

/** A job that is met waiting, then active, then as it ended. */
function jobEnds(name: string, end: Job): void {
  const states = [job('waiting'), job('active'), end];
  peer.route(name, () => ({ status: 202, json: job('waiting') }));
  peer.route('GET /api/v1/jobs/j1', () => ({ json: states.length > 1 ? states.shift() : states[0] }));
}

describe('namespace', () => {
  it('creates, lists and shows', async () => {
    const args = [
      'namespace',
      'create',
      'toronto',
      '--name',
      'Toronto',
      '--resolution',
      '8',
      '--time-zone',
      'America/Toronto',
      '--levels',
      '0.1,0.2,0.3',
      '--amount-kind',
      'none',
    ];
    const made = await strisk(peer.url, args);
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('Created namespace toronto') as string });
    expect(bodyOf('POST /api/v1/namespaces')).toEqual({
      namespace_id: 'toronto', name: 'Toronto', h3_resolution: 8, time_zone: 'America/Toronto', levels: { MODERATE: 0.1, HIGH: 0.2, CRITICAL: 0.3 }, amount_kind: 'none',
    }); // prettier-ignore
    expect(peer.requests('POST /api/v1/namespaces')[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    peer.route('GET /api/v1/namespaces', ({ query }) =>
      query['cursor'] === 'c2' ? paged([namespaceOf('two')]) : paged([namespaceOf('one')], 'c2'),
    );
    expect((await strisk(peer.url, ['namespace', 'list'])).out).toMatch(/NAMESPACE.*\none .*\ntwo /);
    peer.route('GET /api/v1/namespaces/one', () => ({ json: namespaceOf('one') }));
    expect((await strisk(peer.url, ['-n', 'one', 'namespace', 'show'])).out).toContain(
      'levels      MODERATE from 0.05',
    );
  });

  it.each(['0.5,0.4,0.9', '0.1,0.2', 'a,b,c', '0.1,0.2,1'])('refuses levels %s', async (levels) => {
    expect(await strisk(peer.url, ['namespace', 'create', 'x', '--levels', levels])).toMatchObject({ code: 2 });
    expect(peer.asked).toEqual([]);
  });

  it('shows a problem as one line and its fields, and nothing of a stack', async () => {
    peer.route('POST /api/v1/namespaces', () =>
      problem('REQUEST_INVALID', 'Two fields', {
        errors: [{ path: 'time_zone', message: 'must be an IANA time zone' }],
      }),
    );
    const { code, err } = await strisk(peer.url, ['namespace', 'create', 'x', '--time-zone', 'Nowhere']);
    expect(code).toBe(1);
    expect(err).toBe(
      'strisk: The request is not valid: Two fields (REQUEST_INVALID)\n  time_zone: must be an IANA time zone\n',
    );
  });
});

describe('train', () => {
  it('starts the job with activation, follows it and shows the card', async () => {
    jobEnds('POST /api/v1/models/train', job('completed', { result: { model_version: 'fire-3' } }));
    peer.route('GET /api/v1/models/fire-3', () => ({ json: card }));
    const { code, out, err } = await strisk(peer.url, [
      'train',
      '--event-type',
      'fire',
      '--from',
      '2011-01-01',
      '--min-amount',
      '2.5',
    ]);
    expect(code).toBe(0);
    expect(bodyOf('POST /api/v1/models/train')).toEqual({
      activate: true,
      force: false,
      event_type: 'fire',
      from: '2011-01-01T00:00:00Z',
      min_amount: 2.5,
    });
    expect(err).toContain('40 %  fitting');
    expect(out).toContain('branching    0.432');
    expect(out).toMatch(/historical rate +-7\.5940 +\+0\.112 {2}\+0\.050 … \+0\.170 +8\.10 +6\.20 +– +0\.01300/);
    expect(out).toContain('The model does not beat kernel density.');
  });

  it('does not wait when told so, and can be told not to activate', async () => {
    jobEnds('POST /api/v1/models/train', job('completed'));
    const { out } = await strisk(peer.url, ['train', '--no-wait', '--no-activate', '--force']);
    expect(out).toContain('"strisk job j1 --wait"');
    expect(bodyOf('POST /api/v1/models/train')).toEqual({ activate: false, force: true });
    expect(peer.requests('GET /api/v1/jobs/j1')).toEqual([]);
  });

  it('lists the types where it must be told which', async () => {
    peer.route('POST /api/v1/models/train', () => problem('EVENT_TYPE_AMBIGUOUS', 'Name an event type'));
    const type = (event_type: string, events: number) => ({ event_type, events, cells: 1, first: '', last: '' });
    peer.route('GET /api/v1/event-types', () => ({ json: { data: [type('theft', 10), type('fire', 2000)] } }));
    const { code, err } = await strisk(peer.url, ['train']);
    expect(code).toBe(1);
    expect(err).toMatch(/--event-type all[^]*fire {2}\(2,000 events\)\n {2} {2}theft/);
  });

  it('fails with the job’s reason', async () => {
    jobEnds(
      'POST /api/v1/models/train',
      job('failed', { error: { code: 'TRAINING_DATA_TOO_THIN', message: '12 events' } }),
    );
    expect(await strisk(peer.url, ['train'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('failed: 12 events (TRAINING_DATA_TOO_THIN)') as string,
    });
  });

  it('refuses a time without a zone', async () => {
    expect(await strisk(peer.url, ['train', '--from', '2011-01-01T00:00:00'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('with a zone') as string,
    });
  });

  it('leaves the job running when the waiting is interrupted', async () => {
    const interruption = new AbortController();
    peer.route('POST /api/v1/models/train', () => ({ status: 202, json: job('waiting') }));
    peer.route('GET /api/v1/jobs/j1', () => {
      interruption.abort();
      return { json: job('active') };
    });
    const { code, err } = await strisk(peer.url, ['train'], { signal: interruption.signal });
    expect(code).toBe(130);
    expect(err).toContain('job j1 goes on');
  });
});

describe('backtest, models, activate, job', () => {
  it('backtests the model in service and shows the scores of the job', async () => {
    peer.route('GET /api/v1/models', () =>
      paged([{ ...summary, status: 'retired', model_version: 'fire-2' }, summary]),
    );
    jobEnds('POST /api/v1/models/fire-3/backtest', job('completed', { type: 'model.backtest', result: { scores } }));
    const { code, out } = await strisk(peer.url, ['backtest', '--windows', '20', '--horizon', '48']);
    expect(code).toBe(0);
    expect(bodyOf('POST /api/v1/models/fire-3/backtest')).toEqual({ windows: 20, horizon_hours: 48 });
    expect(out).toMatch(
      /Backtest of fire-3\n12 forecasts of 24 h[^]*PAI 1 % +PAI 2 % +PAI 5 % +BRIER +COVERAGE\nmodel .* 91\.0 %/,
    );
  });

  it('takes the scores of the card where the job has none, and asks which of several models', async () => {
    jobEnds('POST /api/v1/models/fire-3/backtest', job('completed', { result: null }));
    peer.route('GET /api/v1/models/fire-3', () => ({ json: card }));
    expect((await strisk(peer.url, ['backtest', 'fire-3', '--json'])).out).toContain('"loses_to"');
    peer.route('GET /api/v1/models', () =>
      paged([summary, { ...summary, model_version: 'theft-1', event_type: 'theft' }]),
    );
    expect(await strisk(peer.url, ['backtest'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/fire-3[^]*theft-1/) as string,
    });
  });

  it('lists models and shows one', async () => {
    peer.route('GET /api/v1/models', () =>
      paged([summary, { ...summary, model_version: 'fire-4', passes: null, status: 'candidate' }]),
    );
    peer.route('GET /api/v1/models/fire-3', () => ({ json: card }));
    expect((await strisk(peer.url, ['models'])).out).toMatch(
      /fire-3 .* 15,628 .* 0\.432 {2}yes[^]*fire-4 .*not scored/,
    );
    expect((await strisk(peer.url, ['models', 'fire-3'])).out).toContain('note         Times are days only.');
  });

  it('activates, and says how to where it is refused', async () => {
    peer.route('POST /api/v1/models/fire-3/activate', ({ body }) =>
      (JSON.parse(body.toString()) as { force: boolean }).force
        ? { json: card }
        : problem('MODEL_LOSES_TO_BASELINE', 'It loses to kernel density'),
    );
    expect(await strisk(peer.url, ['activate', 'fire-3'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/loses to kernel density[^]*--force/) as string,
    });
    expect(await strisk(peer.url, ['activate', 'fire-3', '--force'])).toMatchObject({
      code: 0,
      out: 'Model fire-3 (fire) is active.\n',
    });
  });

  it('shows a job', async () => {
    peer.route('GET /api/v1/jobs/j1', () => ({ json: job('active') }));
    expect((await strisk(peer.url, ['job', 'j1'])).out).toBe('model.train j1: active, 40 % fitting\n');
    expect(await strisk(peer.url, ['job', 'none'])).toMatchObject({ code: 1 });
  });
});

describe('token', () => {
  const token = {
    token_id: 't1',
    namespace_id: 'default',
    name: 'feeder',
    scopes: ['events:write'],
    created_at: '2026-01-01T00:00:00Z',
    expires_at: '2020-01-01T00:00:00Z',
    revoked_at: null,
  };

  it('prints the secret alone on stdout', async () => {
    peer.route('POST /api/v1/tokens', () => ({ status: 201, json: { ...token, token: 'secret' } }));
    const { out, err } = await strisk(peer.url, [
      'token',
      'create',
      '--name',
      'feeder',
      '--scopes',
      'events:write, risk:read',
      '--expires-days',
      '30',
    ]);
    expect(out).toBe('secret\n');
    expect(err).toContain('not shown again');
    expect(bodyOf('POST /api/v1/tokens')).toEqual({
      name: 'feeder',
      scopes: ['events:write', 'risk:read'],
      expires_in_days: 30,
    });
  });

  it('refuses a scope that is none, lists, rotates and revokes', async () => {
    expect(await strisk(peer.url, ['token', 'create', '--name', 'x', '--scopes', 'root'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('events:write') as string,
    });
    peer.route('GET /api/v1/tokens', () => paged([token]));
    expect((await strisk(peer.url, ['token', 'list'])).out).toMatch(/t1 .*events:write .*expired/);
    peer.route('POST /api/v1/tokens/t1/rotate', () => ({ json: { ...token, token: 'newer' } }));
    expect((await strisk(peer.url, ['token', 'rotate', 't1'])).out).toBe('newer\n');
    peer.route('DELETE /api/v1/tokens/t1', () => ({ status: 204 }));
    expect(await strisk(peer.url, ['token', 'revoke', 't1'])).toMatchObject({ code: 0, out: 'Revoked token t1.\n' });
  });
});

describe('settings', () => {
  it('sends the token of this machine to this machine only', async () => {
    await writeFile(join(folder, 'admin-token'), 'local-token\n');
    const env = { STRISK_TOKEN: '', DATA_DIR: folder };
    await strisk(peer.url, ['models'], { env });
    expect(peer.asked[0]?.headers.authorization).toBe('Bearer local-token');
    const { settings } = await import('../settings.js');
    expect(settings({ url: 'http://[::1]:3000' }, env).token).toBe('local-token');
    for (const url of ['https://risk.example.org', 'http://127.0.0.1.example.org', 'http://localhost.example.org']) {
      expect(settings({ url }, env).token).toBeNull();
    }
  });

  it('takes options before the environment, and a path below the address', async () => {
    peer.route('GET /risk/api/v1/models', () => paged([]));
    const { code } = await strisk('http://nowhere.invalid', ['--url', `${peer.url}/risk/`, '-n', 'b', 'models'], {
      env: { STRISK_NAMESPACE: 'a' },
    });
    expect(code).toBe(0);
    expect(peer.asked[0]?.headers['x-namespace']).toBe('b');
  });
});

describe('status', () => {
  const dependencies = {
    clickhouse: { status: 'up', latency_ms: 1.25, detail: null },
    redis: { status: 'down', latency_ms: null, detail: 'refused' },
  };

  it('shows parts, types and the age of surfaces', async () => {
    peer.route('GET /ready', () => ({ json: { status: 'degraded', dependencies } }));
    peer.route('GET /api/v1/event-types', () => ({
      json: { data: [{ event_type: 'fire', events: 15_628, cells: 900, first: '2011', last: '2022' }] },
    }));
    peer.route('GET /api/v1/models', () => paged([summary, { ...summary, model_version: 'b', event_type: 'theft' }]));
    peer.route('GET /api/v1/risk-map', ({ query }) =>
      query['event_type'] === 'fire'
        ? { json: riskMap({ issued_at: new Date(Date.now() - 7_200_000).toISOString() }) }
        : problem('SURFACE_NOT_READY', 'soon'),
    );
    const { code, out } = await strisk(peer.url, ['status']);
    expect(code).toBe(0);
    expect(out).toMatch(/is degraded[^]*clickhouse +up +1\.3 ms[^]*redis +down +refused/);
    expect(out).toMatch(/fire +15,628 +900/);
    expect(out).toMatch(/surface of fire: 2 h old, model fire-3[^]*surface of theft: not there yet/);
  });

  it('fails where the platform cannot serve, and says which part is away', async () => {
    peer.route('GET /ready', () => ({ status: 503, json: { status: 'unavailable', dependencies } }));
    expect(await strisk(peer.url, ['status'])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/is unavailable[^]*redis +down/) as string,
    });
  });
});

function riskMap(more: Partial<RiskMap> = {}): RiskMap {
  return {
    model_version: 'fire-3', event_type: 'fire', issued_at: '2026-01-01T00:00:00Z', valid_from: '2026-01-01T00:00:00Z', valid_to: '2026-01-02T00:00:00Z',
    data_until: '2026-01-01T00:00:00Z', horizon_hours: 24, resolution: 7, cell_count: 1,
    cells: [{ cell: CELL, p_event: 0.1, expected_count: 0.14, q05: 0, q50: 0, q95: 1, expected_loss: 4120.5, risk_score: 87, level: 'HIGH' }], ...more,
  }; // prettier-ignore
}

function risk(id: string, comment: string | null): Risk {
  return {
    risk_id: id, timestamp: '2026-01-01T00:00:00Z', status: 'open', level: 'HIGH', cell: { id: CELL, center: { lat: 43.6, lon: -79.4 } }, target_id: null,
    event_type: 'fire', p_event: 0.2, expected_count: 0.3, horizon_hours: 24, model_version: 'fire-3', acknowledged_by: null, comment, updated_at: '2026-01-01T00:00:00Z', version: 1,
  }; // prettier-ignore
}

const windows = { '1h': 0, '24h': 1, '7d': 2, '28d': 3 };
const features: CellFeatures = {
  cell: CELL, at: '2026-01-01T00:00:00Z', event_type: 'fire', counts: windows, sums: windows,
  rings: [{ ring: 1, cells: 6, counts: windows, sums: windows }], hour_of_week: { index: 5, count: 2, share: 0.01 },
}; // prettier-ignore

describe('export', () => {
  const exported = async (args: string[], name: string) => {
    const path = join(folder, name);
    const ran = await strisk(peer.url, ['export', ...args, '-o', path]);
    return { ...ran, text: await readFile(path, 'utf8').catch(() => null) };
  };

  it('streams events with the filters it was given', async () => {
    peer.route('GET /api/v1/events', () => (response) => void response.end('event_id,timestamp\r\na,b\r\n'));
    const { code, text, out } = await exported(
      ['events', '--from', '2020-01-01', '--bbox', '-80,43,-79,44', '-t', 'fire'],
      'e.csv',
    );
    expect({ code, text }).toEqual({ code: 0, text: 'event_id,timestamp\r\na,b\r\n' });
    expect(peer.asked[0]?.query).toEqual({
      format: 'csv',
      from: '2020-01-01T00:00:00Z',
      bbox: '-80,43,-79,44',
      event_type: 'fire',
    });
    expect(out).toContain('25 bytes');
  });

  it('leaves nothing half written when the connection breaks, and what was there before', async () => {
    await writeFile(join(folder, 'e.ndjson'), 'yesterday');
    peer.route('GET /api/v1/events', () => (response, socket) => {
      response.write('{"event_id":"a"}\n', () => socket.destroy());
    });
    const { code, text, err } = await exported(['events'], 'e.ndjson');
    expect(code).toBe(3);
    expect(err).toContain('broke before the answer was complete');
    expect(text).toBe('yesterday');
    expect(await readdir(folder)).toEqual(['e.ndjson']);
  });

  it('pages events as JSON', async () => {
    const event = {
      event_id: 'a',
      timestamp: 't',
      lat: 1,
      lon: 2,
      cell: CELL,
      event_type: 'x',
      amount: null,
      entity_id: null,
      attrs: {},
    };
    peer.route('GET /api/v1/events', ({ query }) =>
      query['cursor'] === undefined ? paged([event], 'next') : paged([{ ...event, event_id: 'b' }]),
    );
    expect(JSON.parse((await exported(['events'], 'e.json')).text ?? '')).toEqual([event, { ...event, event_id: 'b' }]);
  });

  it('writes the risk map in every format', async () => {
    peer.route('GET /api/v1/risk-map', ({ query }) => ({
      json: query['format'] === 'geojson' ? { type: 'FeatureCollection' } : riskMap(),
    }));
    expect((await exported(['risk-map', '--horizon', '48', '--min-level', 'HIGH'], 'm.csv')).text).toBe(
      'cell,event_type,p_event,expected_count,q05,q50,q95,expected_loss,risk_score,level,horizon_hours,issued_at,valid_from,valid_to,model_version\r\n' +
        `${CELL},fire,0.1,0.14,0,0,1,4120.5,87,HIGH,24,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,fire-3\r\n`,
    );
    expect(peer.asked[0]?.query).toEqual({ horizon: '48', min_level: 'HIGH', format: 'json' });
    expect((await exported(['risk-map'], 'm.geojson')).text).toBe('{"type":"FeatureCollection"}');
    expect(JSON.parse((await exported(['risk-map'], 'm.ndjson')).text ?? '')).toMatchObject({
      cell: CELL,
      model_version: 'fire-3',
    });
    expect(JSON.parse((await exported(['risk-map'], 'm.json')).text ?? '')).toEqual(riskMap());
  });

  it('follows the pages of risks, quotes what needs it, and draws points', async () => {
    peer.route('GET /api/v1/risks', ({ query }) =>
      query['cursor'] === undefined ? paged([risk('r1', 'say "hi",\nthen go')], 'c') : paged([risk('r2', null)]),
    );
    const { text } = await exported(['risks', '--status', 'open'], 'r.csv');
    expect(text?.split('\r\n')[1]).toContain(
      'r1,2026-01-01T00:00:00Z,open,HIGH,872b9bc71ffffff,43.6,-79.4,,fire,0.2,0.3,24,fire-3,,"say ""hi"",\nthen go",',
    );
    expect(text?.split('\r\n')[2]).toMatch(/^r2,/);
    const points = JSON.parse((await exported(['risks'], 'r.geojson')).text ?? '') as { features: unknown[] };
    expect(points.features).toHaveLength(2);
    expect(points.features[0]).toMatchObject({
      id: 'r1',
      geometry: { type: 'Point', coordinates: [-79.4, 43.6] },
      properties: { cell: CELL },
    });
    peer.route('GET /api/v1/risks', () => paged([]));
    expect(JSON.parse((await exported(['risks'], 'none.geojson')).text ?? '')).toEqual({
      type: 'FeatureCollection',
      features: [],
    });
    expect(JSON.parse((await exported(['risks'], 'none.json')).text ?? '')).toEqual([]);
  });

  it('writes features flat, or as outlined cells, all of one moment', async () => {
    peer.route('GET /api/v1/features/snapshot', ({ query }) =>
      query['cursor'] === undefined ? paged([features], 'c') : paged([features]),
    );
    const { text } = await exported(['features', '-t', 'fire'], 'f.csv');
    expect(text?.split('\r\n')[0]).toMatch(/^cell,at,event_type,count_1h,.*,ring2_sum_28d,hour_of_week,/);
    expect(text?.split('\r\n')[1]).toBe(
      `${CELL},2026-01-01T00:00:00Z,fire,0,1,2,3,0,1,2,3,0,1,2,3,0,1,2,3,,,,,,,,,5,2,0.01`,
    );
    expect(peer.asked[0]?.query['time']).toMatch(/Z$/);
    expect(peer.asked[1]?.query['time']).toBe(peer.asked[0]?.query['time']);
    const drawn = JSON.parse((await exported(['features'], 'f.geojson')).text ?? '') as {
      features: { id: string; geometry: { type: string } }[];
    };
    expect(drawn.features[0]).toMatchObject({ id: CELL, geometry: { type: 'Polygon' } });
  });

  it('writes to stdout without -o', async () => {
    peer.route('GET /api/v1/risks', () => paged([risk('r1', null)]));
    expect(JSON.parse((await strisk(peer.url, ['export', 'risks', '--format', 'ndjson'])).out)).toMatchObject({
      risk_id: 'r1',
    });
  });

  it.each<[string[], number, RegExp]>([
    [['risk-map', '--bbox', '1,2,3'], 2, /west,south,east,north/],
    [['risks', '--level', 'DIRE'], 2, /Allowed choices/],
    [['events', '--format', 'xls'], 2, /Allowed choices/],
  ])('refuses %j', async (args, code, message) => {
    const { code: got, err } = await exported(args, 'x');
    expect(got).toBe(code);
    expect(err).toMatch(message);
  });

  it.skipIf(!existsSync('/dev/full'))('says that the disk is full', async () => {
    peer.route('GET /api/v1/risks', () => paged([risk('r1', null)]));
    const { code, err } = await strisk(peer.url, ['export', 'risks', '-o', '/dev/full']);
    expect({ code, err }).toEqual({ code: 1, err: 'strisk: Cannot write /dev/full: the disk is full\n' });
  });

  it('writes behind a link and keeps it', async () => {
    peer.route('GET /api/v1/risks', () => paged([]));
    await writeFile(join(folder, 'real.json'), 'old');
    await symlink(join(folder, 'real.json'), join(folder, 'link.json'));
    expect((await exported(['risks'], 'link.json')).code).toBe(0);
    expect(JSON.parse(await readFile(join(folder, 'real.json'), 'utf8'))).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['link.json', 'real.json']);
  });

  it('says that the file cannot be written', async () => {
    const { code, err } = await strisk(peer.url, ['export', 'risks', '-o', join(folder, 'no', 'such', 'x.csv')]);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Cannot write .*x\.csv: there is no such file or folder/) as string,
    });
  });
});
