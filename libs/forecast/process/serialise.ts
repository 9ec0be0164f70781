import { h3IndexToSplitLong, splitLongToH3Index } from 'h3-js';
import { ArrayReader, CodecError, pack, unpack } from './codec.js';
import { branchingRatio } from './kernel.js';
import type { Model } from './model.js';
import { buildRegion, type Region } from './region.js';
import type { ForecastState } from './state.js';

const MODEL_VERSION = 1;
const STATE_VERSION = 1;

interface RegionMeta {
  readonly rings: number;
  readonly parentLevels: readonly number[];
}

interface ModelMeta {
  readonly region: RegionMeta;
  readonly alpha: number;
  readonly referenceMark: number;
  readonly timeZone: string | null;
  readonly trainedFrom: number;
  readonly trainedTo: number;
  readonly trainedEvents: number;
}

interface StateMeta {
  readonly time: number;
  readonly knots: number;
  readonly events: number;
}

/** A model as bytes: versioned, checked, self-contained (the region's cells are in it). */
export function serialiseModel(model: Model): Uint8Array {
  const { region, kernel, season, dispersion } = model;
  const meta: ModelMeta = {
    region: regionMeta(region),
    alpha: kernel.alpha,
    referenceMark: kernel.referenceMark,
    timeZone: season?.timeZone ?? null,
    trainedFrom: model.trainedFrom,
    trainedTo: model.trainedTo,
    trainedEvents: model.trainedEvents,
  };
  return pack('modl', MODEL_VERSION, meta, {
    cells: encodeCells(region.cells),
    halfLives: kernel.halfLives,
    knots: kernel.knots,
    gain: kernel.gain,
    timeWeights: kernel.timeWeights,
    spaceWeights: kernel.spaceWeights,
    background: model.background,
    influence: model.influence,
    week: season?.week ?? new Float64Array(0),
    year: season?.year ?? new Float64Array(0),
    dispersionHorizons: dispersion.horizons,
    dispersionValues: dispersion.values,
  });
}

/**
 * @param region the model's region where it is at hand: saves building the neighbour tables again (about a second per 100,000 cells).
 * @throws {CodecError} not a model, damaged, of a newer version, or of another region than the one given.
 */
export function deserialiseModel(bytes: Uint8Array, region?: Region): Model {
  const { meta, arrays } = unpack(bytes, 'modl', MODEL_VERSION);
  const head = meta as ModelMeta;
  const cells = decodeCells(arrays.uint32('cells'));
  if (region !== undefined && (region.size !== cells.length || region.cells.some((cell, i) => cell !== cells[i]))) {
    throw new CodecError('the model belongs to another region');
  }
  const own = region ?? buildRegion(cells, { ...head.region, addNeighbours: false });
  const kernel = {
    halfLives: arrays.float64('halfLives'),
    knots: arrays.float64('knots'),
    alpha: head.alpha,
    referenceMark: head.referenceMark,
    gain: arrays.float64('gain'),
    timeWeights: arrays.float64('timeWeights'),
    spaceWeights: arrays.float64('spaceWeights'),
  };
  const background = arrays.float64('background');
  const Q = kernel.knots.length;
  if (
    background.length !== own.size ||
    kernel.spaceWeights.length !== Q * own.bases ||
    kernel.timeWeights.length !== Q * kernel.halfLives.length
  ) {
    throw new CodecError('array lengths do not fit the region');
  }
  const influence = arrays.float64('influence');
  return {
    region: own,
    kernel,
    background,
    season: seasonOf(head, arrays),
    influence,
    branchingRatio: branchingRatio(kernel, influence),
    trainedFrom: head.trainedFrom,
    trainedTo: head.trainedTo,
    trainedEvents: head.trainedEvents,
    dispersion: { horizons: arrays.float64('dispersionHorizons'), values: arrays.float64('dispersionValues') },
  };
}

/** A state as bytes. It belongs to the model it was made with. */
export function serialiseState(state: ForecastState): Uint8Array {
  const meta: StateMeta = { time: state.time, knots: state.knots, events: state.events };
  return pack('stat', STATE_VERSION, meta, { rates: state.rates, values: state.values });
}

/** @throws {CodecError} not a state, damaged, of a newer version, or not of this model's shape. */
export function deserialiseState(bytes: Uint8Array, model: Model): ForecastState {
  const { meta, arrays } = unpack(bytes, 'stat', STATE_VERSION);
  const head = meta as StateMeta;
  const rates = arrays.float64('rates');
  const values = arrays.float64('values');
  const fits =
    head.knots === model.kernel.knots.length &&
    rates.length === model.kernel.halfLives.length &&
    values.length === model.region.size * head.knots * rates.length &&
    rates.every((rate, j) => Math.abs(rate * model.kernel.halfLives[j]! - Math.LN2) < 1e-12);
  if (!fits) throw new CodecError('the state belongs to another model');
  return { time: head.time, rates, knots: head.knots, values, events: head.events };
}

function seasonOf(head: ModelMeta, arrays: ArrayReader): Model['season'] {
  if (head.timeZone === null) return null;
  return { timeZone: head.timeZone, week: arrays.float64('week'), year: arrays.float64('year') };
}

function regionMeta(region: Region): RegionMeta {
  return { rings: region.rings, parentLevels: region.parentLevels.map((level) => level.levels) };
}

/** H3 indexes as pairs of 32-bit words, low first. */
export function encodeCells(cells: readonly string[]): Uint32Array {
  const words = new Uint32Array(cells.length * 2);
  cells.forEach((cell, i) => {
    const [low, high] = h3IndexToSplitLong(cell);
    words[2 * i] = low;
    words[2 * i + 1] = high;
  });
  return words;
}

/** The inverse of {@link encodeCells}. */
export function decodeCells(words: Uint32Array): string[] {
  const cells: string[] = [];
  for (let i = 0; i < words.length; i += 2) cells.push(splitLongToH3Index(words[i]!, words[i + 1]!));
  return cells;
}
