import { gridDisk, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { buildRegion, detectTimeResolution } from '#forecast';
import { HOUR_MS, parseHistory, toSeries } from './history.js';

const center = latLngToCell(43.7, -79.4, 7);
const region = buildRegion([center], { addNeighbours: true });
const far = latLngToCell(10, 10, 7);

describe('a history as the store gives it', () => {
  it('is hours, cells, amounts and ids', () => {
    const history = parseHistory(
      JSON.stringify([
        [HOUR_MS, 2.5 * HOUR_MS],
        [center, far],
        [5, null],
        ['a', 'b'],
      ]),
    );
    expect([...history.time]).toEqual([1, 2.5]);
    expect(history.cell).toEqual([center, far]);
    expect([...history.amount]).toEqual([5, Number.NaN]);
    expect(history.id).toEqual(['a', 'b']);
  });

  it.each(['', '\n', '[]', '[[],[],[],[]]'])('may be empty: %j', (text) =>
    expect(parseHistory(text)).toMatchObject({ cell: [], id: [] }),
  );

  it.each(['[[1],["a"]]', '[["x"],["a"],[1],["b"]]', '{"data":1}', 'Code: 159. DB::Exception'])(
    'is refused: %j',
    (text) => expect(() => parseHistory(text)).toThrow(),
  );
});

describe('a series for the process', () => {
  const fine = detectTimeResolution([1.123, 2.456, 3.789]);
  const options = { resolution: fine, timeZone: 'UTC', markScale: 'log1p' as const, now: 100 };

  it('holds the events of the region, in order of time, with marks of their amounts', () => {
    const neighbour = gridDisk(center, 1).find((cell) => cell !== center) ?? '';
    const history = {
      time: Float64Array.of(5, 3, 4),
      cell: [center, far, neighbour],
      amount: Float64Array.of(Math.E - 1, 1, Number.NaN),
      id: ['a', 'b', 'c'],
    };
    const { series, outside } = toSeries(history, region, options);
    expect(outside).toBe(1);
    expect([...series.time]).toEqual([4, 5]);
    expect([...series.cell]).toEqual([region.indexOf(neighbour), region.indexOf(center)]);
    expect(series.mark[1]).toBeCloseTo(1, 6);
    expect([...toSeries(history, region, { ...options, markScale: 'none' }).series.mark]).toEqual([0, 0]);
  });

  it('has nothing that is yet to come: a fast clock, or an event spread over the rest of today', () => {
    const ahead = {
      time: Float64Array.of(99, 103),
      cell: [center, center],
      amount: Float64Array.of(1, 1),
      id: ['a', 'b'],
    };
    expect([...toSeries(ahead, region, options).series.time]).toEqual([99, 100]);
    const days = detectTimeResolution([0, 24, 48, 72, 96]);
    const today = { time: Float64Array.of(96), cell: [center], amount: Float64Array.of(1), id: ['x'] };
    const [time] = toSeries(today, region, { ...options, resolution: days, now: 96.5 }).series.time;
    expect(time).toBeGreaterThanOrEqual(96);
    expect(time).toBeLessThanOrEqual(96.5);
  });
});
