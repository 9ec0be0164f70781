import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Postgres } from '#platform';
import type { JobSignals } from '../events/job-signals.js';
import type { JobLogLine } from '../logs/job-log-line.js';
import type { LogStore } from '../logs/log-store.js';
import { JobLog, KEEP_EVERY_MS } from './job-log.js';

Logger.overrideLogger(false);

let kept: JobLogLine[][];
let away: boolean;
let asked: number;
let log: JobLog;
const line = (n: number): JobLogLine => ({
  jobId: `job-${n % 10}`,
  namespaceId: 'default',
  fence: 1,
  at: new Date(0),
  level: 'info',
  message: `line ${n}`,
});

beforeEach(() => {
  vi.useFakeTimers();
  kept = [];
  away = false;
  asked = 0;
  log = new JobLog(
    { outside: <T>(work: () => T) => work() } as unknown as Postgres,
    {
      append: (lines: JobLogLine[]) => {
        asked++;
        return away ? Promise.reject(new Error('away')) : Promise.resolve(void kept.push(lines));
      },
    } as unknown as LogStore,
    { touched: () => undefined } as unknown as JobSignals,
  );
});
afterEach(async () => {
  vi.useRealTimers();
  await log.onApplicationShutdown();
});

it('keeps few lines together after a moment, and many at once', async () => {
  for (let n = 0; n < 3; n++) log.note(line(n));
  await vi.advanceTimersByTimeAsync(KEEP_EVERY_MS - 1);
  expect(kept).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(kept).toHaveLength(1);
  for (let n = 0; n < 1_000; n++) log.note(line(n));
  await vi.advanceTimersByTimeAsync(1);
  expect(kept.flat()).toHaveLength(1_003);
});

it('sets its timer once for a flood', () => {
  const set = vi.spyOn(globalThis, 'setTimeout');
  for (let n = 0; n < 3_000; n++) log.note(line(n));
  // For the first line, and for the thousandth, which is not to wait.
  expect(set).toHaveBeenCalledTimes(2);
});

it('does not ask a store that is away for every line, and loses none of those that it may hold', async () => {
  away = true;
  for (let n = 0; n < 1_500; n++) {
    log.note(line(n));
    await vi.advanceTimersByTimeAsync(1);
  }
  expect(asked).toBeLessThanOrEqual(2);
  away = false;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(kept.flat()).toHaveLength(1_500);
});
