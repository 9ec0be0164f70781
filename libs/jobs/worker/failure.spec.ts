import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '#platform';
import { afterFailure, failureOf } from './failure.js';
import { writtenResult } from './result.js';

describe('a failure', () => {
  it.each([
    ['a text', 'boom', 'boom'],
    ['nothing', undefined, 'undefined'],
    ['an object', { why: 'x' }, "{ why: 'x' }"],
    ['a text with NUL and half a character', 'a\0b\ud800', 'ab\ufffd'],
    ['what cannot be written as JSON', 1n, '1n'],
  ])('is read of %s that was thrown', (_, thrown, cause) => {
    expect(failureOf(thrown)).toMatchObject({ code: 'INTERNAL', cause, stack: null, permanent: false });
  });

  it('tells whoever asked nothing of what is internal, and the administrator all of it', () => {
    const failure = failureOf(new TypeError('secret'));
    expect(failure.message).not.toContain('secret');
    expect(failure.cause).toBe('TypeError: secret');
    expect(failure.stack).toContain('failure.spec');
  });

  it.each([
    ['a mistake of the request', new AppError('REQUEST_INVALID', 'x'), true],
    ['a store that is away', new AppError('UNAVAILABLE', 'x'), false],
    ['a timeout', new AppError('JOB_TIMED_OUT', 'x'), false],
    ['a result that is none', new AppError('RESULT_INVALID', 'x'), true],
    ['a thread without memory', Object.assign(new Error('x'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }), true],
    ['anything else', new Error('x'), false],
  ])('of %s is permanent or not', (_, thrown, permanent) => {
    expect(failureOf(thrown).permanent).toBe(permanent);
  });
});

describe('after a failure', () => {
  const kind = { attempts: 4, backoff: { firstMs: 1_000, maxMs: 3_000 } };
  const failure = failureOf(new Error('x'));

  it('the pause is anything up to a bound that doubles and ends somewhere', () => {
    for (const [failures, bound] of [
      [1, 1_000],
      [2, 2_000],
      [3, 3_000],
    ] as const) {
      expect(afterFailure(kind, failures, failure, () => 0)).toEqual({ again: true, delayMs: 0 });
      expect(afterFailure(kind, failures, failure, () => 0.999_999)).toEqual({ again: true, delayMs: bound - 1 });
    }
  });

  it('there is none after the last attempt, nor where it cannot help', () => {
    expect(afterFailure(kind, 4, failure)).toEqual({ again: false });
    expect(afterFailure(kind, 1, { ...failure, permanent: true })).toEqual({ again: false });
  });
});

describe('a result', () => {
  const kind = { result: z.object({ text: z.string() }) };
  it('is what its schema has of what was returned', () => {
    expect(writtenResult(kind, { text: 'x', more: 1 })).toBe('{"text":"x"}');
  });

  it.each([
    ['none of the type', { text: 5 }, 'RESULT_INVALID'],
    ['nothing', undefined, 'RESULT_INVALID'],
    ['too large', { text: 'x'.repeat(256 * 1024) }, 'RESULT_TOO_LARGE'],
  ])('that is %s is refused', (_, returned, code) => {
    expect(() => writtenResult(kind, returned)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
