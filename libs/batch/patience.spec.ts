import { once } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RequestContext } from '#platform';
import { Patience } from './patience.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const codeOf = ({ signal }: Patience) => (signal.aborted ? (signal.reason as { code: string }).code : undefined);

it('ends a little before the deadline of the request, so that what was done can be told', () => {
  const context = new RequestContext('r');
  context.allow(30_000);
  const patience = new Patience(context);
  vi.advanceTimersByTime(29_499);
  expect(codeOf(patience)).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(codeOf(patience)).toBe('DEADLINE_EXCEEDED');
  expect(context.signal.aborted).toBe(false);
});

it('ends when the caller leaves', () => {
  const context = new RequestContext('r');
  const patience = new Patience(context);
  const ended = once(patience.signal, 'abort');
  context.abandon();
  expect(codeOf(patience)).toBe('REQUEST_MALFORMED');
  return ended;
});

it('has no end where the request has none, and none once the batch is done', () => {
  const context = new RequestContext('r');
  context.allow(null);
  const endless = new Patience(context);
  const done = new Patience(new RequestContext('s'));
  done.end();
  vi.advanceTimersByTime(3_600_000);
  expect([codeOf(endless), codeOf(done), codeOf(new Patience(undefined))]).toEqual([undefined, undefined, undefined]);
  expect(vi.getTimerCount()).toBe(0);
});

it('of a request that is late already is at an end', () => {
  const context = new RequestContext('r');
  context.allow(100);
  const patience = new Patience(context);
  vi.advanceTimersByTime(0);
  expect(codeOf(patience)).toBe('DEADLINE_EXCEEDED');
});
