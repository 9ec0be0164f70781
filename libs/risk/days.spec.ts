import { describe, expect, it } from 'vitest';
import { DAY_MS, daysBefore, spansOf } from './days.js';

describe('so many days before', () => {
  it('is the beginning of a day', () => {
    expect(daysBefore(Date.parse('2026-03-01T23:59:59.999Z'), 1)).toBe(Date.parse('2026-02-28'));
    expect(daysBefore(Date.parse('2026-03-01T00:00:00Z'), 90)).toBe(Date.parse('2025-12-01'));
  });
});

describe('spans', () => {
  const of = (...days: [day: number, rows: number, among: number][]) =>
    spansOf(
      days.map(([day, rows, among]) => ({ day, rows, among })),
      10,
    ).map(({ from, to, rows }) => [from / DAY_MS, to / DAY_MS, rows]);

  it.each([
    { what: 'of nothing', days: of(), spans: [] },
    { what: 'of days without rows that are meant', days: of([1, 0, 5]), spans: [] },
    {
      what: 'as long as there is room',
      days: of([-2, 2, 4], [-1, 1, 6], [3, 1, 1]),
      spans: [
        [-2, 0, 3],
        [3, 4, 1],
      ],
    },
    { what: 'counting what lies between', days: of([1, 1, 1], [2, 0, 8], [3, 1, 1]), spans: [[1, 4, 2]] },
    {
      what: 'ended by what lies between',
      days: of([1, 1, 1], [2, 0, 9], [3, 1, 1]),
      spans: [
        [1, 2, 1],
        [3, 4, 1],
      ],
    },
    {
      what: 'with days that are too large for themselves',
      days: of([1, 90, 90], [2, 90, 90]),
      spans: [
        [1, 2, 90],
        [2, 3, 90],
      ],
    },
    {
      what: 'without what comes before the first and after the last',
      days: of([1, 0, 9], [2, 3, 3], [3, 0, 9]),
      spans: [[2, 3, 3]],
    },
  ])('are made $what', ({ days, spans }) => expect(days).toEqual(spans));
});
