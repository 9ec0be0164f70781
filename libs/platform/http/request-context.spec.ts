import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from './app-error.js';
import { outsideRequests, RequestContext, requestContext, runInContext } from './request-context.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const codeOf = (signal: AbortSignal) => (signal.reason instanceof AppError ? signal.reason.code : undefined);

describe('the signal of a request', () => {
  it('fires when five seconds have passed since its start', () => {
    const { signal } = new RequestContext('r', Date.now() - 1_000);
    vi.advanceTimersByTime(3_999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(codeOf(signal)).toBe('DEADLINE_EXCEEDED');
  });

  it('keeps to what the route allows, said before or after somebody asked for it', () => {
    const context = new RequestContext('r');
    const { signal } = context;
    context.allow(30_000);
    vi.advanceTimersByTime(29_999);
    expect(signal.aborted).toBe(false);
    expect(context.remaining()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(signal.aborted).toBe(true);
    expect(context.remaining()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(context.remaining()).toBe(0);
  });

  it('of a stream without a deadline never fires by itself', () => {
    const context = new RequestContext('r');
    context.allow(null);
    const { signal } = context;
    vi.advanceTimersByTime(24 * 3_600_000);
    expect(signal.aborted).toBe(false);
    context.abandon();
    expect(signal.aborted).toBe(true);
  });

  it('fires when the caller leaves, also for who asks for it afterwards', () => {
    const before = new RequestContext('r');
    const { signal } = before;
    before.abandon();
    expect(codeOf(signal)).toBe('REQUEST_MALFORMED');
    const after = new RequestContext('r');
    after.abandon();
    expect(codeOf(after.signal)).toBe('REQUEST_MALFORMED');
  });

  it('says the first of the reasons, and holds no timer', () => {
    const context = new RequestContext('r');
    const { signal } = context;
    context.abandon();
    expect(vi.getTimerCount()).toBe(0);
    context.allow(10);
    vi.advanceTimersByTime(10_000);
    expect(codeOf(signal)).toBe('REQUEST_MALFORMED');
  });

  it('lets what goes on beyond the answer go on', () => {
    const context = new RequestContext('r');
    const { signal } = context;
    context.end();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect([signal.aborted, new RequestContext('s').signal.aborted]).toEqual([false, false]);
  });
});

describe('the context', () => {
  it('is that of the work, through everything it waits for, and of nothing beside it', async () => {
    vi.useRealTimers();
    const [one, other] = [new RequestContext('one'), new RequestContext('other')];
    const seen = async () => {
      await new Promise(setImmediate);
      return requestContext();
    };
    expect(await Promise.all([runInContext(one, seen), seen(), runInContext(other, seen)])).toEqual([
      one,
      undefined,
      other,
    ]);
    expect(await runInContext(one, () => outsideRequests(seen))).toBeUndefined();
  });
});
