import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Job } from '#contracts';
import { Bus } from '#platform';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '#testing';
import { eventsOf, JobsOverHttp, type SentEvent } from '../test/jobs-over-http.js';
import { behaviours, easyCatalog, JobsUnderTest } from '../test/jobs-under-test.js';
import type { JobContext } from '../worker/handler.js';
import { JobLog } from '../worker/job-log.js';
import { JobStreams } from './job-streams.js';

const easy = easyCatalog();
afterAll(() => easy.restore());

/** Well beyond what the bus takes, and well below the look that is taken without it. */
const AT_ONCE_MS = 1_000;

describe.each(['PostgreSQL', 'Redis'] as const)('the events of jobs, told over %s', (backend) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let workers: JobsUnderTest;
  let one: JobsOverHttp;
  let two: JobsOverHttp;
  let token: string;
  const readers = new Set<AbortController>();

  beforeAll(async () => {
    database = await createDatabase();
    if (backend === 'Redis') redis = await startRedis();
    workers = await JobsUnderTest.start(database.url, redis?.url);
    one = await JobsOverHttp.start(database.url, redis?.url, { JOB_STREAMS_PER_TOKEN: '4', JOB_STREAMS: '6' });
    two = await JobsOverHttp.start(database.url, redis?.url);
    token = await one.token('default', 'jobs');
    const bus = two.app.get(Bus);
    await vi.waitFor(() => expect(bus.connected && one.app.get(Bus).connected).toBe(true), { timeout: 10_000 });
  });
  afterAll(async () => {
    await one?.stop();
    await two?.stop();
    await workers?.stop();
    await redis?.stop();
    await database.drop();
  });
  afterEach(async () => {
    for (const reader of readers) reader.abort();
    readers.clear();
    await workers.clear();
    await vi.waitFor(() => expect(open(one) + open(two)).toBe(0), { timeout: 5_000 });
  });

  const open = ({ app }: JobsOverHttp) => (Reflect.get(app.get(JobStreams), 'slots') as { open: number }).open;

  /** What has nothing to do with how news travels is tried once. */
  const triedAlready = backend === 'Redis';

  /** A reader over a connection of its own. */
  async function read(at: JobsOverHttp, job: Pick<Job, 'job_id'>, query = '', headers: Record<string, string> = {}) {
    const stop = new AbortController();
    readers.add(stop);
    const response = await at.ask(`${job.job_id}/events${query}`, token, { headers, signal: stop.signal });
    expect(response.status).toBe(200);
    const events = eventsOf(response);
    const until = async (wanted: (event: SentEvent) => boolean): Promise<SentEvent[]> => {
      const seen: SentEvent[] = [];
      for (;;) {
        const { value, done } = (await events.next()) as IteratorResult<SentEvent, undefined>;
        if (done === true) return seen;
        seen.push(value);
        if (wanted(value)) return seen;
      }
    };
    return { response, until, all: () => until(() => false), leave: () => stop.abort() };
  }
  const isState = (state: string) => (event: SentEvent) => event.event === 'state' && event.data['state'] === state;
  const isLine = (message: string) => (event: SentEvent) => event.event === 'log' && event.data['message'] === message;
  const short = ({ id, event, data }: SentEvent) =>
    [id, event, data['state'] ?? data['message'] ?? '', data['percent'] ?? ''].map(String).join(' ').trim();

  /** A job that runs until it is let go, in the hands of the test. */
  async function running(subject: string): Promise<{ job: Job; context: JobContext; end: (result: object) => void }> {
    const began = Promise.withResolvers<JobContext>();
    const over = Promise.withResolvers<object>();
    behaviours.set(subject, (context) => {
      began.resolve(context);
      context.signal.addEventListener('abort', () => over.reject(context.signal.reason as Error));
      return over.promise;
    });
    const job = await workers.refresh(subject);
    return { job, context: await began.promise, end: over.resolve };
  }

  it('come to every process as they happen, and end with the job', async () => {
    const { job, context, end } = await running('a');
    await workers.app.get(JobLog).flush();
    const streams = [await read(one, job), await read(two, job, '?after=0')];
    for (const { response } of streams) {
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('content-encoding')).toBeNull();
    }
    for (const { until } of streams) await until(isState('active'));
    const said = performance.now();
    context.log('half of it is done');
    context.progress(50, 'Half 1 of 2');
    for (const { until } of streams) await until(isLine('half of it is done'));
    expect(performance.now() - said).toBeLessThan(AT_ONCE_MS);
    end({ all: 1 });
    for (const { all } of streams) {
      const rest = (await all()).map(short);
      expect(rest.slice(-1)[0]).toMatch(/^\d+ end$/);
      expect(rest).toContainEqual(expect.stringMatching(/ state completed/));
      expect(rest).toContainEqual(expect.stringMatching(/ log Completed/));
    }
  });

  it('are told though the bus is silent', async () => {
    const { job, context, end } = await running('b');
    const stream = await read(one, job);
    await stream.until(isState('active'));
    // Written by nobody who tells of it.
    await workers.postgres.query(`UPDATE jobs SET progress_percent = 12, progress_message = 'x' WHERE job_id = $1`, [
      job.job_id,
    ]);
    const seen = await stream.until(({ event }) => event === 'progress');
    expect(seen.at(-1)?.data).toEqual({ percent: 12, message: 'x' });
    context.log('one more');
    await stream.until(isLine('one more'));
    end({});
    await stream.all();
  });

  it.skipIf(triedAlready)('go on at another process after the last line that was read', async () => {
    const { job, context, end } = await running('c');
    const first = await read(one, job, '?after=0');
    context.log('one');
    context.log('two');
    const seen = await first.until(isLine('two'));
    first.leave();
    context.log('three');
    context.log('four');
    await workers.app.get(JobLog).flush();
    const second = await read(two, job, '', { 'last-event-id': seen.at(-1)?.id ?? '' });
    const rest = await second.until(isLine('four'));
    expect(rest.filter(({ event }) => event === 'log').map(({ data }) => data['message'])).toEqual(['three', 'four']);
    end({});
    await second.all();
  });

  it('survive the worker: the job goes on at another, and so do they', async () => {
    const first = await workers.startWorker();
    const { job, context } = await running('d');
    const stream = await read(one, job, '?after=0');
    await stream.until(isState('active'));
    // As if its worker had been killed: another takes the job, and what the first still says of it comes too late.
    behaviours.set('d', (again) => {
      again.log(`attempt ${again.fence} goes on`);
      return Promise.resolve({ by: again.fence });
    });
    await workers.postgres.query(`UPDATE job_outbox SET delivery = NULL, published_at = NULL WHERE job_id = $1`, [
      job.job_id,
    ]);
    await workers.backtest('wakes the publisher');
    const events = (await stream.all()).map(short);
    expect(context.fence).toBe(1);
    expect(events).toContainEqual(expect.stringMatching(/log attempt 2 goes on$/));
    expect(events).toContainEqual(expect.stringMatching(/state completed/));
    expect(events.at(-1)).toMatch(/ end$/);
    expect((await workers.row(job.job_id)).result).toEqual({ by: 2 });
    await workers.stopWorker(first);
  });

  it.skipIf(triedAlready)(
    'of a job that has ended are how it ended, its lines where they are wanted, and the end',
    async () => {
      const job = await workers.refresh('e');
      await workers.reaches(job, 'completed');
      await workers.app.get(JobLog).flush();
      expect((await (await read(one, job)).all()).map(short)).toEqual(['2 state completed', '2 end']);
      expect((await (await read(one, job, '?after=0')).all()).map(short)).toEqual([
        '1 log Attempt 1 begins',
        '2 log Completed',
        '2 state completed',
        '2 end',
      ]);
    },
  );

  it('of one that is cancelled end at once', async () => {
    const { job } = await running('f');
    const stream = await read(two, job);
    await stream.until(isState('active'));
    const asked = performance.now();
    expect((await one.ask(`${job.job_id}/cancel`, token, { method: 'POST' })).status).toBe(200);
    expect((await stream.until(isState('cancelled'))).at(-1)?.data['state']).toBe('cancelled');
    expect(performance.now() - asked).toBeLessThan(AT_ONCE_MS);
    expect((await stream.all()).map(short).at(-1)).toMatch(/ end$/);
  });

  it.skipIf(triedAlready)('are given to as many readers as a token, and the process, may have', async () => {
    const { job, end } = await running('g');
    const streams = [];
    for (let n = 0; n < 4; n++) streams.push(await read(one, job));
    const fifth = await one.ask(`${job.job_id}/events`, token);
    expect([fifth.status, fifth.headers.get('retry-after')]).toEqual([429, '10']);
    expect(((await fifth.json()) as { code: string }).code).toBe('STREAMS_TOO_MANY');
    const others = [await one.token('default', 'jobs'), await one.token('default', 'jobs')];
    const more = [];
    for (const other of others) more.push(await one.ask(`${job.job_id}/events`, other));
    const beyond = await one.ask(`${job.job_id}/events`, others[0] ?? '');
    expect(((await beyond.json()) as { code: string }).code).toBe('OVERLOADED');
    // One that leaves makes room.
    streams[0]?.leave();
    await expect.poll(() => open(one), { timeout: 5_000 }).toBe(5);
    const again = await read(one, job);
    await again.until(isState('active'));
    end({});
    await Promise.all([...more.map((answer) => answer.text()), again.all()]);
  });

  it.skipIf(triedAlready)(
    'wait in no memory for a reader that does not read, who gets every line when it does',
    async () => {
      const { job, context, end } = await running('h');
      const { hostname, port } = new URL(one.url);
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      socket.pause();
      socket.write(
        `GET /api/v1/jobs/${job.job_id}/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
      );
      await expect.poll(() => open(one), { timeout: 5_000 }).toBe(1);
      // Far more than the buffers of two sockets hold, and less than is kept of a log.
      for (let n = 1; n <= 130; n++) context.log(`${n} ${'x'.repeat(3_900)}`);
      await workers.app.get(JobLog).flush();
      const quick = await read(two, job, '?after=0');
      await quick.until(({ data }) => String(data['message']).startsWith('130 '));
      expect(open(one)).toBe(1);
      end({});
      await quick.all();
      let text = '';
      socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      socket.resume();
      await once(socket, 'end');
      const numbers = [...text.matchAll(/"message":"(\d+) x/g)].map(([, n]) => Number(n));
      expect(numbers).toEqual(Array.from({ length: 130 }, (_, i) => i + 1));
      expect(text).toMatch(/event: end\ndata: {}\n\n/);
    },
  );

  it.skipIf(triedAlready)(
    'are not for who may not see the job, nor go on for one whose token was revoked',
    async () => {
      const { job, end } = await running('i');
      const reader = await one.token('default', 'risk:read');
      const elsewhere = await one.token('other', 'jobs');
      expect((await one.ask(`${job.job_id}/events`, null)).status).toBe(401);
      expect((await one.ask(`${job.job_id}/events`, reader)).status).toBe(403);
      expect((await one.ask(`${job.job_id}/events`, elsewhere)).status).toBe(404);
      expect((await one.ask(`${job.job_id}/events?after=x`, token)).status).toBe(400);
      expect((await one.ask('no-job/events', token)).status).toBe(400);
      end({});
      await workers.reaches(job, 'completed');
    },
  );

  it('end when the process does, without an end of the job, so that the reader comes back', async () => {
    const three = await JobsOverHttp.start(database.url, redis?.url);
    const { job, end } = await running('j');
    const stream = await read(three, job);
    await stream.until(isState('active'));
    const begun = performance.now();
    const [rest] = await Promise.all([stream.all(), three.stop()]);
    expect(rest.map(({ event }) => event)).not.toContain('end');
    expect(performance.now() - begun).toBeLessThan(5_000);
    const back = await read(one, job);
    end({});
    expect((await back.all()).map(short).at(-1)).toMatch(/ end$/);
  });

  it('cost those nothing whom nobody watches', async () => {
    const heard: string[] = [];
    const end = two.app.get(Bus).subscribe('jobs-touched', (message) => heard.push(message));
    const jobs = await Promise.all(Array.from({ length: 20 }, (_, n) => workers.refresh(`quiet ${n}`)));
    for (const job of jobs) await workers.reaches(job, 'completed');
    await workers.app.get(JobLog).flush();
    // What is said after it comes after it.
    await workers.app.get(Bus).publish('jobs-touched', 'marker');
    await expect.poll(() => heard, { timeout: 5_000 }).toEqual(['marker']);
    end();
  });
});
