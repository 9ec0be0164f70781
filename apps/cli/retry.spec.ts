import { describe, expect, it } from 'vitest';
import { STEADY, isTransient, retryAfterMs, waitBefore } from './retry.js';

describe('waitBefore', () => {
  it('doubles up to the longest, spread by half', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => waitBefore(attempt, STEADY, null, 0, 1));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(waitBefore(3, STEADY, null, 0, 0)).toBe(500);
  });

  it('does as the server asks, within a minute', () => {
    expect(waitBefore(1, STEADY, '7', 0, 0.5)).toBe(7000);
    expect(waitBefore(1, STEADY, '3600', 0, 0.5)).toBe(60_000);
    expect(waitBefore(1, STEADY, 'nonsense', 0, 1)).toBe(250);
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['3', 3000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
  ])('%s', (header, ms) => expect(retryAfterMs(header, now)).toBe(ms));
});

describe('isTransient', () => {
  it.each<[number, string | null, boolean]>([
    [503, 'UNAVAILABLE', true],
    [429, 'RATE_LIMITED', true],
    [504, 'DEADLINE_EXCEEDED', true],
    [500, 'INTERNAL', true],
    [502, null, true],
    [500, null, false],
    [507, 'STORAGE_FULL', false],
    [404, 'SURFACE_NOT_READY', false],
    [400, 'REQUEST_INVALID', false],
    [409, 'NAMESPACE_EXISTS', false],
  ])('%i %s', (status, code, expected) => expect(isTransient(status, code)).toBe(expected));
});
