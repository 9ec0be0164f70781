import { latLngToCell } from 'h3-js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FitResult } from '../process/fit-options.js';
import { fit } from '../process/fit.js';
import { type City, CITY_TIME_ZONE, cityTruth, continueCity, simulateCity } from './city.js';

const now = new Date('2026-11-20T18:30:00Z');

describe('demo city', () => {
  let city: City;
  let result: FitResult;

  beforeAll(() => {
    city = simulateCity({ now, seed: 1 });
    const to = now.getTime() / 3_600_000;
    result = fit(city.simulation.series, city.truth.region, { from: to - 365 * 24, to, timeZone: CITY_TIME_ZONE });
  });

  it('has 800 to 900 cells and 54,000 to 62,000 events in the year before, for any seed', () => {
    expect(city.truth.region.size).toBeGreaterThan(800);
    expect(city.truth.region.size).toBeLessThan(900);
    for (const seed of [1, 2, 3]) {
      const { events } = seed === 1 ? city : simulateCity({ now, seed });
      expect(events.length).toBeGreaterThan(54_000);
      expect(events.length).toBeLessThan(62_000);
    }
  });

  it('gives well-formed events: unique ids, ascending times before now, points in the city, amounts above 0', () => {
    expect(new Set(city.events.map((event) => event.event_id)).size).toBe(city.events.length);
    let last = '';
    city.events.forEach((event, i) => {
      expect(event.timestamp >= last).toBe(true);
      last = event.timestamp;
      expect(event.amount).toBeGreaterThan(0);
      if (i % 10 === 0)
        expect(city.truth.region.indexOf(latLngToCell(event.lat, event.lon, 8))).toBeGreaterThanOrEqual(0);
    });
    expect(Date.parse(last)).toBeLessThan(now.getTime());
    expect(Date.parse(city.events[0]!.timestamp)).toBeGreaterThanOrEqual(now.getTime() - 365 * 86_400_000);
  });

  it('is the same for the same seed and moment', () => {
    const short = { now, seed: 5, days: 20 };
    expect(simulateCity(short).events).toEqual(simulateCity(short).events);
    expect(simulateCity({ ...short, seed: 6 }).events).not.toEqual(simulateCity(short).events);
  });

  it('is found again by the fit: branching ratio within 0.05 of 0.35', () => {
    expect(city.truth.branchingRatio).toBe(0.35);
    expect(Math.abs(result.model.branchingRatio - 0.35)).toBeLessThan(0.05);
    expect(result.diagnostics.converged).toBe(true);
  });

  it('is found again: successors of an event within 1 h, 6 h, a day, three days, a week, within 0.03 each', () => {
    const within = (hours: number, halfLives: Float64Array, weights: Float64Array, ratio: number): number =>
      halfLives.reduce((sum, half, j) => sum + ratio * weights[j]! * -Math.expm1((-Math.LN2 * hours) / half), 0);
    const { kernel, branchingRatio } = result.model;
    const { kernel: truth, branchingRatio: trueRatio } = city.truth;
    for (const hours of [1, 6, 24, 72, 168]) {
      const found = within(hours, kernel.halfLives, kernel.timeWeights, branchingRatio);
      const expected = within(hours, truth.halfLives, truth.timeWeights, trueRatio);
      expect(Math.abs(found - expected)).toBeLessThan(0.03);
    }
  });

  it('is found again: ring weights within 0.05', () => {
    const found = result.model.kernel.spaceWeights;
    [0.7, 0.24, 0.06, 0, 0, 0].forEach((weight, b) => expect(Math.abs(found[b]! - weight)).toBeLessThan(0.05));
  });

  it('is found again: background (correlation above 0.97, total within 8 %) and rhythm (correlation above 0.97)', () => {
    const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    expect(correlation(result.model.background, city.truth.background)).toBeGreaterThan(0.97);
    expect(Math.abs(total(result.model.background) / total(city.truth.background) - 1)).toBeLessThan(0.08);
    expect(correlation(result.model.season!.week, city.truth.season.week)).toBeGreaterThan(0.97);
  });

  it('goes on: at its usual pace, after the history, the same every time', () => {
    const until = new Date(now.getTime() + 10 * 86_400_000);
    const more = continueCity(city.events, now, until, 1);
    expect(more).toEqual(continueCity([...city.events].reverse(), now, until, 1));
    expect(more.length).toBeGreaterThan(1200);
    expect(more.length).toBeLessThan(2000);
    const known = new Set(city.events.map((event) => event.event_id));
    for (const event of more) {
      expect(known.has(event.event_id)).toBe(false);
      expect(Date.parse(event.timestamp)).toBeGreaterThanOrEqual(now.getTime());
      expect(Date.parse(event.timestamp)).toBeLessThan(until.getTime());
    }
    expect(cityTruth()).toBe(city.truth);
  });
});

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (x: Float64Array): number => x.reduce((s, v) => s + v, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    ab += (value - ma) * (b[i]! - mb);
    aa += (value - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}
