import { describe, expect, it } from 'vitest';
import { codingFor, matchesTag, tagIn } from './content-coding.js';

describe('the coding of an answer', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate, zstd', 'zstd'],
    ['GZIP', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['identity', 'identity'],
    ['identity;q=0.9, gzip;q=0.5', 'identity'],
    ['deflate', 'identity'],
    ['br;q=2', 'identity'],
    ['br;q=x, gzip', 'gzip'],
    [';;;,,,=', 'identity'],
    ['gzip;level=9;q=0.2', 'gzip'],
  ] as const)('for %j is %s', (header, coding) => {
    expect(codingFor(header)).toBe(coding);
    // Remembered, and the same.
    expect(codingFor(header)).toBe(coding);
  });

  it('forgets nothing and grows no further under a flood of headers', () => {
    for (let i = 1; i < 2_000; i++) expect(codingFor(`gzip;q=0.${i}`)).toBe('gzip');
  });
});

describe('tags', () => {
  it('name the coding', () => {
    expect(tagIn('"abc"', 'br')).toBe('"abc-br"');
    expect(tagIn('"abc"', 'identity')).toBe('"abc"');
  });

  it.each([
    [undefined, false],
    ['"abc"', true],
    ['"abc-br"', true],
    ['"abc-zstd"', true],
    ['W/"abc-gzip"', true],
    ['"x", "abc"', true],
    ['*', true],
    ['"abc-deflate"', false],
    ['"abcd"', false],
    ['abc', false],
    ['', false],
  ])('If-None-Match %j: %s', (header, matches) => expect(matchesTag(header, '"abc"')).toBe(matches));
});
