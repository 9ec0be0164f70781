import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { getQueueToken } from '@nestjs/bullmq';
import { Test } from '@nestjs/testing';
import type { Queue } from 'bullmq';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type AccessContext, accessMigrations, AccessModule, NamespaceEntity } from '#access';
import type { Job, JobState, JobType, Scope } from '#contracts';
import { Config, migratePostgres, PLATFORM_CONFIG, PlatformModule, type Stores } from '#platform';
import { JOBS, type QueueName, QUEUES } from '../catalog/catalog.js';
import { JobEntity } from '../jobs/job.entity.js';
import type { JobOrigin } from '../jobs/job-origin.js';
import { JobsService } from '../jobs/jobs.service.js';
import type { NewJobOptions } from '../jobs/new-job.js';
import { JobsModule, JobsWorkerModule } from '../jobs.module.js';
import { jobsMigrations } from '../migrations/index.js';
import { LostMessages } from '../outbox/lost-messages.js';
import { HandlesJob, type JobContext, type JobHandler } from '../worker/handler.js';

/** What the jobs about a subject do; a test says so. What they return is taken whatever it is. */
export type Behaviour = (context: JobContext) => Promise<unknown>;
export const behaviours = new Map<string, Behaviour>();
/** Times that a subject's job was begun. */
export const runs = new Map<string, number>();

function behave(subject: string, context: JobContext): Promise<never> {
  runs.set(subject, (runs.get(subject) ?? 0) + 1);
  return (behaviours.get(subject) ?? (() => Promise.resolve({ done: subject })))(context) as Promise<never>;
}

@Injectable()
@HandlesJob('surface.refresh')
class Refresh implements JobHandler<'surface.refresh'> {
  run({ event_type }: { event_type: string }, context: JobContext) {
    return behave(event_type, context);
  }
}

@Injectable()
@HandlesJob('model.train')
class Train implements JobHandler<'model.train'> {
  run({ event_type }: { event_type?: string | undefined }, context: JobContext) {
    return behave(event_type ?? '', context);
  }
}

@Injectable()
@HandlesJob('model.backtest')
class Backtest implements JobHandler<'model.backtest'> {
  run({ model_version }: { model_version: string }, context: JobContext) {
    return behave(model_version, context);
  }
}

/** Of the other types, which nobody starts here: a worker wants a handler for each. */
const others = (Object.keys(JOBS) as JobType[])
  .filter((type) => !['surface.refresh', 'model.train', 'model.backtest'].includes(type))
  .map((type) => {
    @Injectable()
    @HandlesJob(type)
    class Other {
      run = () => Promise.reject(new Error('Nobody starts it here'));
    }
    return Other;
  });

const catalog = Object.entries(JOBS).map(([type, kind]) => [type, { ...kind }] as const);

/** Types whose results may be anything, and who try again at once; until `restore` is called. */
export function easyCatalog(): { restore: () => void } {
  const result = z.record(z.string(), z.unknown());
  for (const kind of Object.values(JOBS)) Object.assign(kind, { backoff: { firstMs: 5, maxMs: 5 }, result });
  return {
    restore: () => {
      for (const [type, kind] of catalog) Object.assign(JOBS[type as JobType], kind);
    },
  };
}

/** Workers over one database and one kind of queue. */
export class JobsUnderTest {
  private readonly open = new Set<INestApplicationContext>();
  app!: INestApplicationContext;

  private constructor(
    private readonly directory: string,
    private readonly postgresUrl: string,
    private readonly redisUrl: string | undefined,
  ) {}

  static async start(postgresUrl: string, redisUrl?: string): Promise<JobsUnderTest> {
    await migratePostgres(postgresUrl, { DATABASE_POOL: 4 }, [...accessMigrations, ...jobsMigrations], () =>
      Promise.resolve(),
    );
    const own = new JobsUnderTest(await mkdtemp(join(tmpdir(), 'strisk-jobs-')), postgresUrl, redisUrl);
    own.app = await own.startWorker();
    await own.addNamespace('other');
    return own;
  }

  get jobs(): JobsService {
    return this.app.get(JobsService);
  }

  get postgres(): DataSource {
    return this.app.get(DataSource);
  }

  async addNamespace(name: string): Promise<void> {
    await this.postgres.query(
      `INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
       VALUES ($1, $1, 7, 'UTC', '{}', 'amount')`,
      [name],
    );
  }

  async startWorker(): Promise<INestApplicationContext> {
    const config = Config.read(PLATFORM_CONFIG, {
      LOG_LEVEL: 'silent',
      DATABASE_POOL: '8',
      THREAD_MEMORY_MB: '64',
      CLICKHOUSE_READ_CONNECTIONS: '1',
    });
    const stores: Stores = {
      dataDir: this.directory,
      postgresUrl: this.postgresUrl,
      clickhouse: { embeddedPath: join(this.directory, 'clickhouse') },
      redisUrl: this.redisUrl,
      close: () => Promise.resolve(),
    };
    @Module({
      imports: [PlatformModule.forRoot(config, stores), AccessModule, JobsModule, JobsWorkerModule],
      providers: [Refresh, Train, Backtest, ...others],
    })
    class Worker {}
    const started = await Test.createTestingModule({ imports: [Worker] })
      .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
      .compile();
    await started.init();
    this.open.add(started);
    return started;
  }

  async stopWorker(one: INestApplicationContext): Promise<void> {
    this.open.delete(one);
    await one.close();
  }

  async stop(): Promise<void> {
    for (const one of this.open) await this.stopWorker(one);
    await rm(this.directory, { recursive: true });
  }

  /** Nothing is left of what a test did. */
  async clear(): Promise<void> {
    behaviours.clear();
    runs.clear();
    await this.postgres.query(`DELETE FROM job_outbox`);
    await this.postgres.query(`DELETE FROM jobs`);
    await this.postgres.query(`DELETE FROM job_dead_letters`);
    await this.postgres.query(`DELETE FROM job_rates`);
  }

  access(namespaceId = 'default', scopes: Scope[] = ['jobs', 'admin']): AccessContext {
    return {
      principal: { tokenId: '00000000-0000-4000-8000-000000000000', name: 'test', scopes, namespaceId: null },
      namespace: Object.assign(new NamespaceEntity(), { namespaceId }),
      requestId: 'r1',
    };
  }

  refresh(subject: string, more: Partial<JobOrigin> = {}, options: NewJobOptions = {}): Promise<Job> {
    const origin = { namespaceId: 'default', requestId: 'r1', ...more };
    return this.jobs.create(origin, 'surface.refresh', { event_type: subject }, options);
  }

  backtest(subject: string, more: Partial<JobOrigin> = {}, options: NewJobOptions = {}): Promise<Job> {
    const origin = { namespaceId: 'default', requestId: 'r1', ...more };
    const params = { model_version: subject, windows: 1, horizon_hours: 1 };
    return this.jobs.create(origin, 'model.backtest', params, options);
  }

  row(jobId: string): Promise<JobEntity> {
    return this.postgres.getRepository(JobEntity).findOneByOrFail({ jobId });
  }

  /** The job once it is as wanted: queue and row change in other connections, so it has to be looked for. */
  async until(jobId: string, wanted: (row: JobEntity) => boolean): Promise<JobEntity> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const row = await this.row(jobId);
      if (wanted(row)) return row;
      if (Date.now() > deadline) throw new Error(`The job stays ${JSON.stringify(row)}`);
      await delay(10);
    }
  }

  reaches({ job_id }: Pick<Job, 'job_id'>, state: JobState): Promise<JobEntity> {
    return this.until(job_id, (row) => row.state === state);
  }

  queue(name: QueueName): Queue {
    return this.app.get<Queue>(getQueueToken(name));
  }

  /** The queues forget everything, and that is found out. */
  async loseQueues(): Promise<void> {
    for (const name of Object.keys(QUEUES)) await this.queue(name as QueueName).obliterate({ force: true });
    await this.postgres.query(`UPDATE job_outbox SET published_at = published_at - interval '1 minute'`);
    await this.app.get(LostMessages).search();
    await this.app.get(LostMessages).search();
  }
}
