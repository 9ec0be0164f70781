import { describe, expect, it } from 'vitest';
import { areaKm2, cellAt, ringsAround } from '#geo';
import { localClock } from '../process/clock.js';
import { seriesOf } from '../process/series.js';
import { createRandom } from '../random.js';
import {
  countByCell,
  eventsBetween,
  h3Frame,
  historicalBaseline,
  hotspotBaseline,
  hourOfWeekBaseline,
  kernelBaseline,
  rateForecast,
  type RateForecaster,
  smoothCounts,
  type SpatialFrame,
  squareFrame,
  standardBaselines,
  type TrainingData,
  uniformBaseline,
  weekExposure,
  weekFactors,
} from './index.js';

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
const CELLS = ringsAround(cellAt(43.65, -79.38, 8), 8).flat();
const FRAME = h3Frame(CELLS);
const WEEK = 168;

/** Events drawn with a chance proportional to `weights`, evenly over [from, to) unless a time is drawn. */
function drawn(
  n: number,
  weights: ArrayLike<number>,
  from: number,
  to: number,
  seed: number,
  time?: (u: number) => number,
) {
  const random = createRandom(seed);
  const total = sum(weights);
  return seriesOf(
    Array.from({ length: n }, () => {
      let target = random.next() * total;
      let cell = 0;
      while (cell < weights.length - 1 && target >= (weights[cell] as number)) target -= weights[cell++] as number;
      const u = random.next();
      return { time: time === undefined ? from + u * (to - from) : time(u), cell, mark: 0 };
    }),
  );
}

/** A density that falls off from one cell, with a scale in km. */
function hill(frame: SpatialFrame, centre: number, scaleKm: number): Float64Array {
  return Float64Array.from({ length: frame.size }, (_, c) => {
    let squared = 0;
    for (let d = 0; d < 3; d++)
      squared += ((frame.xyz[3 * c + d] as number) - (frame.xyz[3 * centre + d] as number)) ** 2;
    return Math.exp(-squared / (2 * scaleKm * scaleKm));
  });
}

describe('frames', () => {
  it('h3Frame has exact areas and distances on the sphere', () => {
    expect(FRAME.size).toBe(217);
    expect(FRAME.areas?.[5]).toBeCloseTo(areaKm2(CELLS[5] as string), 12);
    const apart = Math.hypot(...[0, 1, 2].map((d) => (FRAME.xyz[d] as number) - (FRAME.xyz[3 + d] as number)));
    // Neighbours at resolution 8 lie about 0.9 km apart.
    expect(apart).toBeGreaterThan(0.6);
    expect(apart).toBeLessThan(1.1);
  });

  it('squareFrame has blocks of five by five', () => {
    const frame = squareFrame([0, 1, 2, 3, 9], [0, 0, 0, 0, 9], 0.2);
    expect(Array.from(frame.disk.members.subarray(frame.disk.offsets[0], frame.disk.offsets[1]))).toEqual([0, 1, 2]);
    expect((frame.disk.offsets[5] as number) - (frame.disk.offsets[4] as number)).toBe(1);
    expect(frame.xyz[3 * 3]).toBeCloseTo(0.6, 12);
    expect(() => squareFrame([1, 1], [2, 2], 1)).toThrow('columns[1]');
  });

  it('cuts series without copying', () => {
    const events = seriesOf([1, 2, 3, 4].map((time) => ({ time, cell: 0, mark: 0 })));
    const part = eventsBetween(events, 2, 4);
    expect(Array.from(part.time)).toEqual([2, 3]);
    expect(part.time.buffer).toBe(events.time.buffer);
    expect(Array.from(countByCell([0, 2, 2], 3))).toEqual([1, 0, 2]);
  });
});

describe('smoothCounts', () => {
  it('follows its formula', () => {
    const frame = squareFrame([0, 1, 9], [0, 0, 0], 1);
    // Cells 0 and 1 are each other's only neighbour; cell 2 has none and takes the mean of all.
    const raw = [0.5 * 6 + 0.5 * 0.1 * 3, 0.5 * (0.9 * 6 + 0.1 * 3), 0.5 * 3 + 0.5 * (0.9 * 3 + 0.1 * 3)];
    const smoothed = smoothCounts(Float64Array.of(6, 0, 3), frame);
    smoothed.forEach((value, c) => expect(value).toBeCloseTo(((raw[c] as number) * 9) / sum(raw), 12));
    expect(Array.from(smoothCounts(new Float64Array(3), frame))).toEqual([0, 0, 0]);
  });
});

describe('the week', () => {
  it('has its exposure in local time, and loses none to daylight saving', () => {
    const clock = localClock('America/Toronto');
    const from = Date.UTC(2024, 2, 4, 5) / 3_600_000;
    const exposure = weekExposure(from, from + 7 * 24, clock);
    expect(sum(exposure)).toBeCloseTo(168, 9);
    // On Sunday 10 March 2024 the hour from 2 to 3 did not happen; Monday's first hour came again at the end.
    expect(exposure[6 * 24 + 2]).toBe(0);
    expect(exposure[0]).toBe(2);
    const half = weekExposure(0.5, 1.25, localClock('Asia/Kolkata'));
    expect(sum(half)).toBeCloseTo(0.75, 12);
    expect(sum(weekExposure(5, 5, clock))).toBe(0);
  });

  it('finds a rhythm that is there, in the zone it is in', () => {
    // Three times as likely from 12 to 18 local time, every day.
    const clock = localClock('America/Toronto');
    const from = Date.UTC(2023, 0, 2) / 3_600_000;
    const to = from + 52 * WEEK;
    const random = createRandom(4);
    const times: number[] = [];
    while (times.length < 20_000) {
      const t = from + random.next() * (to - from);
      const hour = clock.hourOfWeek(t) % 24;
      if (random.next() < (hour >= 12 && hour < 18 ? 1 : 1 / 3)) times.push(t);
    }
    const { factors, daily } = weekFactors(times, from, to, 'America/Toronto');
    expect(daily).toBe(false);
    for (let slot = 0; slot < WEEK; slot++) {
      const truth = (slot % 24 >= 12 && slot % 24 < 18 ? 3 : 1) / 1.5;
      expect(Math.abs((factors[slot] as number) / truth - 1)).toBeLessThan(0.2);
    }
  });

  it('stays near 1 without a rhythm and with few events, with mean 1', () => {
    for (const n of [0, 1, 5, 60, 5000]) {
      const events = drawn(n, [1], 0, 30 * WEEK, 3);
      const { factors } = weekFactors(events.time, 0, 30 * WEEK);
      expect(sum(factors) / WEEK).toBeCloseTo(1, 9);
      expect(Math.max(...factors)).toBeLessThan(1.5);
      expect(Math.min(...factors)).toBeGreaterThan(0.6);
    }
  });

  it('does not put the risk of a day into one hour where times carry no hour', () => {
    const events = drawn(2000, [1], 0, 52 * WEEK, 9, (u) => Math.floor(u * 52 * 7) * 24);
    const { factors, daily } = weekFactors(events.time, 0, 52 * WEEK);
    expect(daily).toBe(true);
    expect(Math.max(...factors)).toBeLessThan(1.3);
  });
});

describe.each(standardBaselines().map((baseline): [string, RateForecaster] => [baseline.name, baseline]))(
  '%s',
  (name, baseline) => {
    const from = 1000 * WEEK;
    const to = from + 40 * WEEK;
    const events = drawn(800, hill(FRAME, 40, 1.5), from, to, 17);
    const train: TrainingData = { frame: FRAME, events, from, to };

    it('keeps the total, is nowhere zero, and its parts agree', () => {
      const forecast = baseline.fit(train);
      expect(forecast.name).toBe(name);
      const week = forecast.expected(to, to + WEEK);
      expect(Math.min(...week)).toBeGreaterThan(0);
      expect(sum(week)).toBeCloseTo(forecast.total(to, to + WEEK), 9);
      if (name !== 'recent-hotspots') expect(sum(week)).toBeCloseTo(20, 6);
      const halves = [forecast.expected(to, to + 50.25), forecast.expected(to + 50.25, to + WEEK)] as const;
      week.forEach((value, c) => expect((halves[0][c] as number) + (halves[1][c] as number)).toBeCloseTo(value, 9));
      // The intensity is the derivative of the expected count.
      for (const c of [0, 40, 216]) {
        const t = to + 30.4;
        expect(forecast.expected(t, t + 0.01)[c]).toBeCloseTo(0.01 * forecast.intensity(t, c), 10);
      }
      const out = new Float64Array(FRAME.size);
      expect(forecast.expected(to, to + WEEK, out)).toBe(out);
      expect(out).toEqual(week);
      expect(sum(forecast.expected(to, to))).toBe(0);
    });

    it('is the same for the same events', () => {
      expect(baseline.fit(train).expected(to, to + 24)).toEqual(baseline.fit(train).expected(to, to + 24));
    });

    it.each([0, 1, 2])('has a positive, finite rate after %d events', (n) => {
      const few = eventsBetween(events, from, (events.time[n] as number) - 1e-9);
      expect(few.time).toHaveLength(n);
      const forecast = baseline.fit({ frame: FRAME, events: few, from, to });
      const expected = forecast.expected(to, to + 40 * WEEK);
      for (const value of expected) expect(value > 0 && value < Infinity).toBe(true);
      // A window of recent weeks cannot know how many there were before.
      if (name !== 'recent-hotspots') expect(sum(expected)).toBeCloseTo(Math.max(n, 0.5), 6);
    });

    it('works on a region of one cell, and without areas', () => {
      const one = h3Frame([CELLS[0] as string]);
      const single = seriesOf([1, 5, 9].map((time) => ({ time, cell: 0, mark: 0 })));
      expect(baseline.fit({ frame: one, events: single, from: 0, to: 30 }).total(30, 60)).toBeGreaterThan(0.3);
      const { areas: _, ...plain } = FRAME;
      expect(sum(baseline.fit({ ...train, frame: plain }).expected(to, to + 24))).toBeGreaterThan(0);
    });

    it('refuses what it cannot be fitted on, by name', () => {
      const bad = (change: Partial<TrainingData>) => () => baseline.fit({ ...train, ...change });
      const oneEvent = (time: number, cell: number) => ({
        time: Float64Array.of(time),
        cell: Int32Array.of(cell),
        mark: Float64Array.of(0),
      });
      expect(bad({ to: from })).toThrow('train.to');
      expect(bad({ from: Number.NaN })).toThrow('train.from');
      expect(bad({ events: oneEvent(to, 0) })).toThrow('a forecaster would see the future');
      expect(bad({ events: oneEvent(from - 1, 0) })).toThrow('events.time[0]');
      expect(bad({ events: oneEvent(Number.NaN, 0) })).toThrow('events.time[0]');
      expect(bad({ events: oneEvent(from, 217) })).toThrow('events.cell[0]');
      expect(bad({ events: { ...events, cell: new Int32Array(3) } })).toThrow('events.cell');
      expect(bad({ events: { ...events, time: events.time.slice().reverse() } })).toThrow('time order');
      expect(bad({ frame: { ...FRAME, size: 0 } })).toThrow('train.frame');
      const forecast = baseline.fit(train);
      expect(() => forecast.expected(to, to - 1)).toThrow('to ');
      expect(() => forecast.expected(to, to + 1, new Float64Array(2))).toThrow('out');
      expect(() => forecast.intensity(to, 217)).toThrow('cell');
      expect(() => forecast.intensity(Number.NaN, 0)).toThrow('t must');
    });
  },
);

describe('what tells the baselines apart', () => {
  const from = 0;
  const to = 60 * WEEK;
  const even = new Float64Array(FRAME.size).fill(1);

  it('uniform goes by area', () => {
    const forecast = uniformBaseline().fit({ frame: FRAME, events: drawn(50, even, from, to, 2), from, to });
    const expected = forecast.expected(0, 1);
    expect((expected[3] as number) / (expected[200] as number)).toBeCloseTo(
      (FRAME.areas?.[3] ?? 0) / (FRAME.areas?.[200] ?? 1),
      10,
    );
  });

  it.each([0.7, 2])('the kernel finds the width of a hill of %d km', (scale) => {
    const centres = [30, 90, 150, 200].map((c) => hill(FRAME, c, scale));
    const density = even.map((_, c) => centres.reduce((a, h) => a + (h[c] as number), 0.001));
    const forecast = kernelBaseline().fit({ frame: FRAME, events: drawn(400, density, from, to, 5), from, to });
    // The best kernel is narrower than the hills it is laid on, the more so the more events there are.
    expect(forecast.parameters['bandwidth_km']).toBeGreaterThan(scale / 5);
    expect(forecast.parameters['bandwidth_km']).toBeLessThan(scale * 1.2);
  });

  it('the kernel takes a given width, and a wide one where events lie anywhere', () => {
    const train = { frame: FRAME, events: drawn(150, even, from, to, 5), from, to };
    expect(kernelBaseline({ bandwidthKm: 1.25 }).fit(train).parameters).toEqual({ bandwidth_km: 1.25 });
    expect(kernelBaseline().fit(train).parameters['bandwidth_km']).toBeGreaterThan(1.5);
    expect(() => kernelBaseline({ bandwidthKm: 0 })).toThrow('bandwidthKm');
  });

  it('hotspots follow what moved, and choose a short window for it', () => {
    // Every ten weeks the events move to another place.
    const events = seriesOf(
      Array.from({ length: 6 }, (_, k) =>
        Array.from(drawn(150, hill(FRAME, 35 * k, 0.8), 10 * k * WEEK, 10 * (k + 1) * WEEK, k + 1).time, (time, i) => ({
          time,
          cell: drawn(150, hill(FRAME, 35 * k, 0.8), 0, 1, k + 1).cell[i] as number,
          mark: 0,
        })),
      ).flat(),
    );
    const train = { frame: FRAME, events, from, to };
    const recent = hotspotBaseline().fit(train);
    expect(recent.parameters['window_hours']).toBeLessThanOrEqual(28 * 24);
    const historical = historicalBaseline().fit(train);
    expect(recent.intensity(to, 175)).toBeGreaterThan(2 * historical.intensity(to, 175));
    expect(hotspotBaseline({ windowHours: 100 }).fit(train).parameters).toEqual({ window_hours: 100 });
    expect(() => hotspotBaseline({ windowHours: Number.NaN })).toThrow('windowHours');
  });

  it('the hour of the week follows the clock', () => {
    const events = drawn(3000, even, from, to, 7, (u) => Math.floor(u * 60 * 7) * 24 + 8 + ((u * 60 * 7) % 1) * 3);
    const forecast = hourOfWeekBaseline('UTC').fit({ frame: FRAME, events, from, to });
    expect(forecast.intensity(to + 9, 0)).toBeGreaterThan(20 * forecast.intensity(to + 20, 0));
    expect(forecast.total(to, to + WEEK)).toBeCloseTo(50, 6);
    expect(forecast.parameters).toMatchObject({ hour_used: 1 });
    expect(() => hourOfWeekBaseline('Mars/Olympus').fit({ frame: FRAME, events, from, to })).toThrow('Mars/Olympus');
  });

  it('a rate forecast can be made by hand', () => {
    const forecast = rateForecast('mine', Float64Array.of(1, 2), { k: 3 });
    expect(Array.from(forecast.expected(0, 10))).toEqual([10, 20]);
    expect(forecast.parameters).toEqual({ k: 3 });
  });
});
