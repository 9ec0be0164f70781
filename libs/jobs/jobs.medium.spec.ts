import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobInput } from '#contracts';
import { AppError, Postgres } from '#platform';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '#testing';
import { JOBS } from './catalog/catalog.js';
import { behaviours, easyCatalog, JobsUnderTest, runs } from './test/jobs-under-test.js';
import type { JobContext } from './worker/handler.js';
import { Ends } from './worker/ends.js';
import { JobRunner } from './worker/runner.js';
import { Takes } from './worker/takes.js';

const catalog = easyCatalog();
afterAll(catalog.restore);

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code,
  );

describe.each(['PostgreSQL', 'Redis'])('jobs over %s', (backend) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let test: JobsUnderTest;

  beforeAll(async () => {
    database = await createDatabase();
    if (backend === 'Redis') redis = await startRedis();
    test = await JobsUnderTest.start(database.url, redis?.url);
  });
  afterAll(async () => {
    await test.stop();
    await redis?.stop();
    await database.drop();
  });
  afterEach(() => test.clear());

  /** In a message that no queue has, so that no worker comes in between. */
  const delivery = '00000000-0000-4000-8000-00000000000d';
  async function takenBy(jobId: string, takes = test.app.get(Takes)) {
    await test.postgres.query(
      `INSERT INTO job_outbox (job_id, namespace_id, type, priority, delivery, published_at)
       VALUES ($1, 'default', 'surface.refresh', 5, $2, now() + interval '1 hour')
       ON CONFLICT (job_id) DO UPDATE SET delivery = excluded.delivery, published_at = excluded.published_at`,
      [jobId, delivery],
    );
    await test.postgres.query(`UPDATE jobs SET state = 'waiting' WHERE job_id = $1 AND state = 'delayed'`, [jobId]);
    const taken = await takes.take(jobId, delivery);
    if (!taken) throw new Error('It could not be taken');
    return taken;
  }

  it('are written down, done, and keep what came of them', async () => {
    const told = Promise.withResolvers<JobContext>();
    behaviours.set('a', async (context) => {
      told.resolve(context);
      context.progress(40, 'half way');
      await test.until(context.jobId, ({ progressPercent }) => progressPercent === 40);
      return { answer: 42 };
    });
    const job = await test.refresh('a');
    expect(job).toMatchObject({ state: 'waiting', attempts: 0, result: null, params: { event_type: 'a' } });
    expect(await told.promise).toMatchObject({
      jobId: job.job_id,
      namespaceId: 'default',
      requestId: 'r1',
      fence: 1,
    });
    const row = await test.reaches(job, 'completed');
    expect(row).toMatchObject({
      attempts: 1,
      failures: 0,
      result: { answer: 42 },
      progressPercent: 100,
      errorCode: null,
    });
    expect(row.startedAt?.getTime()).toBeLessThanOrEqual(row.finishedAt?.getTime() ?? 0);
    expect(await test.postgres.query(`SELECT 1 FROM job_outbox`)).toEqual([]);
  });

  it('that would do the same wait once, in their namespace', async () => {
    const waiting = await test.refresh('d', {}, { delayMs: 60_000 });
    expect(waiting.state).toBe('delayed');
    expect((await test.refresh('d')).job_id).toBe(waiting.job_id);
    const races = await Promise.all(Array.from({ length: 8 }, () => test.refresh('race', {}, { delayMs: 60_000 })));
    expect(new Set(races.map(({ job_id }) => job_id)).size).toBe(1);
    expect((await test.refresh('e', {}, { delayMs: 60_000 })).job_id).not.toBe(waiting.job_id);
    expect((await test.refresh('d', { namespaceId: 'other' }, { delayMs: 60_000 })).job_id).not.toBe(waiting.job_id);
    // One that runs may have begun before what this one is about.
    const gate = Promise.withResolvers<Record<string, unknown>>();
    behaviours.set('f', () => gate.promise);
    const running = await test.refresh('f');
    await test.reaches(running, 'active');
    const next = await test.refresh('f', {}, { delayMs: 60_000 });
    expect(next.job_id).not.toBe(running.job_id);
    gate.resolve({});
    await test.reaches(running, 'completed');
  });

  it('that fail are tried again, and their failures are counted', async () => {
    behaviours.set('g', () =>
      runs.get('g') === 3 ? Promise.resolve({ third: true }) : Promise.reject(new Error('secret cause')),
    );
    const row = await test.reaches(await test.refresh('g'), 'completed');
    expect(row).toMatchObject({ attempts: 3, failures: 2, result: { third: true }, errorCode: null });
    expect(row.history.map(({ attempt, code }) => [attempt, code])).toEqual([
      [1, 'INTERNAL'],
      [2, 'INTERNAL'],
    ]);
  });

  it('that fail as often as they may have failed, and say nothing of what is internal', async () => {
    behaviours.set('h', () => Promise.reject(new Error('secret cause')));
    const row = await test.reaches(await test.refresh('h'), 'failed');
    expect(row).toMatchObject({ attempts: JOBS['surface.refresh'].attempts, failures: 5, errorCode: 'INTERNAL' });
    expect(row.errorMessage).not.toContain('secret');
    await test.loseQueues();
    expect(runs.get('h')).toBe(5);
  });

  it('whose own mistake it is are not tried again; where a store was away they are', async () => {
    behaviours.set('i', () => Promise.reject(new AppError('TRAINING_DATA_TOO_THIN', 'only 3 events')));
    behaviours.set('j', () =>
      runs.get('j') === 2 ? Promise.resolve({}) : Promise.reject(new AppError('UNAVAILABLE', 'away')),
    );
    const [thin, away] = await Promise.all([test.refresh('i'), test.refresh('j')]);
    expect(await test.reaches(thin, 'failed')).toMatchObject({
      attempts: 1,
      errorCode: 'TRAINING_DATA_TOO_THIN',
      errorMessage: 'only 3 events',
    });
    expect(await test.reaches(away, 'completed')).toMatchObject({ attempts: 2 });
  });

  it('that fail while another like them waits end, and do not stay behind as active', async () => {
    const gate = Promise.withResolvers<never>();
    behaviours.set('k', () => gate.promise);
    const first = await test.refresh('k');
    await test.reaches(first, 'active');
    const twin = await test.refresh('k', {}, { delayMs: 60_000 });
    expect(twin.job_id).not.toBe(first.job_id);
    gate.reject(new AppError('UNAVAILABLE', 'away'));
    expect(await test.reaches(first, 'failed')).toMatchObject({ errorCode: 'UNAVAILABLE', failures: 1 });
    expect((await test.row(twin.job_id)).state).toBe('delayed');
  });

  it('with parameters that are not theirs are refused when they are asked for, each field by its name', async () => {
    const input: JobInput = { type: 'surface.refresh', params: { event_type: '', more: 1 }, delay_ms: 0 };
    await expect(test.jobs.createFromInput(test.access(), input)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      errors: expect.arrayContaining([expect.objectContaining({ path: 'params.event_type' })]) as unknown,
    });
    const large = { ...input, params: { event_type: 'x'.repeat(1 << 20) } };
    expect(await codeOf(test.jobs.createFromInput(test.access(), large))).toBe('BODY_TOO_LARGE');
  });

  it('are started by whom their type allows', async () => {
    const input: JobInput = { type: 'surface.refresh', params: { event_type: 'who' }, delay_ms: 60_000 };
    const kind = JOBS['surface.refresh'];
    try {
      kind.startedBy = 'internal';
      expect(await codeOf(test.jobs.createFromInput(test.access(), input))).toBe('JOB_TYPE_INTERNAL');
      kind.startedBy = 'admin';
      const asked = (scopes: ('jobs' | 'admin')[]) => test.jobs.createFromInput(test.access('default', scopes), input);
      expect(await codeOf(asked(['jobs']))).toBe('SCOPE_MISSING');
      expect(await asked(['admin'])).toMatchObject({ state: 'delayed' });
    } finally {
      kind.startedBy = 'jobs';
    }
  });

  it('run when their delay is over, and not before', async () => {
    const job = await test.refresh('l', {}, { delayMs: 400 });
    const row = await test.reaches(job, 'completed');
    const waited = (row.startedAt?.getTime() ?? 0) - row.createdAt.getTime();
    expect(waited).toBeGreaterThanOrEqual(400);
    expect(waited).toBeLessThan(1_500);
    expect(row.attempts).toBe(1);
  });

  it('that the queue has lost are published again, and done once', async () => {
    const gate = Promise.withResolvers<Record<string, unknown>>();
    behaviours.set('m1', () => gate.promise);
    behaviours.set('m2', () => gate.promise);
    const running = [await test.refresh('m1'), await test.refresh('m2')];
    for (const job of running) await test.reaches(job, 'active');
    // Both slots are taken: these lie in the queue.
    const waiting = [await test.refresh('m3'), await test.refresh('m4')];
    await expect.poll(() => test.queue('surface').getWaitingCount()).toBe(2);
    await test.queue('surface').drain();
    await test.postgres.query(`UPDATE job_outbox SET published_at = published_at - interval '1 minute'`);
    gate.resolve({});
    for (const job of [...running, ...waiting])
      expect(await test.reaches(job, 'completed')).toMatchObject({ attempts: 1 });
  });

  it('of a worker that vanished are taken up again, and that is no failure', async () => {
    const job = await test.refresh('n', {}, { delayMs: 3_600_000 });
    await takenBy(job.job_id);
    behaviours.set('n', () =>
      runs.get('n') === 1 ? Promise.reject(new Error('once')) : Promise.resolve({ kept: true }),
    );
    await test.postgres.query(`UPDATE job_outbox SET published_at = now() - interval '1 minute'`);
    const row = await test.reaches(job, 'completed');
    expect(row).toMatchObject({ attempts: 3, failures: 1, result: { kept: true } });
    expect(row.history.map(({ attempt, code }) => [attempt, code])).toEqual([
      [1, 'WORKER_LOST'],
      [2, 'INTERNAL'],
    ]);
  });

  it('are ended by the attempt that holds them, and by none before it', async () => {
    const runner = test.app.get(JobRunner);
    const job = await test.refresh('o', {}, { delayMs: 3_600_000 });
    const gate = Promise.withResolvers<Record<string, unknown>>();
    const begun = Promise.withResolvers<JobContext>();
    behaviours.set('o', (context) => {
      if (runs.get('o') !== 1) return Promise.resolve({ by: 'second' });
      begun.resolve(context);
      return gate.promise;
    });
    const first = runner.run(await takenBy(job.job_id));
    const late = await begun.promise;
    await (
      await runner.run(await takenBy(job.job_id))
    ).written;
    expect(await test.row(job.job_id)).toMatchObject({ state: 'completed', result: { by: 'second' }, attempts: 2 });
    late.progress(7, 'too late');
    gate.resolve({ by: 'first' });
    await (
      await first
    ).written;
    expect(await test.row(job.job_id)).toMatchObject({ result: { by: 'second' }, progressPercent: 100 });
    // And one that ended is not taken again.
    await expect(takenBy(job.job_id)).rejects.toThrow('could not be taken');
  });

  it('taken twice at once are held by the later of the two, and the other knows that it is not', async () => {
    for (let i = 0; i < 5; i++) {
      const job = await test.refresh(`p${i}`, {}, { delayMs: 3_600_000 });
      const first = await takenBy(job.job_id);
      const elsewhere = new Takes(test.app.get(Postgres));
      const both = await Promise.all([takenBy(job.job_id), takenBy(job.job_id, elsewhere)]);
      expect(both.map(({ fence }) => fence).toSorted((a, b) => a - b)).toEqual([first.fence + 1, first.fence + 2]);
      const [one, two] = both.toSorted((a, b) => a.fence - b.fence);
      const ends = test.app.get(Ends);
      if (one && two) await Promise.all([ends.complete(one, '{"by":1}'), ends.complete(two, '{"by":2}')]);
      expect(await test.row(job.job_id)).toMatchObject({ state: 'completed', result: { by: 2 } });
    }
    const once = await test.refresh('once', {}, { delayMs: 3_600_000 });
    const { fence } = await takenBy(once.job_id);
    // Asked in one turn they go into one statement, which takes it once.
    const takes = test.app.get(Takes);
    const here = await Promise.all([takes.take(once.job_id, delivery), takes.take(once.job_id, delivery)]);
    expect(here.map((taken) => taken?.fence)).toEqual([fence + 1, undefined]);
  });

  it('that run longer than they may are told to stop, and one that does not listen is left', async () => {
    const kind = JOBS['model.backtest'];
    const before = { ...kind };
    Object.assign(kind, { timeoutMs: 30, attempts: 1 });
    try {
      behaviours.set(
        'q1',
        ({ signal }) =>
          new Promise((_, failed) => signal.addEventListener('abort', () => failed(new Error('stopped')))),
      );
      behaviours.set('q2', () => new Promise(() => undefined));
      const [heard, deaf] = [await test.backtest('q1'), await test.backtest('q2')];
      for (const job of [heard, deaf])
        expect(await test.reaches(job, 'failed')).toMatchObject({ failures: 1, errorCode: 'JOB_TIMED_OUT' });
      // The worker does not stay behind with the one that does not return.
      await test.reaches(await test.backtest('q3'), 'completed');
    } finally {
      Object.assign(kind, before);
    }
  });

  it('are listed by age, by state and type, over pages, and only those of the namespace', async () => {
    const made: string[] = [];
    for (let i = 0; i < 12; i++) made.push((await test.refresh(`s${i}`, {}, { delayMs: 3_600_000 })).job_id);
    await test.refresh('elsewhere', { namespaceId: 'other' }, { delayMs: 3_600_000 });
    for (const sort of ['created_at', '-created_at'] as const) {
      const seen: { job_id: string; created_at: string }[] = [];
      let cursor: string | undefined;
      do {
        const query = { limit: 5, cursor, sort, state: 'delayed', type: 'surface.refresh' } as const;
        const page = await test.jobs.list('default', query);
        seen.push(...page.data);
        cursor = page.page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen.map(({ job_id }) => job_id).toSorted()).toEqual(made.toSorted());
      const times = seen.map(({ created_at }) => created_at);
      expect(sort === 'created_at' ? times : times.toReversed()).toEqual(times.toSorted());
    }
    expect((await test.jobs.list('default', { limit: 5, sort: '-created_at', state: 'failed' })).data).toEqual([]);
    expect(await codeOf(test.jobs.read('other', made[0] ?? ''))).toBe('NOT_FOUND');
    expect((await test.jobs.read('default', made[0] ?? '')).job_id).toBe(made[0]);
  });

  it('that run when the worker must go are finished, and none is begun after', async () => {
    // Where queues are shared, the one that stays would take what the other leaves.
    const gate = Promise.withResolvers<Record<string, unknown>>();
    behaviours.set('t', () => gate.promise);
    behaviours.set('u', () => gate.promise);
    const running = [await test.refresh('t'), await test.refresh('u')];
    for (const job of running) await test.reaches(job, 'active');
    const waiting = await test.refresh('v');
    const closed = test.stopWorker(test.app);
    await delay(50);
    gate.resolve({});
    await closed;
    expect(runs.get('v')).toBeUndefined();
    test.app = await test.startWorker();
    for (const job of running) expect(await test.row(job.job_id)).toMatchObject({ state: 'completed', attempts: 1 });
    // The next worker does what waited.
    expect(await test.reaches(waiting, 'completed')).toMatchObject({ failures: 0 });
    expect(runs.get('v')).toBe(1);
  });

  it.runIf(backend === 'Redis')('outlive a Redis that loses everything', async () => {
    const before = await test.refresh('w', {}, { delayMs: 3_600_000 });
    await redis?.kill();
    const meanwhile = await test.refresh('x');
    expect(meanwhile.state).toBe('waiting');
    await redis?.start();
    await test.postgres.query(`UPDATE jobs SET run_after = now()`);
    for (const job of [before, meanwhile]) await test.reaches(job, 'completed');
    expect([runs.get('w'), runs.get('x')]).toEqual([1, 1]);
  });
});
