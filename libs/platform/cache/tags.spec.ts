import { expect, it } from 'vitest';
import { stands, Tags } from './tags.js';

it('a fence falls with any of its tags and with everything', () => {
  const tags = new Tags();
  const [ab, b, none] = [tags.fence(['a', 'b']), tags.fence(['b']), tags.fence([])];
  tags.invalidate('c');
  expect([ab, b, none].map(stands)).toEqual([true, true, true]);
  tags.invalidate('a');
  expect([ab, b, none].map(stands)).toEqual([false, true, true]);
  expect(stands(tags.fence(['a', 'b']))).toBe(true);
  tags.invalidateAll();
  expect([ab, b, none].map(stands)).toEqual([false, false, false]);
});

it('forgets a tag that nobody holds, and never makes the dead alive by it', () => {
  const tags = new Tags();
  const first = tags.fence(['a']);
  tags.hold(first);
  tags.invalidate('a');
  tags.release(first);
  expect(tags.size).toBe(1);
  const second = tags.fence(['a']);
  expect([stands(first), stands(second)]).toEqual([false, true]);
  tags.release(first);
  tags.release(second);
  expect(tags.size).toBe(0);
  const third = tags.fence(['a']);
  tags.invalidate('a');
  expect(stands(third)).toBe(false);
});
