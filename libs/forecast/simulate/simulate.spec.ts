import { gridDisk, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { buildRegion } from '../process/region.js';
import { seasonIntegral } from '../process/season.js';
import { stateAt } from '../process/state.js';
import { createRandom } from '../random.js';
import { continueSimulation, simulate, SimulationError, type SimulationModel } from './simulate.js';

const region = buildRegion(gridDisk(latLngToCell(41.9, -87.7, 8), 8), { addNeighbours: false });
const spaceWeights = new Float64Array(region.bases);
spaceWeights.set([0.6, 0.2, 0.1, 0.05, 0, 0.05]);
const model: SimulationModel = {
  region,
  kernel: {
    halfLives: Float64Array.of(0.5, 20),
    knots: Float64Array.of(0),
    alpha: 0,
    referenceMark: 0,
    gain: Float64Array.of(0.4),
    timeWeights: Float64Array.of(0.5, 0.5),
    spaceWeights,
  },
  background: Float64Array.from({ length: region.size }, (_, c) => 1e-3 * (1 + (c % 3))),
  season: {
    timeZone: 'America/Chicago',
    week: Float64Array.from({ length: 168 }, (_, k) => 1 + 0.9 * Math.sin((k * Math.PI) / 12)),
    year: new Float64Array(12).fill(1),
  },
};
const from = 480_000;
const to = from + 8766;

describe('simulate', () => {
  const result = simulate(model, from, to, 4);
  const n = result.series.time.length;
  const background = result.generation.filter((g) => g === 0).length;

  it('gives the same events for the same seed, others for another', () => {
    expect(simulate(model, from, to, 4)).toEqual(result);
    expect(simulate(model, from, to, 5).series.time).not.toEqual(result.series.time);
  });

  it('draws as many background events as the rates say, in the rhythm of the season', () => {
    const mean = model.background.reduce((a, b) => a + b, 0) * seasonIntegral(model.season, from, to);
    expect(Math.abs(background - mean)).toBeLessThan(4 * Math.sqrt(mean));
    const night = result.series.time.filter((t, i) => result.generation[i] === 0 && Math.floor(t - 5) % 24 < 12).length;
    expect(night).not.toBeCloseTo(background / 2, -2);
  });

  it('has the branching it was given, less what leaves the region', () => {
    const ratio = (n - background) / n;
    expect(ratio).toBeGreaterThan(0.33);
    expect(ratio).toBeLessThan(0.41);
  });

  it('keeps events sorted, inside the window, and every point in its cell', () => {
    for (let i = 0; i < n; i++) {
      if (i > 0) expect(result.series.time[i]!).toBeGreaterThanOrEqual(result.series.time[i - 1]!);
      expect(latLngToCell(result.lat[i]!, result.lon[i]!, 8)).toBe(region.cells[result.series.cell[i]!]);
    }
    expect(result.series.time[0]!).toBeGreaterThanOrEqual(from);
    expect(result.series.time[n - 1]!).toBeLessThan(to);
  });

  it('stops a process that does not die out', () => {
    const explosive = { ...model, kernel: { ...model.kernel, gain: Float64Array.of(1.6) } };
    expect(() => simulate(explosive, from, to, 1, { maxEvents: 20_000 })).toThrow(SimulationError);
  });
});

describe('continueSimulation', () => {
  it('goes on from a state as the simulation itself would: the same mean, and successors of the past', () => {
    const whole = Array.from({ length: 40 }, (_, seed) => simulate(model, from, from + 400, seed));
    const split = from + 300;
    const counts = whole.map(({ series, generation }, seed) => {
      const cut = series.time.findIndex((t) => t >= split);
      const past = {
        time: series.time.slice(0, cut),
        cell: series.cell.slice(0, cut),
        mark: series.mark.slice(0, cut),
      };
      const more = continueSimulation(model, stateAt(model, past, split), split, from + 400, createRandom(1000 + seed));
      expect(more.series.time.every((t) => t >= split && t < from + 400)).toBe(true);
      return {
        direct: generation.length - cut,
        continued: more.series.time.length,
        triggered: more.generation.filter((g) => g > 0).length,
      };
    });
    const sum = (key: 'direct' | 'continued' | 'triggered'): number => counts.reduce((a, c) => a + c[key], 0);
    expect(Math.abs(sum('continued') / sum('direct') - 1)).toBeLessThan(0.08);
    expect(sum('triggered') / sum('continued')).toBeGreaterThan(0.3);
  });

  it('wants the state at the start of the span', () => {
    const state = stateAt(
      model,
      { time: new Float64Array(0), cell: new Int32Array(0), mark: new Float64Array(0) },
      from,
    );
    expect(() => continueSimulation(model, state, from + 1, to, createRandom(1))).toThrow(RangeError);
  });
});
