import { describe, expect, it } from 'vitest';
import { AppError } from '../app-error.js';
import { chooseFormat } from './choose-format.js';
import type { Format } from './media-types.js';

const ALL: Format[] = ['json', 'geojson', 'ndjson', 'csv', 'parquet', 'arrow'];

function thrown(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('nothing was thrown');
}

describe('the format of an answer', () => {
  it.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['text/csv', 'csv'],
    ['TEXT/CSV', 'csv'],
    ['text/*', 'csv'],
    ['application/*', 'json'],
    ['application/geo+json', 'geojson'],
    ['application/geo+json; charset=utf-8', 'geojson'],
    ['application/x-ndjson', 'ndjson'],
    ['application/ndjson', 'ndjson'],
    ['application/vnd.apache.parquet', 'parquet'],
    ['application/vnd.apache.arrow.stream', 'arrow'],
    // A browser, and what fetch libraries send unasked.
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8', 'json'],
    ['application/json, text/plain, */*', 'json'],
    // The weight decides, then how exactly a format is named, then our order.
    ['text/csv;q=0.5, application/x-ndjson;q=0.8', 'ndjson'],
    ['text/csv;q=0.5, application/json;q=0.5', 'json'],
    ['text/csv, */*', 'csv'],
    ['text/csv;q=0.9, */*', 'json'],
    // The most exact range has the say about a format, also where it says no.
    ['application/json;q=0, */*;q=0.1', 'geojson'],
    ['application/*;q=0, text/csv;q=0.1', 'csv'],
    ['application/*;q=0.9, application/json;q=0.2', 'geojson'],
    // What cannot be read says nothing.
    ['text/csv;q=2, application/x-ndjson', 'ndjson'],
    ['text, /csv, text/csv', 'csv'],
    [', ,', 'json'],
  ])('for Accept %j is %s', (accept, format) => expect(chooseFormat(accept, undefined, ALL)).toBe(format));

  it('is what format= names, whatever Accept says', () => {
    expect(chooseFormat('application/json', 'csv', ALL)).toBe('csv');
    expect(chooseFormat('image/png', 'json', ALL)).toBe('json');
  });

  it.each(['pdf', '', 'CSV', 'arrow'])('%j of format= is refused where it is not one of them', (format) => {
    const error = thrown(() => chooseFormat(undefined, format, ['json', 'csv']));
    expect(error.code).toBe('REQUEST_INVALID');
    expect(error.errors).toEqual([
      { path: 'format', message: `"${format}" is not one of the formats here: json, csv` },
    ]);
  });

  it.each(['image/png', 'text/html', 'application/json;q=0', '*/*;q=0', 'application/vnd.apache.parquet'])(
    'cannot be %s',
    (accept) => {
      const error = thrown(() => chooseFormat(accept, undefined, ['json', 'csv']));
      expect([error.code, error.status]).toEqual(['NOT_ACCEPTABLE', 406]);
      expect(error.message).toContain('application/json, text/csv');
    },
  );
});
