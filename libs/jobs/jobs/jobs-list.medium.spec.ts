import { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { accessMigrations } from '#access';
import { jobsQuery } from '#contracts';
import { Cursors, migratePostgres, Postgres } from '#platform';
import { createDatabase, explained, fillTable } from '#testing';
import { jobsMigrations } from '../migrations/index.js';
import { JobEntity } from './job.entity.js';
import { JobsService } from './jobs.service.js';
import type { Publisher } from '../outbox/publisher.js';
import type { JobWriter } from './job-writer.js';

const JOBS = 1_000_000;

let source: DataSource;

/** A million jobs, of which one in a thousand failed; of one type there are few. */
beforeAll(async () => {
  const database = await createDatabase();
  await migratePostgres(database.url, { DATABASE_POOL: 3 }, [...accessMigrations, ...jobsMigrations], () =>
    Promise.resolve(),
  );
  source = await new DataSource({
    type: 'postgres',
    url: database.url,
    poolSize: 1,
    entities: [JobEntity],
  }).initialize();
  await fillTable(
    source,
    'jobs',
    `INSERT INTO jobs (job_id, namespace_id, type, state, params, priority, created_at)
     SELECT gen_random_uuid(), 'default', CASE WHEN n < 500 THEN 'model.backtest' ELSE 'surface.refresh' END,
            CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'completed' END, '{}', 5,
            timestamptz '2026-01-01' + n * interval '30 seconds'
     FROM generate_series(1, ${JOBS}) n`,
  );
  return async () => {
    await source.destroy();
    await database.drop();
  };
}, 120_000);

/** None is written or published: lists are only read. */
const writer = {} as JobWriter;
const publisher = {} as Publisher;
const cursors = new Cursors(Buffer.alloc(32, 1));

const list = (query: object) =>
  explained(source, async (manager) => {
    const postgres = new Postgres(source);
    postgres.reading = (work) => work(manager);
    await new JobsService(postgres, cursors, writer, publisher).list('default', jobsQuery.parse(query));
  });

describe('the list of a million jobs', () => {
  it.each([
    ['of all', {}],
    ['of those that failed', { state: 'failed' }],
    ['of a state that none has', { state: 'waiting' }],
    ['of a rare type', { type: 'model.backtest' }],
    ['of a type and a state', { type: 'model.backtest', state: 'completed' }],
  ])('%s reads what it shows', async (_, query) => {
    const work = await list(query);
    expect(work.statements).toHaveLength(1);
    expect(work.scanned).toEqual([]);
    expect(work.rowsRead).toBeLessThanOrEqual(600);
    expect(work.rowsSorted).toBeLessThanOrEqual(600);
  });

  it('does so on every page', async () => {
    const service = new JobsService(new Postgres(source), cursors, writer, publisher);
    const first = await service.list('default', jobsQuery.parse({ limit: 1000 }));
    const work = await list({ limit: 1000, cursor: first.page.next_cursor });
    expect(work.scanned).toEqual([]);
    expect(work.rowsRead).toBeLessThanOrEqual(1_001);
    const second = await service.list('default', jobsQuery.parse({ limit: 1000, cursor: first.page.next_cursor }));
    expect(new Set([...first.data, ...second.data].map(({ job_id }) => job_id)).size).toBe(2_000);
  });
});
