import { describe, expect, it } from 'vitest';
import { isTransient } from './retry.js';

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
