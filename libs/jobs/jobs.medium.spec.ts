import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { getQueueToken } from '@nestjs/bullmq';
import { Test } from '@nestjs/testing';
import type { Queue } from 'bullmq';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accessMigrations, AccessModule } from '#access';
import type { Job, JobState, JobType } from '#contracts';
import { AppError, Config, migratePostgres, PLATFORM_CONFIG, PlatformModule, type Stores } from '#platform';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '#testing';
import { JOBS } from './catalog/catalog.js';
import { JobsModule, JobsWorkerModule } from './jobs.module.js';
import { type JobOrigin, JobsService } from './jobs/jobs.service.js';
import { Queues } from './jobs/queues.js';
import { JobEntity } from './jobs/job.entity.js';
import { jobsMigrations } from './migrations/index.js';
import { HandlesJob, type JobContext, type JobHandler } from './worker/handler.js';
import { Recovery } from './worker/recovery.js';
import { JobRunner } from './worker/runner.js';

/** What the jobs of an event type do; a test says so. */
type Behaviour = (context: JobContext) => Promise<Record<string, unknown>>;
const behaviours = new Map<string, Behaviour>();
const runs = new Map<string, number>();

/** What it returns is judged by the schemas that the types have here, which take anything. */
function behave(eventType: string, context: JobContext): Promise<never> {
  runs.set(eventType, (runs.get(eventType) ?? 0) + 1);
  return (behaviours.get(eventType) ?? (() => Promise.resolve({ done: eventType })))(context) as Promise<never>;
}

@Injectable()
@HandlesJob('surface.refresh')
class RefreshHandler implements JobHandler<'surface.refresh'> {
  run({ event_type }: { event_type: string }, context: JobContext) {
    return behave(event_type, context);
  }
}

@Injectable()
@HandlesJob('model.train')
class TrainHandler implements JobHandler<'model.train'> {
  run({ event_type }: { event_type?: string | undefined }, context: JobContext) {
    return behave(event_type ?? '', context);
  }
}

@Injectable()
@HandlesJob('model.backtest')
class BacktestHandler implements JobHandler<'model.backtest'> {
  run({ model_version }: { model_version: string }, context: JobContext) {
    return behave(model_version, context);
  }
}

const anything = z.record(z.string(), z.unknown());
const catalog = Object.entries(JOBS).map(([type, kind]) => [type, { ...kind }] as const);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strisk-jobs-'));
  // Failures are tried again after seconds; what is tried here is how often.
  for (const kind of Object.values(JOBS)) Object.assign(kind, { backoff: { firstMs: 5, maxMs: 5 }, result: anything });
});
afterAll(async () => {
  for (const [type, kind] of catalog) Object.assign(JOBS[type as JobType], kind);
  await rm(directory, { recursive: true });
});

describe.each(['PostgreSQL', 'Redis'] as const)('jobs over %s', (backend) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let app: INestApplicationContext;
  let jobs: JobsService;
  let postgres: DataSource;
  const open = new Set<INestApplicationContext>();

  async function start(): Promise<INestApplicationContext> {
    const config = Config.read(PLATFORM_CONFIG, {
      LOG_LEVEL: 'silent',
      DATABASE_POOL: '6',
      CLICKHOUSE_READ_CONNECTIONS: '1',
    });
    const stores: Stores = {
      dataDir: directory,
      postgresUrl: database.url,
      clickhouse: { embeddedPath: join(directory, 'clickhouse') },
      redisUrl: redis?.url,
      close: () => Promise.resolve(),
    };
    @Module({
      imports: [PlatformModule.forRoot(config, stores), AccessModule, JobsModule, JobsWorkerModule],
      providers: [RefreshHandler, TrainHandler, BacktestHandler],
    })
    class Worker {}
    const started = await Test.createTestingModule({ imports: [Worker] })
      .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
      .compile();
    await started.init();
    open.add(started);
    return started;
  }
  async function stop(one: INestApplicationContext): Promise<void> {
    open.delete(one);
    await one.close();
  }

  beforeAll(async () => {
    database = await createDatabase();
    if (backend === 'Redis') redis = await startRedis();
    await migratePostgres(database.url, { DATABASE_POOL: 4 }, [...accessMigrations, ...jobsMigrations], () =>
      Promise.resolve(),
    );
    app = await start();
    jobs = app.get(JobsService);
    postgres = app.get(DataSource);
    await postgres.query(
      `INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
       VALUES ('other', 'Other', 7, 'UTC', '{}', 'amount')`,
    );
  });
  afterAll(async () => {
    for (const one of open) await stop(one);
    await redis?.stop();
    await database.drop();
  });
  beforeEach(() => {
    behaviours.clear();
    runs.clear();
  });
  afterEach(async () => {
    await postgres.query(`DELETE FROM jobs`);
  });

  const origin: JobOrigin = { namespaceId: 'default', requestId: 'r1' };
  const refresh = (event_type: string, more: Partial<JobOrigin> = {}, options = {}) =>
    jobs.create({ ...origin, ...more }, 'surface.refresh', { event_type }, options);
  const rowOf = (jobId: string) => postgres.getRepository(JobEntity).findOneByOrFail({ jobId });

  /** The job once it is as wanted: BullMQ and the row change in other connections, so it has to be looked for. */
  async function until(jobId: string, wanted: (row: JobEntity) => boolean): Promise<JobEntity> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const row = await rowOf(jobId);
      if (wanted(row)) return row;
      if (Date.now() > deadline) throw new Error(`The job stays ${JSON.stringify(row)}`);
      await delay(10);
    }
  }
  const reaches = (job: Job, state: JobState) => until(job.job_id, (row) => row.state === state);
  const recover = async () => {
    const recovery = app.get(Recovery);
    await (Reflect.get(recovery, 'publishDue') as () => Promise<void>).call(recovery);
  };
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => (error as { code?: string }).code,
    );

  it('are written down, done, and keep what came of them', async () => {
    const told = Promise.withResolvers<JobContext>();
    behaviours.set('a', async (context) => {
      told.resolve(context);
      context.progress(40, 'half way');
      await until(context.jobId, ({ progressPercent }) => progressPercent === 40);
      return { answer: 42 };
    });
    const job = await refresh('a');
    expect(job).toMatchObject({ state: 'waiting', attempts: 0, result: null, params: { event_type: 'a' } });
    expect(await told.promise).toMatchObject({ jobId: job.job_id, namespaceId: 'default', requestId: 'r1' });
    const row = await reaches(job, 'completed');
    expect(row).toMatchObject({
      attempts: 1,
      failures: 0,
      result: { answer: 42 },
      progressPercent: 100,
      errorCode: null,
    });
    expect(row.startedAt?.getTime()).toBeLessThanOrEqual(row.finishedAt?.getTime() ?? 0);
  });

  it('that would do the same wait once, in their namespace', async () => {
    const waiting = await refresh('d', {}, { delayMs: 60_000 });
    expect(waiting.state).toBe('delayed');
    expect((await refresh('d')).job_id).toBe(waiting.job_id);
    const races = await Promise.all(Array.from({ length: 8 }, () => refresh('race', {}, { delayMs: 60_000 })));
    expect(new Set(races.map(({ job_id }) => job_id)).size).toBe(1);
    expect((await refresh('e', {}, { delayMs: 60_000 })).job_id).not.toBe(waiting.job_id);
    expect((await refresh('d', { namespaceId: 'other' }, { delayMs: 60_000 })).job_id).not.toBe(waiting.job_id);
    // One that runs may have begun before what this one is about.
    const gate = Promise.withResolvers<Record<string, unknown>>();
    behaviours.set('f', () => gate.promise);
    const running = await refresh('f');
    await reaches(running, 'active');
    const next = await refresh('f', {}, { delayMs: 60_000 });
    expect(next.job_id).not.toBe(running.job_id);
    gate.resolve({});
    await reaches(running, 'completed');
  });

  it('that fail are tried again, and their failures are counted', async () => {
    behaviours.set('g', () =>
      runs.get('g') === 3 ? Promise.resolve({ third: true }) : Promise.reject(new Error('secret cause')),
    );
    const row = await reaches(await refresh('g'), 'completed');
    expect(row).toMatchObject({
      attempts: 3,
      failures: 2,
      result: { third: true },
      errorCode: null,
      errorMessage: null,
    });
  });

  it('that fail as often as they may have failed, and say nothing of what is internal', async () => {
    behaviours.set('h', () => Promise.reject(new Error('secret cause')));
    const row = await reaches(await refresh('h'), 'failed');
    expect(row).toMatchObject({ attempts: JOBS['surface.refresh'].attempts, failures: 5, errorCode: 'INTERNAL' });
    expect(row.errorMessage).not.toContain('secret');
    await recover();
    expect(runs.get('h')).toBe(5);
  });

  it('whose own mistake it is are not tried again; where a store was away they are', async () => {
    behaviours.set('i', () => Promise.reject(new AppError('TRAINING_DATA_TOO_THIN', 'only 3 events')));
    behaviours.set('j', () =>
      runs.get('j') === 2 ? Promise.resolve({}) : Promise.reject(new AppError('UNAVAILABLE', 'away')),
    );
    const [thin, away] = await Promise.all([refresh('i'), refresh('j')]);
    expect(await reaches(thin, 'failed')).toMatchObject({
      attempts: 1,
      errorCode: 'TRAINING_DATA_TOO_THIN',
      errorMessage: 'only 3 events',
    });
    expect(await reaches(away, 'completed')).toMatchObject({ attempts: 2 });
  });

  it('that fail while another like them waits end, and do not stay behind as active', async () => {
    const gate = Promise.withResolvers<never>();
    behaviours.set('k', () => gate.promise);
    const first = await refresh('k');
    await reaches(first, 'active');
    const twin = await refresh('k', {}, { delayMs: 60_000 });
    expect(twin.job_id).not.toBe(first.job_id);
    gate.reject(new AppError('UNAVAILABLE', 'away'));
    expect(await reaches(first, 'failed')).toMatchObject({ errorCode: 'UNAVAILABLE', failures: 1 });
    expect((await rowOf(twin.job_id)).state).toBe('delayed');
  });

  it('with parameters that are not theirs are refused when they are asked for', async () => {
    const asked = jobs.createFromInput(origin, {
      type: 'surface.refresh',
      params: { event_type: '', more: 1 },
      priority: 5,
      delay_ms: 0,
    });
    await expect(asked).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      errors: expect.arrayContaining([expect.objectContaining({ path: 'params.event_type' })]) as unknown,
    });
  });

  it('are begun once, however often they are published', async () => {
    const job = await refresh('l', {}, { delayMs: 300 });
    const row = await rowOf(job.job_id);
    const queues = app.get(Queues);
    for (let i = 0; i < 5; i++) await queues.publish(row);
    await recover();
    await reaches(job, 'completed');
    await recover();
    expect((await rowOf(job.job_id)).attempts).toBe(1);
    expect(runs.get('l')).toBe(1);
  });

  it('that the queue has lost are published again by the recovery', async () => {
    const job = await refresh('m', {}, { delayMs: 3_600_000 });
    await app.get<Queue>(getQueueToken('surface')).obliterate({ force: true });
    await postgres.query(`UPDATE jobs SET run_after = now() WHERE job_id = $1`, [job.job_id]);
    await recover();
    expect(await reaches(job, 'completed')).toMatchObject({ attempts: 1, failures: 0 });
  });

  it('of a worker that was killed are taken up again, and the kills are no failures', async () => {
    const job = await refresh('n', {}, { delayMs: 3_600_000 });
    await app.get<Queue>(getQueueToken('surface')).obliterate({ force: true });
    await postgres.query(`UPDATE jobs SET state = 'active', attempts = 20, run_after = now() WHERE job_id = $1`, [
      job.job_id,
    ]);
    behaviours.set('n', () =>
      runs.get('n') === 1 ? Promise.reject(new Error('once')) : Promise.resolve({ kept: true }),
    );
    await recover();
    expect(await reaches(job, 'completed')).toMatchObject({ attempts: 22, failures: 1, result: { kept: true } });
  });

  it('are ended by the attempt that holds them, and by none before it', async () => {
    const runner = app.get(JobRunner);
    const job = await refresh('o', {}, { delayMs: 3_600_000 });
    const gate = Promise.withResolvers<Record<string, unknown>>();
    let late: JobContext | undefined;
    behaviours.set('o', (context) => {
      if (runs.get('o') !== 1) return Promise.resolve({ by: 'second' });
      late = context;
      return gate.promise;
    });
    const first = runner.run(job.job_id);
    await reaches(job, 'active');
    await runner.run(job.job_id);
    expect(await rowOf(job.job_id)).toMatchObject({ state: 'completed', result: { by: 'second' }, attempts: 2 });
    late?.progress(7, 'too late');
    gate.resolve({ by: 'first' });
    await first;
    expect(await rowOf(job.job_id)).toMatchObject({ result: { by: 'second' }, progressPercent: 100 });
    // And one that ended is not begun again.
    await runner.run(job.job_id);
    expect(runs.get('o')).toBe(2);
  });

  it('taken twice at once are held by the later of the two, and the other knows that it is not', async () => {
    const runner = app.get(JobRunner);
    const take = (jobId: string) =>
      (Reflect.get(runner, 'take') as (jobId: string) => Promise<JobEntity>).call(runner, jobId);
    for (let i = 0; i < 10; i++) {
      const job = await refresh(`p${i}`, {}, { delayMs: 3_600_000 });
      // Both wait for the row and get it one right after the other.
      const both = await postgres.transaction(async (manager) => {
        await manager.query(`SELECT 1 FROM jobs WHERE job_id = $1 FOR UPDATE`, [job.job_id]);
        const takes = [take(job.job_id), take(job.job_id)];
        await untilBlocked(2);
        return takes;
      });
      expect((await Promise.all(both)).map(({ attempts }) => attempts).toSorted((a, b) => a - b)).toEqual([1, 2]);
    }
  });
  async function untilBlocked(n: number): Promise<void> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      const rows = await postgres.query<unknown[]>(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (rows.length >= n) return;
      if (Date.now() > deadline) throw new Error('Nobody waits for the row');
    }
  }

  it('that run longer than they may are told to stop', async () => {
    const kind = JOBS['model.backtest'];
    const before = { ...kind };
    kind.timeoutMs = 30;
    kind.attempts = 1;
    try {
      behaviours.set(
        'q',
        ({ signal }) =>
          new Promise((_, failed) => signal.addEventListener('abort', () => failed(new Error('stopped')))),
      );
      const job = await jobs.create(origin, 'model.backtest', { model_version: 'q', windows: 1, horizon_hours: 1 });
      expect(await reaches(job, 'failed')).toMatchObject({ failures: 1 });
    } finally {
      Object.assign(kind, before);
    }
  });

  it('are listed newest first, by state and type, over pages, and only those of the namespace', async () => {
    const made: string[] = [];
    for (let i = 0; i < 12; i++) made.push((await refresh(`s${i}`, {}, { delayMs: 3_600_000 })).job_id);
    await refresh('elsewhere', { namespaceId: 'other' }, { delayMs: 3_600_000 });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await jobs.list('default', { limit: 5, cursor, state: 'delayed', type: 'surface.refresh' });
      seen.push(...page.data.map(({ job_id }) => job_id));
      cursor = page.page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(made.toSorted());
    expect((await jobs.list('default', { limit: 5, state: 'failed' })).data).toEqual([]);
    expect(await codeOf(jobs.read('other', made[0] ?? ''))).toBe('NOT_FOUND');
    expect((await jobs.read('default', made[0] ?? '')).job_id).toBe(made[0]);
  });

  it('that run when the worker must go are finished, and none is begun after', async () => {
    // Where queues are shared, the one that stays would take what the other leaves.
    await stop(app);
    const going = await start();
    jobs = going.get(JobsService);
    const gate = Promise.withResolvers<Record<string, unknown>>();
    behaviours.set('t', () => gate.promise);
    behaviours.set('u', () => gate.promise);
    postgres = going.get(DataSource);
    const running = [await refresh('t'), await refresh('u')];
    for (const job of running) await reaches(job, 'active');
    const waiting = await refresh('v');
    const closed = stop(going);
    gate.resolve({});
    await closed;
    expect(runs.get('v')).toBeUndefined();
    app = await start();
    jobs = app.get(JobsService);
    postgres = app.get(DataSource);
    for (const job of running) expect(await rowOf(job.job_id)).toMatchObject({ state: 'completed', attempts: 1 });
    // The next worker does what waited.
    await recover();
    expect(await reaches(waiting, 'completed')).toMatchObject({ failures: 0 });
    expect(runs.get('v')).toBe(1);
  });

  it.runIf(backend === 'Redis')('outlive a Redis that loses everything', async () => {
    const before = await refresh('w', {}, { delayMs: 3_600_000 });
    await redis?.kill();
    const meanwhile = await refresh('x');
    expect(meanwhile.state).toBe('waiting');
    await redis?.start();
    await postgres.query(`UPDATE jobs SET run_after = now()`);
    // The recovery looks again and again until the connection is back.
    for (const job of [before, meanwhile]) {
      await until(job.job_id, (row) => {
        if (row.state !== 'completed') void recover();
        return row.state === 'completed';
      });
    }
    expect([runs.get('w'), runs.get('x')]).toEqual([1, 1]);
  });
});
