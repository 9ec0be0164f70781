import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { accessMigrations } from '#access';
import type { ScheduleInput } from '#contracts';
import { Cursors, migratePostgres, Postgres } from '#platform';
import { createDatabase, type TestDatabase } from '#testing';
import { JobEntity } from '../jobs/job.entity.js';
import { JobWriter } from '../jobs/job-writer.js';
import { JobsService } from '../jobs/jobs.service.js';
import { jobsMigrations } from '../migrations/index.js';
import type { Publisher } from '../outbox/publisher.js';
import { easyCatalog, JobsUnderTest } from '../test/jobs-under-test.js';
import { ScheduleEntity } from './schedule.entity.js';
import { Scheduler } from './scheduler.js';
import type { SchedulerClock } from './scheduler-clock.js';

Logger.overrideLogger(false);

/** `npm run chaos:schedules` simulates ten days; every other run three. */
const DAYS = (import.meta as ImportMeta & { env: { MODE: string } }).env.MODE === 'chaos' ? 10 : 3;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A time at which no zone changes its clocks. */
const START = Date.parse('2026-06-01T00:00:30Z');

let database: TestDatabase;
const sources: DataSource[] = [];
const schedulers = new Set<Scheduler>();
const easy = easyCatalog();

beforeAll(async () => {
  database = await createDatabase();
  await migratePostgres(database.url, { DATABASE_POOL: 3 }, [...accessMigrations, ...jobsMigrations], () =>
    Promise.resolve(),
  );
});
afterAll(async () => {
  for (const source of sources) await source.destroy();
  await database.drop();
  easy.restore();
});
afterEach(async () => {
  for (const scheduler of schedulers) await scheduler.onApplicationShutdown();
  schedulers.clear();
  await sources[0]?.query('DELETE FROM schedules');
});

async function connect(): Promise<DataSource> {
  const source = await new DataSource({
    type: 'postgres',
    url: database.url,
    poolSize: 3,
    entities: [JobEntity, ScheduleEntity],
    extra: { application_name: 'a worker' },
  }).initialize();
  sources.push(source);
  return source;
}

/** A worker's scheduler, with a clock that the test sets. Nobody hands its jobs to a queue. */
function schedulerOf(source: DataSource, now: () => number): Scheduler {
  const postgres = new Postgres(source);
  const publisher = { wake: () => undefined } as unknown as Publisher;
  const jobs = new JobsService(postgres, new Cursors(Buffer.alloc(32, 1)), new JobWriter(postgres), publisher);
  const clock: SchedulerClock = { now: () => Promise.resolve(now()) };
  const scheduler = new Scheduler(postgres, jobs, clock);
  schedulers.add(scheduler);
  return scheduler;
}

async function schedule(source: DataSource, id: string, due: number, more: Partial<ScheduleEntity>): Promise<void> {
  const at = new Date(START);
  await source.getRepository(ScheduleEntity).insert({
    namespaceId: 'default',
    scheduleId: id,
    name: id,
    type: 'model.train',
    params: { event_type: id },
    priority: null,
    cron: null,
    timeZone: 'UTC',
    everySeconds: null,
    anchor: at,
    catchUp: 'all',
    catchUpMost: 1_000,
    paused: false,
    dueAt: new Date(due),
    lastDueAt: null,
    lastFiredAt: null,
    lastJobId: null,
    lastError: null,
    createdBy: null,
    createdAt: at,
    updatedAt: at,
    version: 1,
    ...more,
  } as object);
}

interface Firing {
  due: number;
  fired: number;
  job: string;
}

async function firingsOf(source: DataSource, id: string): Promise<Firing[]> {
  const rows = await source.query<{ due_at: Date; fired_at: Date; job_id: string }[]>(
    `SELECT due_at, fired_at, job_id FROM schedule_firings WHERE schedule_id = $1 ORDER BY due_at`,
    [id],
  );
  return rows.map(({ due_at, fired_at, job_id }) => ({
    due: due_at.getTime(),
    fired: fired_at.getTime(),
    job: job_id,
  }));
}

const multiples = (step: number, offset: number, from: number, to: number) => {
  const first = Math.ceil((from - offset) / step) * step + offset;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step);
};

describe('twenty schedules over four workers', () => {
  /** Due times as they are written, computed without the code that is tested: multiples of a step. */
  const kinds: { more: Partial<ScheduleEntity>; step: number; offset: number }[] = [
    { more: { cron: '*/30 * * * *' }, step: 30 * MINUTE, offset: 0 },
    { more: { cron: '17 */6 * * *' }, step: 6 * HOUR, offset: 17 * MINUTE },
    // 02:30 in Tokyo, which never changes its clocks.
    { more: { cron: '30 2 * * *', timeZone: 'Asia/Tokyo' }, step: DAY, offset: 17.5 * HOUR },
    { more: { everySeconds: 3_600 }, step: HOUR, offset: START % HOUR },
  ];
  const policies: ScheduleInput['catch_up'][] = ['all', 'all', 'all', 'last', 'skip'];

  it(
    `fire every due time of ${DAYS} days once, whatever becomes of clocks and workers`,
    async () => {
      const pools = await Promise.all([connect(), connect(), connect(), connect()]);
      const [source] = pools;
      const killer = await connect();
      const all = kinds.flatMap((kind, k) => policies.map((catchUp, p) => ({ id: `s${k}-${p}`, catchUp, ...kind })));
      for (const { id, more, step, offset, catchUp } of all)
        await schedule(source, id, multiples(step, offset, START, START + 2 * DAY)[0] ?? 0, { ...more, catchUp });

      let seed = 12;
      const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
      let time = START;
      let latest = START;
      // Each has a clock of its own, mostly right, at times an hour ahead or behind, and it may jump back.
      const workers = pools.map((pool) => {
        const read = () => {
          const now = time + (random() < 0.1 ? (random() - 0.5) * 2 * HOUR : 0);
          latest = Math.max(latest, now);
          return now;
        };
        return { pool, read, scheduler: schedulerOf(pool, read) };
      });
      let ended = 0;
      while (time < START + DAYS * DAY) {
        // Now and then nobody looks for hours.
        time += random() < 0.02 ? 5 * HOUR * random() : 20 * MINUTE * random();
        const looks = workers.map(({ scheduler }) => scheduler.look().catch(() => ended++));
        if (random() < 0.05)
          await killer.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'a worker' AND pid <> pg_backend_pid() AND state <> 'idle'`,
          );
        await Promise.all(looks);
        if (random() < 0.05)
          for (const worker of workers) {
            await worker.scheduler.onApplicationShutdown();
            worker.scheduler = schedulerOf(worker.pool, worker.read);
          }
      }
      // The clocks agree in the end, beyond all that any of them has shown.
      time = latest + 1;
      for (const { pool } of workers) await schedulerOf(pool, () => time).look();
      expect(ended).toBeGreaterThan(0);

      for (const { id, catchUp, step, offset } of all) {
        const fired = await firingsOf(source, id);
        const due = multiples(step, offset, START, time);
        const at = fired.map((firing) => firing.due);
        if (catchUp === 'all') expect(at, id).toEqual(due);
        else {
          expect(
            at.filter((one) => !due.includes(one)),
            id,
          ).toEqual([]);
          expect(new Set(at).size, id).toBe(at.length);
          if (catchUp === 'last') expect(at.at(-1), id).toBe(due.at(-1));
          else
            expect(
              fired.filter((one) => one.fired - one.due > MINUTE),
              id,
            ).toEqual([]);
        }
        const [row] = await source.query<{ due_at: Date }[]>(`SELECT due_at FROM schedules WHERE schedule_id = $1`, [
          id,
        ]);
        expect(row?.due_at.getTime(), id).toBeGreaterThan(time);
      }
      // A job for each due time, and none beside them; those like one that still waits are that one.
      const [{ loose } = { loose: -1 }] = await source.query<{ loose: number }[]>(
        `SELECT count(*)::int AS loose FROM jobs
         WHERE NOT EXISTS (SELECT 1 FROM schedule_firings f WHERE f.job_id = jobs.job_id)`,
      );
      expect(loose).toBe(0);
    },
    DAYS * 20_000,
  );
});

describe('a schedule', () => {
  it('that cannot be fired says why, and holds up no other', async () => {
    const source = await connect();
    const due = START + HOUR;
    await schedule(source, 'bad-params', due, { everySeconds: 3_600, params: { event_type: 7 } });
    await schedule(source, 'bad-line', due, { cron: '0 0 30 2 *' });
    await schedule(source, 'no-type', due, { everySeconds: 3_600, type: 'no.such' as never });
    await schedule(source, 'good', due + 1, { everySeconds: 3_600 });
    await schedulerOf(source, () => due + 10).look();
    const rows = await source.query<{ schedule_id: string; last_error: string | null; paused: boolean }[]>(
      `SELECT schedule_id, last_error, paused FROM schedules ORDER BY schedule_id`,
    );
    expect(rows).toEqual([
      { schedule_id: 'bad-line', last_error: expect.stringContaining('never due') as string, paused: true },
      { schedule_id: 'bad-params', last_error: expect.stringContaining('parameters') as string, paused: false },
      { schedule_id: 'good', last_error: null, paused: false },
      { schedule_id: 'no-type', last_error: expect.any(String) as string, paused: false },
    ]);
    expect(await firingsOf(source, 'good')).toHaveLength(1);
  });

  it('that was forgotten for a year is made up for by a month at most', async () => {
    const source = await connect();
    await schedule(source, 'old', START, { everySeconds: 3_600 });
    const now = START + 365 * DAY;
    await schedulerOf(source, () => now).look();
    const fired = await firingsOf(source, 'old');
    expect(fired).toHaveLength(31 * 24);
    expect(fired.every(({ due }) => (due - START) % HOUR === 0 && due > now - 31 * DAY)).toBe(true);
  });

  it('is fired by the workers by themselves, and its job is done like any other', async () => {
    const source = await connect();
    const workers = await JobsUnderTest.start(database.url);
    try {
      await schedule(source, 'now', Date.now() - 1_000, { type: 'surface.refresh', everySeconds: 3_600 });
      await vi.waitFor(async () => expect(await firingsOf(source, 'now')).toHaveLength(1), { timeout: 15_000 });
      const [firing] = await firingsOf(source, 'now');
      await vi.waitFor(
        async () => {
          const [job] = await source.query<{ state: string }[]>(`SELECT state FROM jobs WHERE job_id = $1`, [
            firing?.job,
          ]);
          expect(job?.state).toBe('completed');
        },
        { timeout: 15_000 },
      );
    } finally {
      await workers.stop();
    }
  });

  it('is due by the database’s clock', async () => {
    const source = await connect();
    const { SchedulerClock: Real } = await import('./scheduler-clock.js');
    const [row] = await source.query<{ now: Date }[]>('SELECT now() AS now');
    expect(Math.abs((await new Real().now(source.manager)) - (row?.now.getTime() ?? 0))).toBeLessThan(5_000);
  });
});
