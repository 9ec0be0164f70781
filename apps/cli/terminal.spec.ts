import { describe, expect, it } from 'vitest';
import { describe as progress } from './progress.js';
import { count, decimal, duration, plural, table } from './terminal.js';

describe('words and numbers', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [664_514, '664,514'],
    [1_234_567, '1,234,567'],
  ])('count %i', (n, text) => expect(count(n)).toBe(text));

  it.each([
    [0.04, '0.0 s'],
    [3.21, '3.2 s'],
    [59, '59 s'],
    [245, '4 min 5 s'],
    [120, '2 min'],
    [7810, '2 h 10 min'],
    [273_600, '3 d 4 h'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('duration %d', (s, text) => expect(duration(s)).toBe(text));

  it('plural and decimal', () => {
    expect([plural(1, 'row'), plural(2000, 'row'), plural(0, 'match', 'matches')]).toEqual([
      '1 row',
      '2,000 rows',
      '0 matches',
    ]);
    expect([decimal(1.234, 2), decimal(null, 2), decimal(Number.NaN, 2)]).toEqual(['1.23', '–', '–']);
  });

  it('a table', () => {
    const rows = [{ name: 'a', n: 5 }, { name: 'longer', n: 1200 }]; // prettier-ignore
    expect(table(rows, [{ title: 'NAME', value: (r) => r.name }, { title: 'N', value: (r) => count(r.n), right: true }])).toEqual([
      'NAME        N',
      'a           5',
      'longer  1,200',
    ]); // prettier-ignore
  });

  it('progress by bytes', () => {
    expect(progress(50, 200, 10_000, 2)).toBe('10,000 rows, 5,000 rows/s, 25 %, 6.0 s left');
    expect(progress(50, null, 10_000, 2)).toBe('10,000 rows, 5,000 rows/s');
    expect(progress(0, 200, 0, 0)).toBe('0 rows, 0 rows/s');
  });
});
