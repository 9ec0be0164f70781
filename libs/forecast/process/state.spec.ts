import { gridDisk, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import type { Kernel } from './kernel.js';
import { CodecError } from './codec.js';
import { type Model, POISSON } from './model.js';
import { buildRegion } from './region.js';
import { deserialiseModel, deserialiseState, serialiseModel, serialiseState } from './serialise.js';
import { seriesOf } from './series.js';
import { absorb, advance, emptyState, stateAt } from './state.js';

const region = buildRegion(gridDisk(latLngToCell(41.9, -87.7, 7), 3), { addNeighbours: false });
const kernel: Kernel = {
  halfLives: Float64Array.of(0.02, 1, 50, 5000),
  knots: Float64Array.of(0, 2),
  alpha: 0.4,
  referenceMark: 1,
  gain: Float64Array.of(0.2, 0.5),
  timeWeights: new Float64Array(8).fill(0.25),
  spaceWeights: Float64Array.from([0.5, 0.2, 0.1, 0.1, 0.05, 0.05, 0.3, 0.3, 0.2, 0.1, 0.05, 0.05]),
};
const model: Model = {
  region,
  kernel,
  background: Float64Array.from({ length: region.size }, (_, c) => 0.01 + 0.001 * c),
  season: { timeZone: 'America/Chicago', week: new Float64Array(168).fill(1), year: new Float64Array(12).fill(1) },
  influence: Float64Array.of(0.7, 0.3),
  branchingRatio: 0.7 * 0.2 + 0.3 * 0.5,
  trainedFrom: 1000,
  trainedTo: 5000,
  trainedEvents: 99,
  dispersion: { horizons: Float64Array.of(24, 168), values: Float64Array.of(1.2, 1.7) },
};
const random = createRandom(9);
const events = Array.from({ length: 300 }, () => ({
  time: 1000 + 3000 * random.next(),
  cell: random.integer(region.size),
  mark: 3 * random.next(),
}));
const now = 4010;

/** Largest relative difference. Remnants below 1e-30 are of no account: a component that has decayed so far is nothing. */
function difference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce(
    (worst, value, i) => Math.max(worst, (Math.abs(value - b[i]!) - 1e-30) / Math.max(Math.abs(b[i]!), 1e-30)),
    0,
  );
}

describe('forecast state', () => {
  const rebuilt = stateAt(model, seriesOf(events), now);

  it('is the same whatever the order in which events arrive', () => {
    for (const seed of [1, 2, 3]) {
      const order = createRandom(seed);
      const shuffled = events
        .map((event) => ({ event, key: order.next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => event);
      let state = emptyState(model, 500);
      for (let i = 0; i < shuffled.length; i += 7) state = absorb(state, model, seriesOf(shuffled.slice(i, i + 7)));
      state = advance(state, now);
      expect(state.events).toBe(events.length);
      expect(difference(state.values, rebuilt.values)).toBeLessThanOrEqual(1e-9);
    }
  });

  it('decays the same in one step and in many', () => {
    let stepwise = rebuilt;
    for (let t = now; t < now + 100; t += 3.7) stepwise = advance(stepwise, t);
    expect(difference(advance(stepwise, now + 200).values, advance(rebuilt, now + 200).values)).toBeLessThanOrEqual(
      1e-9,
    );
  });

  it('halves a component in its half-life and leaves the state it came from alone', () => {
    const before = rebuilt.values.slice();
    const later = advance(rebuilt, now + 50);
    const J = kernel.halfLives.length;
    for (let i = 2; i < later.values.length; i += J) expect(later.values[i]).toBeCloseTo(rebuilt.values[i]! / 2, 12);
    expect(rebuilt.values).toEqual(before);
  });

  it('does not go back in time', () => {
    expect(() => advance(rebuilt, now - 1)).toThrow(RangeError);
  });

  it('leaves out what comes after the wanted time', () => {
    const early = stateAt(model, seriesOf(events), 2000);
    expect(early.events).toBe(events.filter((event) => event.time <= 2000).length);
    expect(early.time).toBe(2000);
  });

  it('has no subnormal remnants', () => {
    for (const value of advance(rebuilt, now + 300).values) expect(value === 0 || value > 1e-300).toBe(true);
  });
});

describe('serialisation', () => {
  const state = stateAt(model, seriesOf(events), now);

  it('brings a model back as it was, with its region or without', () => {
    const bytes = serialiseModel(model);
    for (const copy of [deserialiseModel(bytes), deserialiseModel(bytes, region)]) {
      expect(copy.kernel).toEqual(model.kernel);
      expect(copy.background).toEqual(model.background);
      expect(copy.season).toEqual(model.season);
      expect(copy.dispersion).toEqual(model.dispersion);
      expect(copy.branchingRatio).toBeCloseTo(model.branchingRatio, 15);
      expect(copy.trainedFrom).toBe(model.trainedFrom);
      expect([...copy.region.cells]).toEqual([...region.cells]);
      expect(copy.region.ringCells).toEqual(region.ringCells);
      expect(copy.region.share).toEqual(region.share);
    }
    expect(deserialiseModel(serialiseModel({ ...model, season: null, dispersion: POISSON })).season).toBeNull();
  });

  it('brings a state back bit by bit, from any place in a larger buffer', () => {
    const bytes = serialiseState(state);
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(deserialiseState(larger.subarray(3), model)).toEqual(state);
  });

  it('notices damage, truncation, other kinds, newer versions and other models', () => {
    const bytes = serialiseModel(model);
    const changed = (at: number, value: number): Uint8Array => {
      const copy = bytes.slice();
      copy[at] = value;
      return copy;
    };
    expect(() => deserialiseModel(changed(bytes.length - 40, bytes[bytes.length - 40]! ^ 1))).toThrow(/damaged/);
    expect(() => deserialiseModel(bytes.subarray(0, bytes.length - 9))).toThrow(CodecError);
    expect(() => deserialiseModel(bytes.subarray(0, 5))).toThrow(/cut short/);
    expect(() => deserialiseModel(changed(0, 0))).toThrow(/not a file/);
    expect(() => deserialiseModel(changed(8, 9))).toThrow(/version 9/);
    expect(() => deserialiseModel(serialiseState(state))).toThrow(/holds "stat"/);
    const smaller = buildRegion(gridDisk(region.cells[0]!, 1), { addNeighbours: false });
    expect(() => deserialiseModel(bytes, smaller)).toThrow(/another region/);
    const slower = { ...model, kernel: { ...kernel, halfLives: Float64Array.of(0.02, 1, 50, 6000) } };
    expect(() => deserialiseState(serialiseState(state), slower)).toThrow(/another model/);
  });
});
