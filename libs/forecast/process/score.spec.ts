import { gridDisk, gridDistance, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import type { Kernel } from './kernel.js';
import { markInfluence, ratesOf } from './kernel.js';
import { type Model, POISSON } from './model.js';
import { buildRegion } from './region.js';
import { score, scoreRate, smoothedHistoricalRate } from './score.js';
import { seasonAt, seasonIntegral } from './season.js';
import { type EventSeries, seriesOf } from './series.js';

const region = buildRegion(gridDisk(latLngToCell(41.9, -87.7, 7), 5), { rings: 3, addNeighbours: false });

/** Two mark knots, components from minutes to years: over ten years the fast ones need many new bases. */
const kernel: Kernel = {
  halfLives: Float64Array.of(0.05, 20, 9000),
  knots: Float64Array.of(1, 3),
  alpha: 0.6,
  referenceMark: 1.5,
  gain: Float64Array.of(0.3, 0.4),
  timeWeights: Float64Array.of(0.5, 0.3, 0.2, 0.1, 0.6, 0.3),
  spaceWeights: Float64Array.of(0.6, 0.2, 0.1, 0.05, 0.05, 0.4, 0.3, 0.1, 0.1, 0.1),
};

const model: Model = {
  region,
  kernel,
  background: Float64Array.from({ length: region.size }, (_, c) => 1e-3 * (1 + (c % 7))),
  season: {
    timeZone: 'America/Chicago',
    week: Float64Array.from({ length: 168 }, (_, k) => 1 + 0.5 * Math.sin((k * Math.PI) / 12)),
    year: new Float64Array(12).fill(1),
  },
  influence: Float64Array.of(0.5, 0.5),
  branchingRatio: 0.35,
  trainedFrom: 0,
  trainedTo: 1,
  trainedEvents: 1,
  dispersion: POISSON,
};

function randomSeries(n: number, hours: number): EventSeries {
  const random = createRandom(5);
  const events = Array.from({ length: n }, (_, i) => ({
    // Bursts, so that the fast component matters, and ties.
    time:
      400_000 +
      (i % 3 === 0 ? Math.floor(random.next() * hours) : Math.floor(random.next() * 40) * (hours / 40) + random.next()),
    cell: random.integer(region.size),
    mark: 4 * random.next(),
  }));
  for (let i = 0; i < 20; i++) events.push({ ...events[i]!, cell: random.integer(region.size) });
  return seriesOf(events);
}

/** λ by its definition: a sum over all pairs. */
function bruteIntensity(series: EventSeries, event: number): number {
  const rates = ratesOf(kernel.halfLives);
  const influence = new Float64Array(2);
  const { rings, bases } = region;
  let sum = model.background[series.cell[event]!]! * seasonAt(model.season, series.time[event]!);
  for (let i = 0; i < event; i++) {
    const age = series.time[event]! - series.time[i]!;
    if (age <= 0) continue;
    markInfluence(kernel, series.mark[i]!, influence);
    const distance = gridDistance(region.cells[series.cell[i]!]!, region.cells[series.cell[event]!]!);
    const level = region.parentLevels[0]!;
    const p = level.parentOf[series.cell[event]!]!;
    const near = level.neighbours
      .subarray(level.start[p], level.start[p + 1])
      .includes(level.parentOf[series.cell[i]!]!);
    for (let q = 0; q < 2; q++) {
      let time = 0;
      for (let j = 0; j < 3; j++) time += kernel.timeWeights[q * 3 + j]! * rates[j]! * Math.exp(-rates[j]! * age);
      let space = near ? kernel.spaceWeights[q * bases + rings + 1]! / level.norm : 0;
      if (distance <= rings) space += kernel.spaceWeights[q * bases + distance]! / (distance === 0 ? 1 : 6 * distance);
      sum += influence[q]! * kernel.gain[q]! * time * space;
    }
  }
  return sum;
}

describe('score', () => {
  const series = randomSeries(600, 10 * 8766);
  const from = series.time[200]!;
  const to = series.time[550]! + 0.5;

  it('equals the sum over all pairs, event by event', () => {
    const result = score(model, series, from, to);
    const first = series.time.findIndex((t) => t >= from);
    expect(result.intensity).toHaveLength(result.events);
    for (let e = 0; e < result.events; e++) {
      expect(result.intensity[e]! / bruteIntensity(series, first + e) - 1).toBeCloseTo(0, 9);
    }
  });

  it('integrates what it scores: the integral is that of the intensity over the span', () => {
    // Over a span without events the intensity of every cell is known in closed form; halving it must add up.
    const whole = score(model, series, from, to);
    const middle = (from + to) / 2;
    const parts = score(model, series, from, middle).expected + score(model, series, middle, to).expected;
    expect(parts / whole.expected - 1).toBeCloseTo(0, 10);
    const background = model.background.reduce((a, b) => a + b, 0) * seasonIntegral(model.season, from, to);
    expect(whole.expected).toBeGreaterThan(background);
  });

  it('does not look ahead: events after the span change nothing', () => {
    const whole = score(model, series, from, to);
    const cut = series.time.findIndex((t) => t >= to);
    const past = { time: series.time.slice(0, cut), cell: series.cell.slice(0, cut), mark: series.mark.slice(0, cut) };
    expect(score(model, past, from, to)).toEqual(whole);
  });
});

describe('smoothedHistoricalRate', () => {
  it('keeps the total, gives every cell something, and follows its formula', () => {
    const series = seriesOf([
      { time: 1, cell: 0, mark: 0 },
      { time: 2, cell: 0, mark: 0 },
      { time: 3, cell: 4, mark: 0 },
      { time: 99, cell: 4, mark: 0 },
    ]);
    const rate = smoothedHistoricalRate(region, series, 0, 10);
    expect(rate.reduce((a, b) => a + b, 0) * 10).toBeCloseTo(3, 12);
    const near = (c: number): number[] =>
      Array.from(region.ringCells.subarray(region.ringStart[c * 4 + 1], region.ringStart[c * 4 + 3]));
    const raw = Array.from({ length: region.size }, (_, c) => {
      const counts = near(c).map((other): number => (other === 0 ? 2 : other === 4 ? 1 : 0));
      const own = c === 0 ? 2 : c === 4 ? 1 : 0;
      return 0.5 * own + 0.5 * (0.9 * (counts.reduce((a, b) => a + b, 0) / counts.length) + (0.1 * 3) / region.size);
    });
    const scale = 3 / raw.reduce((a, b) => a + b, 0) / 10;
    rate.forEach((value, c) => expect(value).toBeCloseTo(raw[c]! * scale, 12));
  });

  it('is scored as a Poisson process', () => {
    const series = seriesOf([
      { time: 1, cell: 0, mark: 0 },
      { time: 12, cell: 1, mark: 0 },
    ]);
    const rate = new Float64Array(region.size).fill(0.01);
    expect(scoreRate(rate, series, 10, 20).perEvent).toBeCloseTo(Math.log(0.01) - 0.01 * region.size * 10, 12);
  });
});
