import { describe, expect, it } from 'vitest';
import type { JobLogLine } from './job-log-line.js';
import { keepable, PendingLines } from './pending-lines.js';

const line = (jobId: string, message: string): JobLogLine => ({
  jobId,
  namespaceId: 'default',
  fence: 1,
  at: new Date(0),
  level: 'info',
  message,
});
const say = (pending: PendingLines, jobId: string, from: number, to: number) => {
  for (let n = from; n <= to; n++) pending.add(line(jobId, `${n}`));
};
const shown = (lines: JobLogLine[]) => lines.map(({ jobId, message }) => `${jobId} ${message}`);

describe('lines that wait to be kept', () => {
  it('come out job by job, each in its order, whole jobs at a time', () => {
    const pending = new PendingLines();
    say(pending, 'a', 1, 2);
    say(pending, 'b', 1, 2);
    pending.add(line('a', '3'));
    expect(shown(pending.take(4))).toEqual(['a 1', 'a 2', 'a 3']);
    expect(shown(pending.take(1))).toEqual(['b 1', 'b 2']);
    expect([pending.take(10), pending.size]).toEqual([[], 0]);
  });

  it('of a job that says too much are its first, and how many are missing', () => {
    const pending = new PendingLines({ lines: 100, linesOfJob: 3 });
    say(pending, 'a', 1, 1_000_000);
    say(pending, 'b', 1, 2);
    expect(pending.size).toBe(5);
    expect(shown(pending.take(100))).toEqual(['a 1', 'a 2', 'a 3', 'a 999997 lines were not kept', 'b 1', 'b 2']);
  });

  it('are bounded over all jobs, also in how many jobs are remembered', () => {
    const pending = new PendingLines({ lines: 10, linesOfJob: 4 });
    for (let job = 0; job < 100_000; job++) say(pending, `${job}`, 1, 2);
    expect(pending.size).toBe(10);
    expect(pending.take(1_000).length).toBe(10);
    say(pending, 'later', 1, 1);
    expect(shown(pending.take(1))).toEqual(['later 1']);
  });

  it('that could not be kept stand before those said since, within the same bounds', () => {
    const pending = new PendingLines({ lines: 100, linesOfJob: 3 });
    say(pending, 'a', 1, 2);
    const taken = pending.take(10);
    say(pending, 'a', 3, 9);
    say(pending, 'b', 1, 1);
    pending.putBack(taken);
    expect(shown(pending.take(10))).toEqual(['a 1', 'a 2', 'a 3', 'a 6 lines were not kept', 'b 1']);
    expect(pending.size).toBe(0);
  });

  it('are cut where they are long, without halving a character, and hold nothing that cannot be kept', () => {
    expect(keepable('a\u0000b\ud800')).toBe('ab\ufffd');
    expect([keepable(undefined), keepable(Object.create(null))]).toEqual(['undefined', '[Object: null prototype] {}']);
    expect(keepable('x'.repeat(4_000))).toHaveLength(4_000);
    const cut = keepable(`${'x'.repeat(3_999)}😀${'y'.repeat(50)}`);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut).toMatch(/\(51 characters more\)$/);
  });
});
