import { expect, it } from 'vitest';
import { schedule } from './schedule.js';

interface Step {
  id: string;
  dependsOn: string[];
}
const step = (id: string, ...dependsOn: string[]): Step => ({ id, dependsOn });

/** Runs steps that end when they are told to. */
function manual(steps: Step[], concurrency: number) {
  const begun: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const done = schedule(steps, concurrency, ({ id }) => {
    begun.push(id);
    return new Promise<void>((resolve, reject) => ends.set(id, { resolve, reject }));
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    begun,
    done,
    end: async (id: string) => {
      ends.get(id)?.resolve();
      await turn();
    },
    fail: (id: string, error: Error) => ends.get(id)?.reject(error),
  };
}

it('runs side by side no more than it may, in the order given', async () => {
  const run = manual([step('a'), step('b'), step('c'), step('d')], 2);
  expect(run.begun).toEqual(['a', 'b']);
  await run.end('b');
  expect(run.begun).toEqual(['a', 'b', 'c']);
  await run.end('a');
  expect(run.begun).toEqual(['a', 'b', 'c', 'd']);
  await run.end('c');
  await run.end('d');
  await run.done;
});

it('lets an operation wait for those it depends on, and those behind it go ahead', async () => {
  const run = manual([step('a', 'c'), step('b'), step('c')], 8);
  expect(run.begun).toEqual(['b', 'c']);
  await run.end('b');
  expect(run.begun).toEqual(['b', 'c']);
  await run.end('c');
  expect(run.begun).toEqual(['b', 'c', 'a']);
  await run.end('a');
  await run.done;
});

it('one at a time is in order', async () => {
  const begun: string[] = [];
  const steps = Array.from({ length: 100 }, (_, i) => step(`s${i}`, ...(i > 2 ? [`s${i - 3}`] : [])));
  await schedule(steps, 1, ({ id }) => Promise.resolve(void begun.push(id)));
  expect(begun).toEqual(steps.map(({ id }) => id));
});

it('fails with what an operation throws', async () => {
  const run = manual([step('a'), step('b', 'a')], 2);
  run.fail('a', new Error('broken'));
  await expect(run.done).rejects.toThrow('broken');
  expect(run.begun).toEqual(['a']);
});
