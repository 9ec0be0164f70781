import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Postgres } from '#platform';
import type { JobSignals } from './job-signals.js';
import { JobWatch } from './job-watch.js';

/** Ids of each look at the table. */
let looks: string[][];
let tell: Map<string, () => void>;
let watch: JobWatch;

beforeEach(() => {
  vi.useFakeTimers();
  looks = [];
  tell = new Map();
  const postgres = {
    repository: () => ({
      metadata: { columns: [] },
      find: ({ where }: { where: { jobId: { value: string[] } } }) => {
        looks.push(where.jobId.value);
        return Promise.resolve([]);
      },
    }),
    manager: { query: () => Promise.resolve([]) },
  } as unknown as Postgres;
  const signals = {
    heard: true,
    watch: (jobId: string, onNews: () => void) => {
      tell.set(jobId, onNews);
      return () => undefined;
    },
  } as unknown as JobSignals;
  watch = new JobWatch(postgres, signals);
});
afterEach(() => {
  watch.onApplicationShutdown();
  vi.useRealTimers();
});

it('looks at a job when there is news of it, and at all when it is time', async () => {
  watch.open('a');
  watch.open('b');
  await vi.advanceTimersByTimeAsync(10);
  expect(looks).toEqual([['a', 'b']]);
  tell.get('b')?.();
  await vi.advanceTimersByTimeAsync(10);
  expect(looks.slice(1)).toEqual([['b']]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(looks.slice(2)).toEqual([['a', 'b']]);
});

it('looks at all though there is always news of one', async () => {
  watch.open('busy');
  watch.open('quiet');
  await vi.advanceTimersByTimeAsync(10);
  looks.length = 0;
  for (let ms = 0; ms < 10_000; ms += 50) {
    tell.get('busy')?.();
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(looks.filter((ids) => ids.includes('quiet'))).toHaveLength(3);
});
