import { describe, expect, it } from 'vitest';
import { DEFAULT_PATIENCE, mayRepeat, retryAfterMs, waitBefore } from './retry.js';

describe('waitBefore', () => {
  it('doubles up to the longest, spread by half', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((attempt) => waitBefore(attempt, DEFAULT_PATIENCE, null, 0, 1));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000]);
    expect(waitBefore(3, DEFAULT_PATIENCE, null, 0, 0)).toBe(500);
  });

  it('does as the server asks, within a minute', () => {
    expect(waitBefore(1, DEFAULT_PATIENCE, '7', 0, 0.5)).toBe(7000);
    expect(waitBefore(1, DEFAULT_PATIENCE, '3600', 0, 0.5)).toBe(60_000);
    expect(waitBefore(1, DEFAULT_PATIENCE, 'nonsense', 0, 1)).toBe(250);
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['3', 3000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [null, null],
  ])('%s', (header, ms) => expect(retryAfterMs(header, now)).toBe(ms));
});

describe('mayRepeat', () => {
  const request = (method: string, headers: Record<string, string> = {}) =>
    new Request('http://a/', { method, headers });
  it.each([
    ['GET', {}, 504, true],
    ['GET', {}, 0, true],
    ['GET', {}, 404, false],
    ['POST', {}, 503, true],
    ['POST', {}, 504, false],
    ['POST', { 'Idempotency-Key': 'k' }, 0, true],
    ['PATCH', {}, 0, false],
    ['PATCH', { 'If-Match': '"1"' }, 502, true],
    ['DELETE', {}, 0, true],
    ['GET', {}, 500, false],
  ])('%s %o %i', (method, headers, status, expected) =>
    expect(mayRepeat(request(method, headers as Record<string, string>), status)).toBe(expected),
  );
});
