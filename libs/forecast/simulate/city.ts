import { cellToLatLng, greatCircleDistance, latLngToCell, polygonToCells } from 'h3-js';
import { HOURS_OF_WEEK } from '../process/clock.js';
import { branchingRatio, type Kernel } from '../process/kernel.js';
import { buildRegion, type Region } from '../process/region.js';
import type { Season } from '../process/season.js';
import { stateAt } from '../process/state.js';
import { combineSeeds, createRandom, type Random } from '../random.js';
import { continueSimulation, simulate, type Simulation, type SimulationModel } from './simulate.js';

export const CITY_TIME_ZONE = 'America/Chicago';
export const CITY_RESOLUTION = 8;

/** One event of the demo city, in the shape that ingest takes. */
export interface CityEvent {
  readonly event_id: string;
  /** RFC 3339, UTC, to the millisecond. */
  readonly timestamp: string;
  readonly lat: number;
  readonly lon: number;
  /** Dollars, to the cent. */
  readonly amount: number;
}

/** The truth behind a simulated city: what a fit should find again. */
export interface CityTruth {
  readonly region: Region;
  readonly kernel: Kernel;
  /** Events per hour and cell. */
  readonly background: Float64Array;
  readonly season: Season;
  readonly branchingRatio: number;
  /** Amounts are lognormal: mean and standard deviation of their logarithm, the mean by cell. */
  readonly amountLogMean: Float64Array;
  readonly amountLogDeviation: number;
}

export interface City {
  readonly truth: CityTruth;
  readonly events: readonly CityEvent[];
  /** The same events with their cells, in the same order. */
  readonly simulation: Simulation;
}

export interface CityOptions {
  /** End of the history, exclusive. */
  now: Date;
  seed: number;
  /** Length of the history, days. Default 365. */
  days?: number;
}

/**
 * Rough outline of Chicago by hand, `[lat, lon]`, the lake shore first from north to south. Only the outline is real: events,
 * rates and amounts are invented.
 */
const OUTLINE: [number, number][] = [
  [42.0225, -87.666],
  [41.984, -87.65],
  [41.9635, -87.636],
  [41.915, -87.625],
  [41.892, -87.608],
  [41.866, -87.613],
  [41.83, -87.604],
  [41.797, -87.578],
  [41.772, -87.563],
  [41.737, -87.527],
  [41.645, -87.525],
  [41.645, -87.616],
  [41.677, -87.642],
  [41.678, -87.72],
  [41.722, -87.742],
  [41.735, -87.8],
  [41.82, -87.8],
  [41.821, -87.739],
  [41.868, -87.74],
  [41.868, -87.775],
  [41.908, -87.775],
  [41.909, -87.806],
  [41.94, -87.838],
  [41.975, -87.848],
  [42.011, -87.848],
  [42.019, -87.71],
  [42.0225, -87.7],
];

/** Places where things happen: centre, reach in km, and height over the city's mean. */
const HOT_SPOTS: readonly { at: [number, number]; reach: number; height: number }[] = [
  { at: [41.8825, -87.63], reach: 1.6, height: 9 },
  { at: [41.897, -87.625], reach: 1.1, height: 5 },
  { at: [41.91, -87.677], reach: 1.3, height: 3.5 },
  { at: [41.944, -87.655], reach: 1.2, height: 4 },
  { at: [41.88, -87.72], reach: 2.2, height: 4.5 },
  { at: [41.895, -87.757], reach: 1.6, height: 3 },
  { at: [41.78, -87.645], reach: 2.4, height: 4.2 },
  { at: [41.761, -87.605], reach: 1.5, height: 3.2 },
  { at: [41.752, -87.57], reach: 1.2, height: 3 },
  { at: [41.692, -87.62], reach: 1.4, height: 2.4 },
  { at: [41.968, -87.66], reach: 1.1, height: 2.4 },
  { at: [41.81, -87.7], reach: 1.4, height: 1.8 },
];

/** Expected events per day, all generations: 57,500 in a year. */
const EVENTS_PER_DAY = 157.5;
const BRANCHING = 0.35;
const AMOUNT_LOG_DEVIATION = 1.1;
/** The process runs this long before the history begins, so that the first days have a past too. */
const WARM_UP_DAYS = 60;

let truth: CityTruth | undefined;

/** The demo city's parameters: fixed, whatever the seed. */
export function cityTruth(): CityTruth {
  truth ??= makeTruth();
  return truth;
}

/**
 * A fictional city laid over Chicago's outline: background with hot spots and a gradient, evenings and weekends busier, each event
 * setting off 0.35 others nearby within minutes to a few weeks, amounts lognormal. More than 50,000 events in the 365 days before `now`.
 * The same `now` and seed give the same city.
 */
export function simulateCity(options: CityOptions): City {
  const days = options.days ?? 365;
  const to = options.now.getTime() / 3_600_000;
  const from = to - days * 24;
  const city = cityTruth();
  const whole = simulate(modelOf(city), from - WARM_UP_DAYS * 24, to, options.seed);
  const simulation = after(whole, from);
  return { truth: city, events: toEvents(city, simulation, options.seed), simulation };
}

/**
 * What happens in the city from `from` until `to`, given the events before. Deterministic for the history, the span and the seed.
 *
 * @param history events before `from`, in any order; the last two hundred days matter.
 */
export function continueCity(history: Iterable<CityEvent>, from: Date, to: Date, seed: number): CityEvent[] {
  const city = cityTruth();
  const start = from.getTime() / 3_600_000;
  const end = to.getTime() / 3_600_000;
  const past: { time: number; cell: number }[] = [];
  for (const event of history) {
    const time = Date.parse(event.timestamp) / 3_600_000;
    const cell = cellOf(city.region, event.lat, event.lon);
    if (time < start && cell >= 0) past.push({ time, cell });
  }
  past.sort((a, b) => a.time - b.time || a.cell - b.cell);
  const series = {
    time: Float64Array.from(past, (event) => event.time),
    cell: Int32Array.from(past, (event) => event.cell),
    mark: new Float64Array(past.length),
  };
  const state = stateAt(city, series, start);
  const stepSeed = combineSeeds(seed, Math.floor(start * 60));
  const simulation = continueSimulation(modelOf(city), state, start, end, createRandom(stepSeed));
  return toEvents(city, simulation, stepSeed);
}

function modelOf(city: CityTruth): SimulationModel {
  return { region: city.region, kernel: city.kernel, background: city.background, season: city.season };
}

function makeTruth(): CityTruth {
  const cells = polygonToCells(OUTLINE, CITY_RESOLUTION);
  const region = buildRegion(cells, { addNeighbours: false });
  const centre: [number, number] = [41.8825, -87.63];
  const shape = new Float64Array(region.size);
  const amountLogMean = new Float64Array(region.size);
  let sum = 0;
  region.cells.forEach((cell, c) => {
    const at = cellToLatLng(cell);
    const fromCentre = greatCircleDistance(at, centre, 'km');
    // A gradient outwards, a wave across the city, and the hot spots.
    let value = 0.35 + 0.9 * Math.exp(-fromCentre / 14);
    value *= 1 + 0.35 * Math.sin(at[0] * 55 + at[1] * 38);
    for (const spot of HOT_SPOTS) {
      const distance = greatCircleDistance(at, spot.at, 'km') / spot.reach;
      value += spot.height * 0.55 * Math.exp(-0.5 * distance * distance);
    }
    shape[c] = value;
    sum += value;
    amountLogMean[c] = 6.6 + 0.6 * Math.exp(-fromCentre / 9) + 0.25 * Math.cos(at[0] * 70);
  });
  const kernel: Kernel = {
    halfLives: Float64Array.of(0.5, 5, 30, 120),
    knots: Float64Array.of(0),
    alpha: 0,
    referenceMark: 0,
    gain: Float64Array.of(BRANCHING),
    timeWeights: Float64Array.of(0.2, 0.3, 0.3, 0.2),
    spaceWeights: spaceWeights(region, [0.7, 0.24, 0.06]),
  };
  // Successors that leave the city are lost to it, so the background carries a little more than the branching ratio says.
  const perHour = (EVENTS_PER_DAY / 24) * (1 - branchingRatio(kernel, Float64Array.of(1)));
  return {
    region,
    kernel,
    background: shape.map((value) => (value / sum) * perHour * 1.015),
    season: citySeason(),
    branchingRatio: BRANCHING,
    amountLogMean,
    amountLogDeviation: AMOUNT_LOG_DEVIATION,
  };
}

function spaceWeights(region: Region, rings: readonly number[]): Float64Array {
  const weights = new Float64Array(region.bases);
  weights.set(rings);
  return weights;
}

/** Quiet before dawn, busy in the evening, and busier and later on Friday and Saturday nights. */
function citySeason(): Season {
  const week = new Float64Array(HOURS_OF_WEEK);
  let sum = 0;
  for (let k = 0; k < HOURS_OF_WEEK; k++) {
    const hour = k % 24;
    const day = Math.floor(k / 24);
    const evening = bump(hour, 20, 3.5);
    const noon = bump(hour, 13, 3);
    const night = bump(hour, 1, 2.2);
    const weekend = day === 5 || day === 6;
    const lateBefore = day === 5 || day === 6 ? 1.1 : 0.25;
    week[k] = 0.35 + 1.05 * evening * (day === 4 || day === 5 ? 1.35 : 1) + 0.55 * noon + lateBefore * night;
    if (weekend) week[k]! *= 1.12;
    sum += week[k]!;
  }
  return {
    timeZone: CITY_TIME_ZONE,
    week: week.map((value) => (value * HOURS_OF_WEEK) / sum),
    year: new Float64Array(12).fill(1),
  };
}

/** A bell around an hour of the day, on the clock's circle. */
function bump(hour: number, peak: number, width: number): number {
  const distance = Math.min(Math.abs(hour + 0.5 - peak), 24 - Math.abs(hour + 0.5 - peak));
  return Math.exp(-0.5 * (distance / width) ** 2);
}

function after(whole: Simulation, from: number): Simulation {
  const { series } = whole;
  let first = 0;
  while (first < series.time.length && series.time[first]! < from) first++;
  return {
    series: { time: series.time.slice(first), cell: series.cell.slice(first), mark: series.mark.slice(first) },
    lat: whole.lat.slice(first),
    lon: whole.lon.slice(first),
    generation: whole.generation.slice(first),
  };
}

function toEvents(city: CityTruth, simulation: Simulation, seed: number): CityEvent[] {
  const random: Random = createRandom(combineSeeds(seed, 0xa3));
  const batch = (seed >>> 0).toString(36);
  return Array.from(simulation.series.time, (time, i) => {
    const cell = simulation.series.cell[i]!;
    const amount = Math.exp(city.amountLogMean[cell]! + city.amountLogDeviation * random.normal());
    const milliseconds = Math.floor(time * 3_600_000);
    return {
      event_id: `sim-${batch}-${milliseconds.toString(36)}-${i.toString(36)}`,
      timestamp: new Date(milliseconds).toISOString(),
      lat: Math.round(simulation.lat[i]! * 1e6) / 1e6,
      lon: Math.round(simulation.lon[i]! * 1e6) / 1e6,
      amount: Math.round(amount * 100) / 100,
    };
  });
}

function cellOf(region: Region, lat: number, lon: number): number {
  return region.indexOf(latLngToCell(lat, lon, region.resolution));
}
