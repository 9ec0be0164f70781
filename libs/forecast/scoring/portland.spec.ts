import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { areaScore, type AreaScore, combineAreaScores } from './index.js';

const FILE = '../shared/data/portland_2012_2017.csv';
const CELL_FEET = 600;
/** Area of the city in the challenge, and the cells flagged: the whole ones within 0.75 square miles. */
const CITY_SQUARE_FEET = 4_117_777_129;
const FLAGGED = Math.floor((0.75 * 5280 ** 2) / CELL_FEET ** 2);
const CELLS = Math.round(CITY_SQUARE_FEET / CELL_FEET ** 2);

/** Plane coordinates in feet about the middle of the city; over its 30 km the error is far below a cell. */
function project(lat: number, lon: number): [number, number] {
  const feetPerDegree = (Math.PI / 180) * (6_371_008.8 / 0.3048);
  return [lon * feetPerDegree * Math.cos((45.52 * Math.PI) / 180), lat * feetPerDegree];
}

/**
 * PAI of 104 weekly forecasts before 2017-03-01 that flag the cells with most events so far. `shift` moves the grid by
 * parts of a cell: where the challenge's grid begins is not in the data.
 */
function allHistory(type: string, shift: readonly [number, number]): AreaScore {
  const index = new Map<string, number>();
  const events = readFileSync(FILE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','))
    .filter((fields) => fields[5] === type)
    .map(([, day, lat, lon]) => {
      const [x, y] = project(Number(lat), Number(lon));
      const key = `${Math.floor(x / CELL_FEET + shift[0])},${Math.floor(y / CELL_FEET + shift[1])}`;
      if (!index.has(key)) index.set(key, index.size);
      return { day: Date.parse(`${day}T00:00:00Z`) / 86_400_000, cell: index.get(key) as number };
    });
  const end = Date.UTC(2017, 2, 1) / 86_400_000;
  const weeks: AreaScore[] = [];
  for (let week = 104; week > 0; week--) {
    const origin = end - 7 * week;
    // Cells without any event hold the rest of the city.
    const past = new Float64Array(CELLS);
    const next = new Float64Array(CELLS);
    for (const { day, cell } of events) {
      const counts = day < origin ? past : day < origin + 7 ? next : undefined;
      if (counts !== undefined) counts[cell] = (counts[cell] as number) + 1;
    }
    weeks.push(areaScore(past, next, FLAGGED / CELLS));
  }
  return combineAreaScores(weeks);
}

// The reference has PAI 9.19 (90 of 1,931 hit) for burglary and 14.56 (343 of 4,646) for vehicle theft on a grid whose
// origin is not given. The origin alone moves burglary between about 6 and 9: the test asks for the events exactly
// and for the index within what the choice of the grid explains.
describe.skipIf(!existsSync(FILE))('PAI of all-history counts in Portland', () => {
  it.each([
    ['burglary', 1931, 5.5, 9.9],
    ['vehicle_theft', 4646, 13.2, 15.2],
  ] as const)('%s', { timeout: 30_000 }, (type, events, lowest, highest) => {
    for (const shift of [
      [0, 0],
      [0.5, 0.5],
    ] as const) {
      const found = allHistory(type, shift);
      expect(found.events).toBe(events);
      expect(found.areaShare).toBeCloseTo(0.00507, 5);
      expect(found.pai).toBeGreaterThan(lowest);
      expect(found.pai).toBeLessThan(highest);
    }
  });
});
