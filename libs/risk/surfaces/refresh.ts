import { absorb, advance, computeSurface, deserialiseState, serialiseState, serialiseSurface } from '#forecast';
import { type Artefact, decodeArtefact } from '../models/artefact.js';
import { HOUR_MS, parseHistory, toSeries } from '../models/history.js';

/** Longest horizon a surface answers, hours. */
const MAX_HORIZON = 720;

export interface RefreshInput {
  /** Names the artefact, so that a thread that has it decoded need not do it again. */
  key: string;
  artefact: Uint8Array;
  state: Uint8Array;
  /** The events that came since the state was made; what `TrainingData.read` gave. */
  history: string;
  /** Issue time, milliseconds since 1970. */
  now: number;
}

export interface RefreshOutput {
  /** The state with the new events in it, at the time of the newest. */
  state: Uint8Array;
  surface: Uint8Array;
  absorbed: number;
  outside: number;
  /** Time of the newest of the new events, milliseconds; null where there were none. */
  newest: number | null;
}

/** Brings a state forward by the events since and computes the surface at `now`. History is never read again. */
export function refresh(input: RefreshInput): RefreshOutput {
  const artefact = decoded(input.key, input.artefact);
  const { model } = artefact;
  const now = input.now / HOUR_MS;
  const history = parseHistory(input.history);
  const { series, outside } = toSeries(history, model.region, { ...artefact, now });
  const state = absorb(deserialiseState(input.state, model), model, series);
  // Clocks of senders run ahead a little; the surface is of the later of the two times.
  const issued = Math.max(now, state.time);
  const surface = computeSurface(model, advance(state, issued), issued, { maxHorizon: MAX_HORIZON });
  const newest = history.time.at(-1);
  return {
    state: serialiseState(state),
    surface: serialiseSurface(surface),
    absorbed: series.time.length,
    outside,
    newest: newest === undefined ? null : newest * HOUR_MS,
  };
}

const KEPT = 4;
const cache = new Map<string, Artefact>();

function decoded(key: string, bytes: Uint8Array): Artefact {
  const known = cache.get(key);
  if (known) return known;
  const artefact = decodeArtefact(bytes);
  const oldest = cache.keys().next().value;
  if (cache.size >= KEPT && oldest !== undefined) cache.delete(oldest);
  cache.set(key, artefact);
  return artefact;
}
