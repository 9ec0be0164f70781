import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { jobsBulkInput } from '#contracts';
import { AppError, Bus, Threads } from '#platform';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '#testing';
import { JOBS } from '../catalog/catalog.js';
import { DeadLettersService } from '../dead-letters/dead-letters.service.js';
import { FlowsService } from '../flows/flows.service.js';
import { JobCounts } from '../jobs/job-counts.js';
import { behaviours, easyCatalog, JobsUnderTest, runs } from '../test/jobs-under-test.js';
import { StillOurs } from '../worker/still-ours.js';
import { CANCELLED_CHANNEL, LifecycleService } from './lifecycle.service.js';

const catalog = easyCatalog();
afterAll(catalog.restore);
const THREAD = new URL('../test/busy.thread.mjs', import.meta.url);

describe.each(['PostgreSQL', 'Redis'])('the life of jobs over %s', (backend) => {
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

  const lifecycle = () => test.app.get(LifecycleService);
  const letters = () => test.app.get(DeadLettersService);
  const cancel = (jobId: string, namespace?: string) => lifecycle().cancel(test.access(namespace), jobId);
  const later = { delayMs: 3_600_000 };
  const conflict = { code: 'JOB_STATE_CONFLICT', status: 409 };
  const bulk = (...jobs: object[]) => test.app.get(FlowsService).create(test.access(), jobsBulkInput.parse({ jobs }));
  const job = (event_type: string, more: object = {}) => ({ type: 'surface.refresh', params: { event_type }, ...more });

  describe('a job that is cancelled', () => {
    it('is done by nobody where it waited, and cannot be cancelled twice', async () => {
      const waiting = await test.refresh('a', {}, later);
      expect(await cancel(waiting.job_id)).toMatchObject({ state: 'cancelled' });
      await expect(cancel(waiting.job_id)).rejects.toMatchObject(conflict);
      await expect(lifecycle().promote(test.access(), waiting.job_id)).rejects.toMatchObject(conflict);
      expect(runs.size).toBe(0);
      const log = await test.postgres.query<object[]>(
        `SELECT action, subject FROM audit_log WHERE action = 'job.cancel'`,
      );
      expect(log).toEqual([{ action: 'job.cancel', subject: waiting.job_id }]);
    });

    it('is told to the worker that is at it, at once', async () => {
      const stopped = Promise.withResolvers<number>();
      behaviours.set('b', ({ signal }) => {
        return new Promise((_, failed) =>
          signal.addEventListener('abort', () => {
            stopped.resolve(performance.now());
            failed(signal.reason as Error);
          }),
        );
      });
      const active = await test.refresh('b');
      await test.reaches(active, 'active');
      const asked = performance.now();
      expect(await cancel(active.job_id)).toMatchObject({ state: 'cancelled', error: null });
      expect((await stopped.promise) - asked).toBeLessThan(1_000);
      // What the worker says of it afterwards changes nothing.
      await test.reaches(await test.refresh('after'), 'completed');
      expect(await test.row(active.job_id)).toMatchObject({ state: 'cancelled', errorCode: null, attempts: 1 });
    });

    it('is found out by a worker that the bus did not reach', async () => {
      const stopped = Promise.withResolvers<void>();
      behaviours.set('c', ({ signal }) => {
        signal.addEventListener('abort', () => stopped.resolve());
        return stopped.promise;
      });
      const active = await test.refresh('c');
      await test.reaches(active, 'active');
      await test.postgres.query(`UPDATE jobs SET state = 'cancelled' WHERE job_id = $1`, [active.job_id]);
      await test.app.get(StillOurs).look();
      await expect(stopped.promise).resolves.toBeUndefined();
    });

    it('ends the thread that computes for it', async () => {
      const beats = new Int32Array(new SharedArrayBuffer(4));
      behaviours.set('d', ({ signal }) => test.app.get(Threads).run(THREAD, 'spin', { beats }, { signal }));
      const active = await test.refresh('d');
      await test.reaches(active, 'active');
      await expect.poll(() => beats[0]).toBeGreaterThan(0);
      await cancel(active.job_id);
      await expect
        .poll(
          async () => {
            const before = beats[0];
            await new Promise((done) => setTimeout(done, 50));
            return beats[0] === before;
          },
          { timeout: 2_000 },
        )
        .toBe(true);
    });

    it('is none of another namespace', async () => {
      const own = await test.refresh('e', {}, later);
      await expect(cancel(own.job_id, 'other')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(lifecycle().retry(test.access('other'), own.job_id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  it('one that exhausts the memory of its thread fails alone, and ends in the dead letters with the reason', async () => {
    behaviours.set('hog', ({ signal }) => test.app.get(Threads).run(THREAD, 'hog', {}, { signal }));
    const neighbour = Promise.withResolvers<Record<string, unknown>>();
    behaviours.set('near', () => neighbour.promise);
    const [hog, near] = [await test.refresh('hog'), await test.refresh('near')];
    expect(await test.reaches(hog, 'failed')).toMatchObject({ errorCode: 'JOB_OUT_OF_MEMORY', attempts: 1 });
    neighbour.resolve({});
    await test.reaches(near, 'completed');
    expect(await letters().read('default', hog.job_id)).toMatchObject({ error: { code: 'JOB_OUT_OF_MEMORY' } });
  });

  it('one that fails by what it returns or throws tells the administrator what that was', async () => {
    behaviours.set('large', () => Promise.resolve({ text: 'x'.repeat(300_000) }));
    // eslint-disable-next-line typescript/prefer-promise-reject-errors -- it is what is tried
    behaviours.set('text', () => Promise.reject('just a text'));
    const [large, text] = [await test.refresh('large'), await test.refresh('text')];
    expect(await test.reaches(large, 'failed')).toMatchObject({ errorCode: 'RESULT_TOO_LARGE', attempts: 1 });
    await test.reaches(text, 'failed');
    const letter = await letters().read('default', text.job_id);
    expect(letter).toMatchObject({ error: { code: 'INTERNAL', message: 'just a text' }, failures: 5, attempts: 5 });
    expect(letter.history).toHaveLength(5);
  });

  it('one whose workers vanish again and again is given up', async () => {
    const poison = await test.refresh('poison', {}, later);
    await test.postgres.query(`UPDATE jobs SET lost = 10, attempts = 10 WHERE job_id = $1`, [poison.job_id]);
    await lifecycle().promote(test.access(), poison.job_id);
    expect(await test.reaches(poison, 'failed')).toMatchObject({ errorCode: 'JOB_WORKERS_LOST', failures: 0 });
    expect(runs.get('poison')).toBeUndefined();
    expect(await letters().read('default', poison.job_id)).toMatchObject({ error: { code: 'JOB_WORKERS_LOST' } });
  });

  it('promoted it runs now; retried it has all its attempts before it', async () => {
    const delayed = await test.refresh('f', {}, later);
    expect(await lifecycle().promote(test.access(), delayed.job_id)).toMatchObject({ state: 'waiting' });
    await test.reaches(delayed, 'completed');
    await expect(lifecycle().retry(test.access(), delayed.job_id)).rejects.toMatchObject(conflict);

    behaviours.set('g', () => Promise.reject(new AppError('TRAINING_DATA_TOO_THIN', 'too thin')));
    const failing = await test.refresh('g');
    await test.reaches(failing, 'failed');
    behaviours.set('g', () => Promise.resolve({}));
    expect(await lifecycle().retry(test.access(), failing.job_id)).toMatchObject({ state: 'waiting', error: null });
    expect(await test.reaches(failing, 'completed')).toMatchObject({ failures: 0, attempts: 2 });
    await expect(letters().read('default', failing.job_id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('a running one is not tried again, nor one that another does', async () => {
    const gate = Promise.withResolvers<Record<string, unknown>>();
    behaviours.set('h', () => gate.promise);
    const active = await test.refresh('h');
    await test.reaches(active, 'active');
    await expect(lifecycle().retry(test.access(), active.job_id)).rejects.toMatchObject(conflict);
    await cancel(active.job_id);
    await test.refresh('h', {}, later);
    await expect(lifecycle().retry(test.access(), active.job_id)).rejects.toMatchObject(conflict);
    gate.resolve({});
  });

  describe('dead letters', () => {
    const die = async (subject: string) => {
      behaviours.set(subject, () => Promise.reject(new AppError('TRAINING_DATA_TOO_THIN', `${subject} is thin`)));
      const failing = await test.refresh(subject);
      await test.reaches(failing, 'failed');
      return failing.job_id;
    };

    it('are listed by type and error, over pages, replayed together, and audited', async () => {
      const dead = [await die('i1'), await die('i2'), await die('i3')];
      const query = { limit: 2, type: 'surface.refresh', error_code: 'TRAINING_DATA_TOO_THIN' } as const;
      const first = await letters().list('default', query);
      expect(first.data.map(({ job_id }) => job_id)).toEqual(dead.slice(1).toReversed());
      expect(first.data[0]?.error.stack).toContain('i3 is thin');
      const cursor = first.page.next_cursor ?? undefined;
      expect((await letters().list('default', { ...query, cursor })).data.map(({ job_id }) => job_id)).toEqual([
        dead[0],
      ]);
      expect((await letters().list('default', { limit: 2, error_code: 'OTHER' })).data).toEqual([]);
      expect((await letters().list('other', { limit: 2 })).data).toEqual([]);

      behaviours.clear();
      expect(await letters().replayAll(test.access(), { error_code: 'TRAINING_DATA_TOO_THIN' })).toEqual({
        replayed: 3,
        more: false,
      });
      for (const job_id of dead) await test.reaches({ job_id }, 'completed');
      const audited = await test.postgres.query<{ subject: string }[]>(
        `SELECT subject FROM audit_log WHERE action = 'dead-letter.replay'`,
      );
      expect(audited.map(({ subject }) => subject).toSorted()).toEqual(dead.toSorted());
    });

    it('are replayed though another like one waits, and though the job is gone from the list', async () => {
      const [gone, twin] = [await die('j1'), await die('j2')];
      await test.postgres.query(`DELETE FROM jobs WHERE job_id = $1`, [gone]);
      await test.refresh('j2', {}, later);
      await expect(letters().replay(test.access(), twin)).rejects.toMatchObject(conflict);
      behaviours.clear();
      expect(await letters().replayAll(test.access(), {})).toEqual({ replayed: 1, more: false });
      expect(await test.reaches({ job_id: gone }, 'completed')).toMatchObject({ attempts: 2 });
    });

    it('are purged singly and together', async () => {
      const [one] = [await die('k1'), await die('k2'), await die('k3')];
      await letters().purgeOne(test.access(), one);
      await expect(letters().purgeOne(test.access(), one)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await letters().purge(test.access('other'), {})).toEqual({ purged: 0, more: false });
      expect(await letters().purge(test.access(), { type: 'surface.refresh' })).toEqual({ purged: 2, more: false });
      expect((await test.row(one)).state).toBe('failed');
    });
  });

  describe('a chain', () => {
    it('begins each job when those before it are done, with what they have found', async () => {
      const order: string[] = [];
      behaviours.set('train', () => Promise.resolve({ model_version: 'fire-7', nested: { n: [4] } }));
      behaviours.set('fire-7', () => Promise.resolve(order.push('backtest') && {}));
      behaviours.set('refreshed', () => Promise.resolve(order.push('refresh') && {}));
      const { jobs } = await bulk(
        { id: 'train', type: 'model.train', params: { event_type: 'train' } },
        {
          id: 'test',
          type: 'model.backtest',
          params: { model_version: '{{train.result.model_version}}', windows: '{{train.result.nested.n.0}}' },
          depends_on: ['train'],
        },
        job('refreshed', { depends_on: ['train', 'test'] }),
      );
      const [, backtest, last] = jobs;
      if (!backtest || !last) throw new Error('There are three');
      expect(last).toMatchObject({ state: 'waiting', depends_on: [jobs[0]?.job_id, backtest.job_id] });
      await test.reaches(last, 'completed');
      expect(order).toEqual(['backtest', 'refresh']);
      expect((await test.row(backtest.job_id)).params).toMatchObject({ model_version: 'fire-7', windows: 4 });
    });

    it('ends with a job that fails, and says why; retried from there it goes on', async () => {
      behaviours.set('l1', () => Promise.reject(new AppError('TRAINING_DATA_TOO_THIN', 'only 3 events')));
      const { jobs } = await bulk(
        job('l1', { id: 'a' }),
        job('l2', { id: 'b', depends_on: ['a'] }),
        job('l3', { depends_on: ['b'] }),
      );
      const [a, b, c] = jobs;
      if (!a || !b || !c) throw new Error('There are three');
      expect(await test.reaches(b, 'cancelled')).toMatchObject({
        errorCode: 'DEPENDENCY_FAILED',
        errorMessage: `surface.refresh ${a.job_id} failed: only 3 events`,
      });
      await test.reaches(c, 'cancelled');
      expect([runs.get('l2'), runs.get('l3')]).toEqual([undefined, undefined]);
      behaviours.clear();
      await lifecycle().retry(test.access(), a.job_id);
      await lifecycle().retry(test.access(), b.job_id);
      await lifecycle().retry(test.access(), c.job_id);
      await test.reaches(c, 'completed');
    });

    it('ends with a job that is cancelled, and with a reference to nothing', async () => {
      const { jobs } = await bulk(job('m1', { id: 'a', delay_ms: 60_000 }), job('m2', { depends_on: ['a'] }));
      await cancel(jobs[0]?.job_id ?? '');
      expect(jobs[1] && (await test.reaches(jobs[1], 'cancelled')).errorMessage).toContain('was cancelled');

      behaviours.set('m3', () => Promise.resolve({}));
      const wrong = await bulk(
        { id: 'a', type: 'model.train', params: { event_type: 'm3' } },
        { type: 'model.backtest', params: { model_version: '{{a.result.model_version}}' }, depends_on: ['a'] },
      );
      expect(wrong.jobs[1] && (await test.reaches(wrong.jobs[1], 'failed'))).toMatchObject({
        errorCode: 'REQUEST_INVALID',
      });
    });

    it('may go on from a job that ended long ago, but from none of another namespace', async () => {
      const done = await test.refresh('n1');
      await test.reaches(done, 'completed');
      const { jobs } = await bulk(job('n2', { depends_on: [done.job_id] }));
      expect(jobs[0] && (await test.reaches(jobs[0], 'completed')).dependsOn).toEqual([done.job_id]);
      const foreign = await test.refresh('n3', { namespaceId: 'other' }, later);
      await expect(bulk(job('n4', { depends_on: [foreign.job_id] }))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('of a thousand jobs is all or nothing', async () => {
      const many = Array.from({ length: 1_000 }, (_, i) => job(`o${i}`, { delay_ms: 60_000 }));
      expect((await bulk(...many)).jobs).toHaveLength(1_000);
      await expect(bulk(job('p', { delay_ms: 60_000 }), job(''))).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      const [row] = await test.postgres.query<{ n: number }[]>(`SELECT count(*)::int AS n FROM jobs`);
      expect(row?.n).toBe(1_000);
    });
  });

  it('a namespace with thousands of waiting jobs holds up none that has one', async () => {
    behaviours.set('quick', () => Promise.resolve({}));
    for (let i = 0; i < 3; i++) await bulk(...Array.from({ length: 1_000 }, (_, n) => job(`q${i}-${n}`)));
    const few = await test.refresh('r', { namespaceId: 'other' });
    const row = await test.reaches(few, 'completed');
    const [before] = await test.postgres.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM jobs WHERE namespace_id = 'default' AND started_at BETWEEN $1 AND $2`,
      [row.createdAt, row.startedAt],
    );
    // What was out when it came, and what was begun while it was on its way.
    expect(before?.n).toBeLessThan(200);
    await test.postgres.query(`DELETE FROM job_outbox`);
  });

  it('a type that is held to a rate starts no more often', async () => {
    JOBS['surface.refresh'].rateLimit = { max: 3, perMs: 1_500 };
    try {
      await bulk(...Array.from({ length: 5 }, (_, i) => job(`s${i}`)));
      await test.refresh('t', { namespaceId: 'other' }).then((own) => test.reaches(own, 'completed'));
      await expect
        .poll(() => [...runs.keys()].filter((subject) => subject.startsWith('s')).length, { timeout: 5_000 })
        .toBe(5);
      const waits = await test.postgres.query<{ ms: number }[]>(
        `SELECT extract(epoch FROM started_at - created_at)::float8 * 1000 AS ms
         FROM jobs WHERE namespace_id = 'default' ORDER BY started_at`,
      );
      expect(waits[3]?.ms).toBeGreaterThanOrEqual(500);
      expect(waits[4]?.ms).toBeGreaterThanOrEqual(1_000);
    } finally {
      delete JOBS['surface.refresh'].rateLimit;
    }
  });

  it('counts say what there is, while it changes and when the counters are folded', async () => {
    const counts = test.app.get(JobCounts);
    const states = async () =>
      Object.fromEntries((await counts.of('default')).states.map(({ state, jobs }) => [state, jobs]));
    const nothing = { waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0, cancelled: 0 };
    expect(await states()).toEqual(nothing);
    const [first] = [await test.refresh('u1', {}, later), await test.refresh('u2', {}, later)];
    expect(await states()).toEqual({ ...nothing, delayed: 2 });
    await counts.fold();
    await test.reaches(await test.refresh('u3'), 'completed');
    await cancel(first.job_id);
    expect(await states()).toEqual({ ...nothing, delayed: 1, completed: 1, cancelled: 1 });
    await counts.fold();
    expect(await states()).toEqual({ ...nothing, delayed: 1, completed: 1, cancelled: 1 });
    const delayed = (await counts.of('default')).states.find(({ state }) => state === 'delayed');
    expect(delayed?.oldest_age_seconds).toBeGreaterThan(0);
  });

  it('the bus carries what is cancelled to every process', async () => {
    const heard = Promise.withResolvers<string>();
    const other = await test.startWorker();
    await expect.poll(() => other.get(Bus).connected).toBe(true);
    other.get(Bus).subscribe(CANCELLED_CHANNEL, heard.resolve);
    const own = await test.refresh('v', {}, later);
    await cancel(own.job_id);
    expect(await heard.promise).toBe(own.job_id);
    await test.stopWorker(other);
  });
});
