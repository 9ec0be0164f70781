import { describe, expect, it, vi } from 'vitest';
import type { JobLogLine, JobState, JobStatus } from '#contracts';
import { AppError } from '#platform';
import { jobEvents, type JobEventsOptions } from './job-events.js';
import { type JobSnapshot, JobView } from './job-watch.js';
import { lastEventId, serverSent } from './server-sent.js';
import { StreamSlots } from './stream-slots.js';

const status = (state: JobState, percent = 0, message = ''): JobStatus =>
  ({
    job_id: 'j',
    state,
    attempts: 1,
    error: null,
    finished_at: null,
    progress: { percent, message },
  }) as unknown as JobStatus;
const snapshot = (lastSeq: number, ...of: Parameters<typeof status>): JobSnapshot => ({
  status: status(...of),
  lastSeq,
});

/** A stream over a log in memory. Times are short, and where one must not pass it is long. */
function stream(options: Partial<JobEventsOptions> = {}) {
  const log: JobLogLine[] = [];
  const closed: string[] = [];
  const view = new JobView(
    () => closed.push('unwatched'),
    () => closed.push('dropped'),
  );
  const stop = new AbortController();
  const events = jobEvents({
    view,
    readLines: (after, limit) => Promise.resolve(log.filter(({ seq }) => seq > after).slice(0, limit)),
    after: undefined,
    signal: stop.signal,
    heartbeatMs: 60_000,
    lastLinesMs: 1,
    isAllowed: () => Promise.resolve(true),
    ...options,
  });
  return {
    view,
    stop,
    closed,
    events,
    say: (count: number) => {
      for (let n = 0; n < count; n++)
        log.push({ seq: log.length + 1, at: '', attempt: 1, level: 'info', message: `line ${log.length + 1}` });
    },
    /** What is sent next, in short. */
    next: async () => {
      const { value } = (await events.next()) as IteratorResult<string, undefined>;
      return value === undefined ? 'over' : value.trim().split('\n\n').map(short);
    },
  };
}

function short(text: string): string {
  const {
    id = '',
    event = text,
    data = '',
  } = Object.fromEntries(
    text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  ) as Record<string, string>;
  const { state, message, percent } = (data === '' ? {} : JSON.parse(data)) as Record<string, unknown>;
  return [id, event, state, percent, message].filter((part) => part !== undefined && part !== '').join(' ');
}

describe('the events of a job', () => {
  it('begin with how it stands, then tell what changes, and end with it', async () => {
    const { view, say, next, closed } = stream();
    say(7);
    expect(await next()).toEqual(['retry: 2000']);
    view.show(snapshot(7, 'waiting'));
    expect(await next()).toEqual(['7 state waiting']);
    view.show(snapshot(7, 'waiting'));
    view.show(snapshot(7, 'active'));
    expect(await next()).toEqual(['7 state active']);
    view.show(snapshot(7, 'active', 40, 'Fitting'));
    expect(await next()).toEqual(['7 progress 40 Fitting']);
    say(2);
    view.show(snapshot(9, 'completed', 100, 'Fitting'));
    expect(await next()).toEqual(['8 log line 8', '9 log line 9']);
    expect(await next()).toEqual(['9 state completed']);
    expect(await next()).toEqual(['9 end']);
    expect(await next()).toBe('over');
    expect(closed).toEqual(['unwatched', 'dropped']);
  });

  it('go on after the last line that the reader has', async () => {
    const { view, say, next } = stream({ after: 3 });
    say(5);
    await next();
    view.show(snapshot(5, 'active'));
    expect(await next()).toEqual(['4 log line 4', '5 log line 5']);
    expect(await next()).toEqual(['5 state active']);
  });

  it('do not wait for lines that there will never be because the reader names another log’s', async () => {
    const { view, say, next } = stream({ after: 900 });
    say(5);
    await next();
    view.show(snapshot(5, 'active'));
    expect(await next()).toEqual(['5 state active']);
    say(1);
    view.show(snapshot(6, 'active'));
    expect(await next()).toEqual(['6 log line 6']);
  });

  it('pass over lines that were dropped from the log meanwhile', async () => {
    const { view, next } = stream({ after: 0, readLines: () => Promise.resolve([]) });
    await next();
    view.show(snapshot(5_000, 'active'));
    expect(await next()).toEqual(['5000 state active']);
  });

  it('give a slow reader every line and of states the last, and hold little for it', async () => {
    let most = 0;
    const log = Array.from({ length: 1_000 }, (_, i) => ({ seq: i + 1, message: '' }) as JobLogLine);
    const { view, next } = stream({
      after: 0,
      readLines: (after, limit) => {
        most = Math.max(most, limit);
        return Promise.resolve(log.filter(({ seq }) => seq > after).slice(0, limit));
      },
    });
    await next();
    view.show(snapshot(1_000, 'active'));
    const lines: string[] = [];
    for (let n = 0; n < 10; n++) {
      lines.push(...((await next()) as string[]));
      // Meanwhile it went on and on.
      for (let percent = 0; percent < 100; percent++) view.show(snapshot(1_000, 'active', percent));
    }
    expect(lines).toHaveLength(1_000);
    expect(most).toBe(100);
    expect(await next()).toEqual(['1000 state active']);
    expect(await next()).toEqual(['1000 progress 99']);
  });

  it('wait for the last lines of a job that has ended, which are kept a moment after it', async () => {
    const { view, say, next } = stream({ lastLinesMs: 30_000 });
    await next();
    view.show(snapshot(0, 'failed'));
    expect(await next()).toEqual(['0 state failed']);
    const last = next();
    say(1);
    view.show(snapshot(1, 'failed'));
    expect(await last).toEqual(['1 log line 1']);
  });

  it('of one that ended long ago are over at once', async () => {
    const { view, next } = stream({ lastLinesMs: 60_000 });
    await next();
    view.show({ lastSeq: 2, status: { ...status('completed'), finished_at: '2026-01-31T08:00:00.000Z' } });
    expect(await next()).toEqual(['2 state completed']);
    expect(await next()).toEqual(['2 end']);
  });

  it('go on where a job that had ended is tried again before they are over', async () => {
    const { view, next } = stream({ lastLinesMs: 30_000 });
    await next();
    view.show(snapshot(0, 'failed'));
    await next();
    view.show(snapshot(0, 'waiting'));
    expect(await next()).toEqual(['0 state waiting']);
    view.show(snapshot(0, 'active'));
    expect(await next()).toEqual(['0 state active']);
  });

  it('give a sign of life while nothing happens, for as long as the reader may see the job', async () => {
    let allowed = true;
    const { view, next, closed } = stream({ heartbeatMs: 1, isAllowed: () => Promise.resolve(allowed) });
    await next();
    view.show(snapshot(0, 'active'));
    await next();
    expect(await next()).toEqual([': still here']);
    allowed = false;
    expect(await next()).toBe('over');
    expect(closed).toEqual(['unwatched', 'dropped']);
  });

  it('are over when the reader may not see the job any more, however much there is to tell', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let allowed = true;
    const asked: number[] = [];
    const isAllowed = () => {
      asked.push(Date.now());
      return Promise.resolve(allowed);
    };
    const { view, say, next } = stream({ heartbeatMs: 15_000, isAllowed });
    await next();
    for (let n = 0; n < 20; n++) {
      vi.advanceTimersByTime(2_000);
      view.show(snapshot(0, 'active', n));
      expect(await next()).toHaveLength(1);
    }
    expect(asked).toHaveLength(2);
    allowed = false;
    // Many lines for a slow reader are one thing to tell, and may take long.
    say(250);
    view.show(snapshot(250, 'active', 20));
    expect(await next()).toHaveLength(100);
    vi.advanceTimersByTime(15_000);
    expect(await next()).toBe('over');
    vi.useRealTimers();
  });

  it('are over when the reader leaves or the process ends, without an end', async () => {
    const { view, next, stop } = stream();
    await next();
    view.show(snapshot(0, 'active'));
    await next();
    const last = next();
    stop.abort();
    expect(await last).toBe('over');
  });

  it('are over where the job is gone', async () => {
    const { view, next } = stream();
    await next();
    view.show(null);
    expect(await next()).toBe('over');
  });

  it('give back what they hold where nobody reads beyond the first', async () => {
    const { events, next, closed } = stream();
    await next();
    await events.return(undefined);
    expect(closed).toEqual(['unwatched', 'dropped']);
  });
});

describe('server-sent events', () => {
  it('are one line of data, whatever stands in it', () => {
    expect(serverSent('log', { message: 'a\nb\r\n\ndata: c' }, 3)).toBe(
      'id: 3\nevent: log\ndata: {"message":"a\\nb\\r\\n\\ndata: c"}\n\n',
    );
  });

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['12', 12],
    ['0', 0],
    ['-1', undefined],
    ['1e3', undefined],
    ['12345678901', undefined],
    ['abc', undefined],
  ])('the last id %s is %s', (header, id) => expect(lastEventId(header)).toBe(id));
});

describe('the slots of streams', () => {
  const code = (take: () => unknown) => {
    try {
      take();
      return 'taken';
    } catch (error) {
      return error instanceof AppError ? `${error.status} ${error.code}` : 'else';
    }
  };

  it('are bounded for a token and for all, and are given back once', () => {
    const slots = new StreamSlots({ all: 3, ofToken: 2 });
    const [one, two] = [slots.take('a'), slots.take('a')];
    expect(code(() => slots.take('a'))).toBe('429 STREAMS_TOO_MANY');
    const three = slots.take('b');
    expect(code(() => slots.take('c'))).toBe('503 OVERLOADED');
    one();
    one();
    expect(slots.open).toBe(2);
    expect(code(() => slots.take('a'))).toBe('taken');
    expect(code(() => slots.take('a'))).toBe('429 STREAMS_TOO_MANY');
    two();
    three();
  });
});
