import type { Model } from '../process/model.js';
import { seasonIntegral } from '../process/season.js';
import type { EventSeries } from '../process/series.js';
import type { ForecastState } from '../process/state.js';
import { createRandom, type Random } from '../random.js';
import { cumulativeTable, drawIndex, drawSeasonTime, Offspring } from './cascade.js';
import { CellPoints } from './geometry.js';

/** What a simulation needs of a model. */
export type SimulationModel = Pick<Model, 'region' | 'kernel' | 'background' | 'season'>;

export interface SimulateOptions {
  /** Mark of a new event. Default: the reference mark, so that every event has influence 1. */
  drawMark?: (random: Random, cell: number) => number;
  /** The simulation ends with {@link SimulationError} when it grows beyond this. Default 5,000,000. */
  maxEvents?: number;
}

export interface Simulation {
  readonly series: EventSeries;
  /** A point of the event's cell, degrees. */
  readonly lat: Float64Array;
  readonly lon: Float64Array;
  /** 0 for background events, else generations since the background event, or since the history, that set it off. */
  readonly generation: Int32Array;
}

/** The simulated process does not end. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

interface Born {
  time: number;
  cell: number;
  mark: number;
  generation: number;
}

/** Simulates the process in `[from, to)` from an empty past. The same seed gives the same events. */
export function simulate(
  model: SimulationModel,
  from: number,
  to: number,
  seed: number,
  options: SimulateOptions = {},
): Simulation {
  const random = createRandom(seed);
  const events = background(model, from, to, random, options);
  return finish(model, grow(model, events, to, random, options), random);
}

/**
 * Simulates `[from, to)` given the history in a state: background events, successors of the past, and theirs. The state must stand at
 * `from`. What comes out depends on the generator's position: keep it, or seed one per step.
 *
 * @throws {RangeError} the state is of another time.
 */
export function continueSimulation(
  model: SimulationModel,
  state: ForecastState,
  from: number,
  to: number,
  random: Random,
  options: SimulateOptions = {},
): Simulation {
  if (state.time !== from) throw new RangeError(`the state stands at ${state.time}; advance it to ${from} first`);
  const events = background(model, from, to, random, options);
  fromHistory(model, state, from, to, random, options, events);
  return finish(model, grow(model, events, to, random, options), random);
}

function background(
  model: SimulationModel,
  from: number,
  to: number,
  random: Random,
  options: SimulateOptions,
): Born[] {
  const table = cumulativeTable(model.background);
  const mean = table[table.length - 1]! * seasonIntegral(model.season, from, to);
  const most = options.maxEvents ?? 5_000_000;
  if (mean > most) throw new SimulationError(`${Math.round(mean)} background events expected, more than ${most}`);
  const count = random.poisson(mean);
  const events: Born[] = [];
  for (let i = 0; i < count; i++) {
    const time = drawSeasonTime(model.season, from, to, random);
    const cell = drawIndex(table, random);
    events.push({ time, cell, mark: drawMark(model, options, random, cell), generation: 0 });
  }
  return events;
}

/** Direct successors of the past: the state's components are independent Poisson sources with exponential ages. */
function fromHistory(
  model: SimulationModel,
  state: ForecastState,
  from: number,
  to: number,
  random: Random,
  options: SimulateOptions,
  events: Born[],
): void {
  const { region, kernel } = model;
  const offspring = new Offspring(region, kernel);
  const J = state.rates.length;
  const Q = kernel.knots.length;
  const reach = state.rates.map((rate) => -Math.expm1(-rate * (to - from)));
  for (let c = 0; c < region.size; c++) {
    for (let q = 0; q < Q; q++) {
      for (let j = 0; j < J; j++) {
        const value = state.values[(c * Q + q) * J + j]!;
        if (value === 0) continue;
        const rate = state.rates[j]!;
        const count = random.poisson(((value * kernel.gain[q]! * kernel.timeWeights[q * J + j]!) / rate) * reach[j]!);
        for (let i = 0; i < count; i++) {
          const cell = offspring.place(q, c, random);
          const time = from - Math.log1p(-random.next() * reach[j]!) / rate;
          if (cell >= 0 && time < to)
            events.push({ time, cell, mark: drawMark(model, options, random, cell), generation: 1 });
        }
      }
    }
  }
}

function grow(model: SimulationModel, events: Born[], to: number, random: Random, options: SimulateOptions): Born[] {
  const offspring = new Offspring(model.region, model.kernel);
  const most = options.maxEvents ?? 5_000_000;
  for (let i = 0; i < events.length; i++) {
    const parent = events[i]!;
    offspring.ofEvent(parent.time, parent.cell, parent.mark, to, random, ({ time, cell }) => {
      if (cell < 0) return;
      events.push({ time, cell, mark: drawMark(model, options, random, cell), generation: parent.generation + 1 });
    });
    if (events.length > most) throw new SimulationError(`more than ${most} events: the process does not die out`);
  }
  return events;
}

function drawMark(model: SimulationModel, options: SimulateOptions, random: Random, cell: number): number {
  return options.drawMark === undefined ? model.kernel.referenceMark : options.drawMark(random, cell);
}

function finish(model: SimulationModel, events: Born[], random: Random): Simulation {
  events.sort((a, b) => a.time - b.time || a.cell - b.cell);
  const points = new CellPoints(model.region.resolution);
  const lat = new Float64Array(events.length);
  const lon = new Float64Array(events.length);
  events.forEach((event, i) => {
    [lat[i], lon[i]] = points.draw(model.region.cells[event.cell]!, random);
  });
  return {
    series: {
      time: Float64Array.from(events, (event) => event.time),
      cell: Int32Array.from(events, (event) => event.cell),
      mark: Float64Array.from(events, (event) => event.mark),
    },
    lat,
    lon,
    generation: Int32Array.from(events, (event) => event.generation),
  };
}
