import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Job, JobLogLine, Paged } from '#contracts';
import { createDatabase, type TestDatabase } from '#testing';
import { behaviours, easyCatalog, JobsUnderTest } from '../test/jobs-under-test.js';
import { JobsOverHttp } from '../test/jobs-over-http.js';
import { JobLog } from '../worker/job-log.js';
import { LOG_BYTES, LOG_LINES, LogStore } from './log-store.js';

const easy = easyCatalog();
let database: TestDatabase;
let workers: JobsUnderTest;
let api: JobsOverHttp;
let token: string;

beforeAll(async () => {
  database = await createDatabase();
  workers = await JobsUnderTest.start(database.url);
  api = await JobsOverHttp.start(database.url);
  token = await api.token('default', 'jobs');
});
afterAll(async () => {
  await api?.stop();
  await workers?.stop();
  await database.drop();
  easy.restore();
});
afterEach(() => workers.clear());

/** The lines of a job when all that was said of it is kept. */
async function log({ job_id }: Pick<Job, 'job_id'>, query = ''): Promise<JobLogLine[]> {
  await workers.app.get(JobLog).flush();
  const answer = await api.ask(`${job_id}/logs${query}`, token);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as Paged<JobLogLine>).data;
}
const shown = (lines: JobLogLine[]) => lines.map(({ attempt, level, message }) => `${attempt} ${level} ${message}`);

const say = (job: Pick<Job, 'job_id'>, count: number, message = (n: number) => `line ${n}`) =>
  workers.app.get(LogStore).append(
    Array.from({ length: count }, (_, i) => ({
      jobId: job.job_id,
      namespaceId: 'default',
      fence: 1,
      at: new Date(),
      level: (['debug', 'info', 'warn', 'error'] as const)[i % 4] ?? 'info',
      message: message(i + 1),
    })),
  );

describe('the log of a job', () => {
  it('tells what became of it and what its handler said, attempt by attempt', async () => {
    let runs = 0;
    behaviours.set('a', (context) => {
      context.log('reading');
      context.progress(10, 'Reading 1 of 2');
      context.progress(20, 'Reading 2 of 2');
      context.log('half a page is missing', 'warn');
      return ++runs === 1 ? Promise.reject(new Error('secret cause')) : Promise.resolve({});
    });
    const job = await workers.refresh('a');
    await workers.reaches(job, 'completed');
    const lines = await log(job);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    expect(shown(lines).map((line) => line.replace(/in [\d.]+ s/, 'in a moment'))).toEqual([
      '1 info Attempt 1 begins',
      '1 info reading',
      '1 info 10 % Reading 1 of 2',
      '1 warn half a page is missing',
      '1 warn Failed: The cause stands in the log under the job id (INTERNAL); tried again in a moment',
      '2 info Attempt 2 begins',
      '2 info reading',
      '2 info 10 % Reading 1 of 2',
      '2 warn half a page is missing',
      '2 info Completed',
    ]);
  });

  it('tells of what was asked for from outside, and of a worker that must go', async () => {
    behaviours.set(
      'b',
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    const job = await workers.refresh('b');
    await workers.reaches(job, 'active');
    const cancelled = await api.ask(`${job.job_id}/cancel`, token, { method: 'POST' });
    expect(cancelled.status).toBe(200);
    // Said by the process that was asked, which keeps it by itself.
    await expect
      .poll(async () => shown(await log(job)), { timeout: 5_000 })
      .toEqual(['1 info Attempt 1 begins', '0 info Cancelled on request']);
  });

  it('holds whatever a handler says, cut where it is long', async () => {
    behaviours.set('c', (context) => {
      context.log('nul \u0000, half \ud83d, and two\nlines');
      context.log('x'.repeat(100_000));
      context.log(undefined as unknown as string);
      return Promise.resolve({});
    });
    const job = await workers.refresh('c');
    await workers.reaches(job, 'completed');
    const messages = (await log(job)).map(({ message }) => message);
    expect(messages[1]).toBe('nul , half \ufffd, and two\nlines');
    expect(messages[2]?.length).toBeLessThan(4_100);
    expect(messages[3]).toBe('undefined');
    expect(messages.at(-1)).toBe('Completed');
  });

  it('does not slow a handler that says hundreds of thousands of things, and keeps what it can', async () => {
    behaviours.set('d', (context) => {
      const begun = performance.now();
      for (let n = 1; n <= 200_000; n++) context.log(`line ${n}`, 'debug');
      return Promise.resolve({ ms: performance.now() - begun });
    });
    const job = await workers.refresh('d');
    const { result } = await workers.reaches(job, 'completed');
    // 10 µs a line; a write to the store takes fifty times that.
    expect(result?.['ms']).toBeLessThan(2_000);
    const lines = await log(job, '?sort=-seq&limit=3');
    expect(shown(lines).at(-1)).toMatch(/^1 debug line \d+$/);
    expect(shown(lines).some((line) => /lines were not kept/.test(line))).toBe(true);
  });

  it('keeps the last lines of many, and bytes within their bound', async () => {
    const job = await workers.refresh('e', {}, { delayMs: 60_000 });
    for (let n = 0; n < 4; n++) await say(job, 500, (i) => `${n * 500 + i}`);
    const all = await log(job, '?limit=1000');
    expect(all.length).toBeLessThanOrEqual(LOG_LINES);
    expect(all.at(-1)).toMatchObject({ seq: 2_000, message: '2000' });
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => (all[0]?.seq ?? 0) + i));
    await say(job, 200, () => 'y'.repeat(4_000));
    const [kept] = await workers.postgres.query<{ bytes: string; said: number }[]>(
      `SELECT sum(octet_length(message)) AS bytes, (SELECT bytes FROM job_log_heads WHERE job_id = $1) AS said
       FROM job_logs WHERE job_id = $1`,
      [job.job_id],
    );
    expect(Number(kept?.bytes)).toBeLessThanOrEqual(LOG_BYTES);
    expect(kept?.said).toBe(Number(kept?.bytes));
  });

  it('has its lines in one order, though several processes add to it at once', async () => {
    const [one, two] = [
      await workers.refresh('f', {}, { delayMs: 60_000 }),
      await workers.refresh('g', {}, { delayMs: 60_000 }),
    ];
    const of = (job: Job, n: number) => ({
      jobId: job.job_id,
      namespaceId: 'default',
      fence: n,
      at: new Date(),
      level: 'info' as const,
      message: `${n}`,
    });
    const stores = [workers.app.get(LogStore), api.app.get(LogStore)] as const;
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        stores[n % 2 === 0 ? 0 : 1].append(n % 3 === 0 ? [of(two, n), of(one, n)] : [of(one, n), of(two, n)]),
      ),
    );
    for (const job of [one, two])
      expect((await log(job)).map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('is read page by page, also from its end, by level, from a line on, and as NDJSON', async () => {
    const job = await workers.refresh('h', {}, { delayMs: 60_000 });
    await say(job, 20);
    const pages: number[][] = [];
    let path: string | null = `${job.job_id}/logs?limit=8&sort=-seq`;
    while (path !== null) {
      const answer: Response = await api.ask(path, token);
      pages.push(((await answer.json()) as Paged<JobLogLine>).data.map(({ seq }) => seq));
      path = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1] ?? null;
    }
    expect(pages.map((page) => page.length)).toEqual([8, 8, 4]);
    expect(pages.flat()).toEqual(Array.from({ length: 20 }, (_, i) => 20 - i));
    expect((await log(job, '?level=warn&after=10')).map(({ seq }) => seq)).toEqual([11, 12, 15, 16, 19, 20]);
    const ndjson = await api.ask(`${job.job_id}/logs?format=ndjson&level=error`, token);
    expect(ndjson.headers.get('content-type')).toBe('application/x-ndjson');
    const rows = (await ndjson.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as JobLogLine);
    expect(rows.map(({ seq, level }) => `${seq} ${level}`)).toEqual([
      '4 error',
      '8 error',
      '12 error',
      '16 error',
      '20 error',
    ]);
  });

  it.each(['?level=loud', '?after=-1', '?sort=at', '?limit=0', '?cursor=x', '?more=1'])(
    'of %s is refused',
    async (query) => {
      const job = await workers.refresh('i', {}, { delayMs: 60_000 });
      expect((await api.ask(`${job.job_id}/logs${query}`, token)).status).toBe(400);
    },
  );

  it('is nobody’s of another namespace', async () => {
    const job = await workers.refresh('j', { namespaceId: 'other' }, { delayMs: 60_000 });
    await say(job, 1);
    const [lines, ndjson] = [
      await api.ask(`${job.job_id}/logs`, token),
      await api.ask(`${job.job_id}/logs?format=ndjson`, token),
    ];
    expect([lines.status, ndjson.status]).toEqual([404, 404]);
  });

  it('goes with its job, and what is said of one that is gone harms no other', async () => {
    const [gone, stays] = [
      await workers.refresh('k', {}, { delayMs: 60_000 }),
      await workers.refresh('l', {}, { delayMs: 60_000 }),
    ];
    await say(gone, 2);
    await workers.postgres.query(`DELETE FROM jobs WHERE job_id = $1`, [gone.job_id]);
    const line = { namespaceId: 'default', fence: 1, at: new Date(), level: 'info' as const, message: 'x' };
    await workers.app.get(LogStore).append([
      { ...line, jobId: gone.job_id },
      { ...line, jobId: stays.job_id },
    ]);
    expect(await log(stays)).toHaveLength(1);
    const rows = await workers.postgres.query<unknown[]>(`SELECT 1 FROM job_logs WHERE job_id = $1`, [gone.job_id]);
    expect(rows).toEqual([]);
  });

  it('holds what is said while the store is away, and what a process says at its end', async () => {
    const second = await workers.startWorker();
    const job = await workers.refresh('m', {}, { delayMs: 60_000 });
    const line = { jobId: job.job_id, namespaceId: 'default', fence: 1, at: new Date(), level: 'info' as const };
    const log_ = second.get(JobLog);
    await workers.postgres.query(`ALTER TABLE job_logs RENAME TO away`);
    try {
      log_.write({ ...line, message: 'one' });
      await log_.flush();
      log_.write({ ...line, message: 'two' });
    } finally {
      await workers.postgres.query(`ALTER TABLE away RENAME TO job_logs`);
    }
    await workers.stopWorker(second);
    expect((await log(job)).map(({ message }) => message)).toEqual(['one', 'two']);
  });
});
