import { describe, expect, it } from 'vitest';
import { isNewStep, notes } from './notes.js';

describe('a step of progress', () => {
  it.each([
    ['', 'Reading', true],
    ['Reading', 'Reading', false],
    ['Reading 1 of 90', 'Reading 2 of 90', false],
    ['1,000 rows', '12,400 rows', false],
    ['0.5 s', '12 s', false],
    ['Reading 1 of 90', 'Fitting 1 of 90', true],
    ['Reading', '', false],
  ])('after "%s" "%s": %s', (before, now, isNew) => expect(isNewStep(before, now)).toBe(isNew));
});

it('a failure says whether it was the last', () => {
  const job = { jobId: 'j', namespaceId: 'n', fence: 3 };
  const failure = { code: 'INTERNAL' as const, message: 'it broke' };
  expect(notes.failed(job, failure, 1_250)).toMatchObject({
    fence: 3,
    level: 'warn',
    message: 'Failed: it broke (INTERNAL); tried again in 1.3 s',
  });
  expect(notes.failed(job, failure)).toMatchObject({ level: 'error', message: 'Failed: it broke (INTERNAL)' });
});
