import { existsSync, readFileSync } from 'node:fs';
import { gridDisk, latLngToCell } from 'h3-js';
import {
  absorb,
  advance,
  type AmountSeverity,
  buildRegion,
  buildSeries,
  chooseMarkScale,
  computeSurface,
  createRandom,
  defaultHalfLives,
  type EventSeries,
  fit,
  fitSeverity,
  type ForecastState,
  type Model,
  type RawEvent,
  type Region,
  scenarios,
  score,
  scoreRate,
  seriesOf,
  smoothedHistoricalRate,
  stateAt,
  surfaceAt,
  toMark,
} from '#forecast';
import type { Bench } from './bench.js';

/** Real catalogues lie beside the repository where they are at hand; it does not ship them. */
const data = new URL('../../../shared/data/', import.meta.url);

interface FitCase {
  readonly region: Region;
  readonly series: EventSeries;
  readonly from: number;
  readonly split: number;
  readonly to: number;
  readonly timeZone: string;
}

interface FitSource {
  readonly file: string;
  readonly resolution: number;
  readonly from: string;
  readonly split: string;
  readonly to: string;
  readonly leastAmount: number;
  readonly timeZone: string;
}

function loadFitCase(source: FitSource): FitCase | string {
  const path = new URL(source.file, data);
  if (!existsSync(path)) return `${source.file} is not beside the repository (../shared/data)`;
  const [from, split, to] = [source.from, source.split, source.to].map((text) => Date.parse(text) / 3_600_000) as [
    number,
    number,
    number,
  ];
  const rows = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  const parsed = rows
    .map((row) => {
      const [, ts, lat, lon, amount] = row.split(',');
      return { time: Date.parse(`${ts}Z`) / 3_600_000, lat: Number(lat), lon: Number(lon), amount: Number(amount) };
    })
    .filter((event) => event.time >= from && event.time < to && event.amount >= source.leastAmount);
  const scale = chooseMarkScale(parsed.map((event) => event.amount));
  const events: RawEvent[] = parsed.map((event) => ({
    time: event.time,
    cell: latLngToCell(event.lat, event.lon, source.resolution),
    mark: toMark(event.amount, scale),
  }));
  const region = buildRegion(events.filter((event) => event.time < split).map((event) => event.cell!));
  return { region, series: buildSeries(events, region).series, from, split, to, timeZone: source.timeZone };
}

/** Fits on [from, split), scores [split, to) against the smoothed historical rate. Everything else is the library's default. */
function measureFit({ region, series, from, split, to, timeZone }: FitCase): Record<string, number> {
  const started = performance.now();
  const { model, diagnostics } = fit(series, region, { from, to: split, timeZone });
  const fitted = performance.now();
  const modelScore = score(model, series, split, to);
  const scored = performance.now();
  const historical = scoreRate(smoothedHistoricalRate(region, series, from, split), series, split, to);
  return {
    fit_s: (fitted - started) / 1000,
    score_ms: scored - fitted,
    gain_nats: modelScore.perEvent - historical.perEvent,
    model_nats: modelScore.perEvent,
    historical_nats: historical.perEvent,
    train_events: model.trainedEvents,
    test_events: modelScore.events,
    expected_over_observed: modelScore.expected / modelScore.events,
    branching_ratio: model.branchingRatio,
    iterations: diagnostics.iterations,
    cells: region.size,
  };
}

const fitScedc: Bench<FitCase> = {
  description: 'Southern California M >= 2.5, H3 resolution 5, trained on 1990-2009, scored on 2010-2018',
  runs: 5,
  bars: [
    { figure: 'gain_nats', atLeast: 3.85 },
    { figure: 'fit_s', atMost: 10 },
  ],
  prepare: () =>
    loadFitCase({
      file: 'scedc_m2_1981_2018.csv',
      resolution: 5,
      from: '1990-01-01T00:00:00Z',
      split: '2010-01-01T00:00:00Z',
      to: '2019-01-01T00:00:00Z',
      leastAmount: 2.5,
      timeZone: 'America/Los_Angeles',
    }),
  measure: measureFit,
};

const fitToronto: Bench<FitCase> = {
  description: 'Toronto fires, H3 resolution 7, trained on 2011-2018, scored on 2019-2022',
  runs: 5,
  bars: [
    { figure: 'gain_nats', atLeast: 0.115 },
    { figure: 'fit_s', atMost: 10 },
  ],
  prepare: () =>
    loadFitCase({
      file: 'toronto_fires.csv',
      resolution: 7,
      from: '2011-01-01T00:00:00Z',
      split: '2019-01-01T00:00:00Z',
      to: '2023-01-01T00:00:00Z',
      leastAmount: -Infinity,
      timeZone: 'America/Toronto',
    }),
  measure: measureFit,
};

interface SurfaceCase {
  readonly model: Model;
  readonly state: ForecastState;
  readonly severity: AmountSeverity;
}

/** A region of 100,000 cells with half a million events in its last year, rhythm and over-dispersion: every part has work to do. */
function prepareSurface(): SurfaceCase {
  const random = createRandom(1);
  const cells = gridDisk(latLngToCell(41.88, -87.63, 8), 183)
    .sort()
    .slice(0, 100_000);
  const region = buildRegion(cells, { addNeighbours: false });
  const halfLives = defaultHalfLives(10 * 8766);
  const J = halfLives.length;
  const model: Model = {
    region,
    kernel: {
      halfLives,
      knots: Float64Array.of(0),
      alpha: 0,
      referenceMark: 0,
      gain: Float64Array.of(0.4),
      timeWeights: new Float64Array(J).fill(1 / J),
      spaceWeights: Float64Array.of(0.6, 0.2, 0.1, 0.05, 0.03, 0.02),
    },
    background: Float64Array.from({ length: region.size }, () => 3e-4 * random.exponential() + 1e-6),
    season: {
      timeZone: 'America/Chicago',
      week: Float64Array.from({ length: 168 }, (_, k) => 1 + 0.5 * Math.sin((2 * Math.PI * k) / 24)),
      year: new Float64Array(12).fill(1),
    },
    influence: Float64Array.of(1),
    branchingRatio: 0.4,
    trainedFrom: 0,
    trainedTo: 1,
    trainedEvents: 1,
    dispersion: { horizons: Float64Array.of(24), values: Float64Array.of(1.3) },
  };
  const now = 490_000;
  const events = Array.from({ length: 500_000 }, () => ({
    time: now - 8766 * random.next() ** 2,
    cell: random.integer(region.size),
    mark: 0,
  }));
  const series = seriesOf(events);
  const severity = fitSeverity({
    amounts: Float64Array.from(events, () => Math.exp(7 + random.normal())),
    cells: series.cell,
    size: region.size,
  });
  if (severity.kind !== 'amount') throw new Error('the simulated amounts were not taken as amounts');
  return { model, state: stateAt(model, series, now), severity };
}

const surface: Bench<SurfaceCase> = {
  description: '100,000 cells: state to surface to all figures at 24 h, on synthetic events',
  runs: 15,
  bars: [{ figure: 'total_ms', atMost: 500 }],
  prepare: prepareSurface,
  measure: ({ model, state, severity }) => {
    const started = performance.now();
    const computed = computeSurface(model, state, state.time);
    const ready = performance.now();
    const slice = surfaceAt(computed, 24, severity);
    const done = performance.now();
    const cell = slice.expectedCount.length >> 1;
    scenarios(model, computed, [cell], 24, 5, 7, { severity });
    const drawn = performance.now();
    return {
      surface_ms: ready - started,
      at_24h_ms: done - ready,
      total_ms: done - started,
      five_scenarios_of_a_cell_ms: drawn - done,
      cells: slice.expectedCount.length,
      expected_events: slice.expectedCount.reduce((a, b) => a + b, 0),
    };
  },
};

const refresh: Bench<SurfaceCase> = {
  description: '100,000 cells: state brought forward an hour, 1,000 new events absorbed',
  runs: 15,
  bars: [],
  prepare: prepareSurface,
  measure: ({ model, state }) => {
    const random = createRandom(2);
    const fresh = seriesOf(
      Array.from({ length: 1000 }, () => ({
        time: state.time + random.next(),
        cell: random.integer(model.region.size),
        mark: 0,
      })),
    );
    const started = performance.now();
    absorb(advance(state, state.time + 1), model, fresh);
    return { refresh_ms: performance.now() - started };
  },
};

export const benches = { 'fit-scedc': fitScedc, 'fit-toronto': fitToronto, surface, 'state-refresh': refresh };
