import { type Kernel, markInfluence, ratesOf } from './kernel.js';
import type { Model } from './model.js';
import type { EventSeries } from './series.js';

/**
 * What the history leaves behind: for every cell, mark knot and time component the decayed sum
 *
 *     S[c, q, j](time) = Σ_i φ_q(m_i) e^{α (m_i − m_ref)} β_j e^{−β_j (time − t_i)}
 *
 * over the events i of the cell, laid out `(c * Q + q) * J + j`. A forecast needs nothing else of the past. It is a plain sum over
 * events, so it does not matter in which order they come: a late one is added with the decay it has missed.
 */
export interface ForecastState {
  /** Hours since the epoch. */
  readonly time: number;
  readonly rates: Float64Array;
  /** Number of mark knots. */
  readonly knots: number;
  readonly values: Float64Array;
  /** Events absorbed so far. */
  readonly events: number;
}

/** A state without history, at `time`. */
export function emptyState(model: Pick<Model, 'region' | 'kernel'>, time: number): ForecastState {
  const rates = ratesOf(model.kernel.halfLives);
  const knots = model.kernel.knots.length;
  return { time, rates, knots, values: new Float64Array(model.region.size * knots * rates.length), events: 0 };
}

/**
 * The state at a later time: every component decayed.
 * @throws {RangeError} `time` lies before the state's.
 */
export function advance(state: ForecastState, time: number): ForecastState {
  if (!(time >= state.time)) throw new RangeError(`cannot take a state back from ${state.time} to ${time}`);
  if (time === state.time) return state;
  const values = state.values.slice();
  decayValues(values, state.rates, time - state.time);
  return { ...state, time, values };
}

/**
 * The state with these events in it, at the later of its time and theirs. Events may lie before the state's time (late arrivals) and
 * come in any order; they must not have been absorbed before.
 */
export function absorb(state: ForecastState, model: Pick<Model, 'kernel'>, events: EventSeries): ForecastState {
  let time = state.time;
  for (const t of events.time) time = Math.max(time, t);
  const values = state.values.slice();
  if (time > state.time) decayValues(values, state.rates, time - state.time);
  addEvents(values, model.kernel, state.rates, events, time);
  return { ...state, time, values, events: state.events + events.time.length };
}

/** The state at `time` of all events up to then, built at once. Events after `time` are left out. */
export function stateAt(model: Pick<Model, 'region' | 'kernel'>, events: EventSeries, time: number): ForecastState {
  let count = events.time.length;
  while (count > 0 && events.time[count - 1]! > time) count--;
  const past = {
    time: events.time.subarray(0, count),
    cell: events.cell.subarray(0, count),
    mark: events.mark.subarray(0, count),
  };
  return absorb(emptyState(model, time), model, past);
}

/** Below this a remnant is nothing; without a floor the fast components would sink into subnormal numbers, which are slow. */
const NOTHING = 1e-120;

function decayValues(values: Float64Array, rates: Float64Array, hours: number): void {
  const J = rates.length;
  const factors = rates.map((rate) => Math.exp(-rate * hours));
  for (let i = 0; i < values.length; i += J) {
    for (let j = 0; j < J; j++) {
      const value = values[i + j]! * factors[j]!;
      values[i + j] = value < NOTHING ? 0 : value;
    }
  }
}

function addEvents(values: Float64Array, kernel: Kernel, rates: Float64Array, events: EventSeries, time: number): void {
  const J = rates.length;
  const Q = kernel.knots.length;
  const influence = new Float64Array(Q);
  const decay = new Float64Array(J);
  for (let i = 0; i < events.time.length; i++) {
    const age = time - events.time[i]!;
    for (let j = 0; j < J; j++) decay[j] = rates[j]! * Math.exp(-rates[j]! * age);
    markInfluence(kernel, events.mark[i]!, influence);
    for (let q = 0; q < Q; q++) {
      const weight = influence[q]!;
      if (weight === 0) continue;
      const at = (events.cell[i]! * Q + q) * J;
      for (let j = 0; j < J; j++) {
        const added = weight * decay[j]!;
        if (added >= NOTHING) values[at + j]! += added;
      }
    }
  }
}
