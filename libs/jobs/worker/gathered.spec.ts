import { expect, it } from 'vitest';
import { Gathered } from './gathered.js';

it('does together what is asked for while it is busy, and answers each', async () => {
  const batches: number[][] = [];
  const gate = Promise.withResolvers<void>();
  const squares = new Gathered(async (items: number[]) => {
    batches.push(items);
    if (batches.length === 1) await gate.promise;
    return items.map((item) => item * item);
  }, 3);
  const first = [squares.ask(1), squares.ask(2)];
  await expect.poll(() => batches.length).toBe(1);
  const rest = [3, 4, 5, 6].map((item) => squares.ask(item));
  gate.resolve();
  expect(await Promise.all([...first, ...rest])).toEqual([1, 4, 9, 16, 25, 36]);
  expect(batches).toEqual([[1, 2], [3, 4, 5], [6]]);
  expect(await squares.ask(7)).toBe(49);
});

it('fails those of a batch that fails, and no others', async () => {
  let calls = 0;
  const once = new Gathered(
    (items: number[]) => (calls++ === 0 ? Promise.reject(new Error('away')) : Promise.resolve(items)),
    2,
  );
  const results = await Promise.allSettled([once.ask(1), once.ask(2), once.ask(3)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
});
