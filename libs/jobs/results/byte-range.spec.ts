import { describe, expect, it } from 'vitest';
import { wantedBytes } from './byte-range.js';

describe('the bytes that a request wants', () => {
  it.each([
    [undefined, 'whole'],
    ['bytes=0-', { start: 0, end: 99 }],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=40-49', { start: 40, end: 49 }],
    ['bytes=40-4000', { start: 40, end: 99 }],
    ['bytes=99-', { start: 99, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-4000', { start: 0, end: 99 }],
    ['Bytes= 5-6 ', { start: 5, end: 6 }],
    ['bytes=100-', 'none'],
    ['bytes=99999999999999999999-', 'none'],
    ['bytes=-0', 'none'],
    // No ranges as they are, which a server ignores.
    ['bytes=50-40', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=1-2,4-5', 'whole'],
    ['lines=1-2', 'whole'],
    ['bytes=1.5-2', 'whole'],
  ])('%s', (range, wanted) => expect(wantedBytes(100, '"a"', range)).toEqual(wanted));

  it('are the whole where the part it has is of another file, or nobody can tell', () => {
    expect(wantedBytes(100, '"a"', 'bytes=5-', '"a"')).toEqual({ start: 5, end: 99 });
    expect(wantedBytes(100, '"a"', 'bytes=5-', '"b"')).toBe('whole');
    expect(wantedBytes(100, '"a"', 'bytes=5-', 'W/"a"')).toBe('whole');
    expect(wantedBytes(100, '"a"', 'bytes=5-', 'Sat, 31 Jan 2026 08:00:00 GMT')).toBe('whole');
  });

  it('are none of an empty file but the whole', () => {
    expect(wantedBytes(0, '"a"')).toBe('whole');
    expect(wantedBytes(0, '"a"', 'bytes=0-')).toBe('none');
    expect(wantedBytes(0, '"a"', 'bytes=-5')).toBe('none');
  });
});
