import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JobKind } from '../catalog/catalog.js';
import { dueAfter, type Lane, shareOut, startsAllowed } from './share-out.js';

const kind = (more: Partial<JobKind>): JobKind => ({
  params: z.object({}),
  result: z.object({}),
  queue: 'data',
  priority: 5,
  timeoutMs: 1_000,
  attempts: 1,
  backoff: { firstMs: 1, maxMs: 1 },
  concurrency: 8,
  startedBy: 'jobs',
  ...more,
});
const kinds: Record<string, JobKind> = {
  plain: kind({}),
  wide: kind({ concurrency: 1_000 }),
  slow: kind({ rateLimit: { max: 3, perMs: 3_000 } }),
};
const lane = (namespaceId: string, more: Partial<Lane> = {}): Lane => ({
  namespaceId,
  type: 'plain',
  out: 0,
  due: null,
  ...more,
});
const share = (lanes: Lane[], most = 100, now = 0) => {
  const { shares, next } = shareOut(lanes, (type) => kinds[type], most, now);
  return { next, jobs: Object.fromEntries(shares.map(({ lane: { namespaceId }, jobs }) => [namespaceId, jobs])) };
};

describe('what is given out', () => {
  it('is what the type may have out at once, less what is out', () => {
    expect(share([lane('a'), lane('b', { out: 5 }), lane('c', { out: 8 })]).jobs).toEqual({ a: 8, b: 3 });
  });

  it('is even where there is less than all could have, and nobody takes what another can use', () => {
    const lanes = [lane('greedy', { type: 'wide' }), lane('small'), lane('other', { type: 'wide' })];
    expect(share(lanes, 30).jobs).toEqual({ small: 8, greedy: 11, other: 11 });
  });

  it('goes to those with the fewest out where there are more lanes than jobs to give', () => {
    const lanes = Array.from({ length: 50 }, (_, i) => lane(`n${i}`, { out: i % 5 }));
    expect(Object.keys(share(lanes, 10).jobs).map((name) => Number(name.slice(1)) % 5)).toEqual(Array(10).fill(0));
  });

  it('is nothing of a type that this release does not know', () => {
    expect(share([lane('a', { type: 'of tomorrow' })]).jobs).toEqual({});
  });

  it('keeps to the rate of a type, and says when it goes on', () => {
    expect(share([lane('a', { type: 'slow' })])).toEqual({ jobs: { a: 3 }, next: undefined });
    // Three starts at 0 are those of three seconds; one more a second later.
    const after = lane('a', { type: 'slow', due: 3_000 });
    expect(share([after], 100, 10)).toEqual({ jobs: {}, next: 1_000 });
    expect(share([after], 100, 1_000).jobs).toEqual({ a: 1 });
  });
});

it('a rate allows its number at once and over any time not more than its pace beyond that', () => {
  const rate = { max: 5, perMs: 1_000 };
  let due: number | null = null;
  let starts = 0;
  for (let now = 0; now <= 10_000; now += 37) {
    const allowed = startsAllowed(rate, due, now);
    due = dueAfter(rate, due, allowed, now);
    starts += allowed;
    expect(starts).toBeLessThanOrEqual(5 + (now * 5) / 1_000);
  }
  expect(starts).toBeGreaterThanOrEqual(54);
});
