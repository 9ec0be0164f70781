import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { z } from 'zod';
import type { Job, JobInput, JobsQuery, JobType, Paged } from '#contracts';
import { AppError, Cursors, Postgres } from '#platform';
import { JOBS, type JobParams } from '../catalog/catalog.js';
import { JobEntity, presentJob } from './job.entity.js';
import { Queues } from './queues.js';

export interface JobOrigin {
  namespaceId: string;
  tokenId?: string;
  requestId?: string;
}

/** A queue that takes longer is as good as away. */
const PUBLISH_PATIENCE_MS = 1_000;
const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

@Injectable()
export class JobsService {
  private readonly logger = new Logger(JobsService.name);

  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly queues: Queues,
  ) {}

  private get jobs(): Repository<JobEntity> {
    return this.postgres.repository(JobEntity);
  }

  /**
   * Writes the job down and hands it to the queue. Once this returns it will be done, though the queue be lost.
   * A job like one that still waits is that one.
   */
  async create<T extends JobType>(
    origin: JobOrigin,
    type: T,
    params: JobParams<T>,
    options: { priority?: number; delayMs?: number } = {},
  ): Promise<Job> {
    const kind = JOBS[type] as { uniqueKey?: (namespaceId: string, params: JobParams<T>) => string };
    const uniqueKey = kind.uniqueKey?.(origin.namespaceId, params) ?? null;
    const delayMs = options.delayMs ?? 0;
    const job = this.jobs.create({
      jobId: randomUUID(),
      namespaceId: origin.namespaceId,
      type,
      state: delayMs > 0 ? 'delayed' : 'waiting',
      params,
      priority: options.priority ?? 5,
      uniqueKey,
      requestId: origin.requestId ?? null,
      createdBy: origin.tokenId ?? null,
      runAfter: new Date(Date.now() + delayMs),
    });
    const inserted = await this.jobs
      .createQueryBuilder()
      .insert()
      // The parameters are an opaque document, which TypeORM would read as partial columns.
      .values(job as object)
      .orIgnore()
      .returning('*')
      .execute();
    if ((inserted.raw as unknown[]).length === 0) {
      const same =
        uniqueKey === null ? null : await this.jobs.findOneBy({ uniqueKey, state: In(['waiting', 'delayed']) });
      if (same) return presentJob(same);
      // The other one has left the line between our two looks: this one is wanted after all.
      return this.create(origin, type, params, options);
    }
    const created = await this.jobs.findOneByOrFail({ jobId: job.jobId });
    // A worker must not look for a row that is not there yet.
    await this.postgres.afterCommit(() => this.hand(created));
    return presentJob(created);
  }

  /**
   * To the queue, for as long as a caller can be made to wait. What does not get there stands in the table, and the
   * recovery of a worker publishes it when the queue is back.
   */
  private async hand(job: JobEntity): Promise<void> {
    const patience = new AbortController();
    const late = setTimeout(PUBLISH_PATIENCE_MS, undefined, { signal: patience.signal }).then(() => {
      throw new Error(`the queue did not answer within ${PUBLISH_PATIENCE_MS} ms`);
    });
    try {
      await Promise.race([this.queues.publish(job), late]);
    } catch (error) {
      this.logger.warn({ err: error, job_id: job.jobId }, 'the job was written down but not yet queued');
    } finally {
      patience.abort();
      late.catch(() => undefined);
    }
  }

  /** A job as a client asks for it: the type's own schema judges the parameters. */
  async createFromInput(origin: JobOrigin, input: JobInput): Promise<Job> {
    const parsed = JOBS[input.type].params.safeParse(input.params);
    if (!parsed.success)
      throw new AppError('REQUEST_INVALID', `The parameters are not those of ${input.type}`, {
        errors: parsed.error.issues.map((issue) => ({
          path: ['params', ...issue.path].join('.'),
          message: issue.message,
        })),
      });
    return this.create(origin, input.type, parsed.data, { priority: input.priority, delayMs: input.delay_ms });
  }

  /** @throws AppError NOT_FOUND, also for a job of another namespace */
  async read(namespaceId: string, jobId: string): Promise<Job> {
    const job = await this.jobs.findOneBy({ jobId, namespaceId });
    if (!job) throw new AppError('NOT_FOUND', 'The namespace has no such job');
    return presentJob(job);
  }

  async list(namespaceId: string, query: JobsQuery): Promise<Paged<Job>> {
    const list = this.cursors.of('jobs', namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.postgres.reading((manager) => {
      const builder = manager
        .createQueryBuilder(JobEntity, 'job')
        .where('job.namespace_id = :namespaceId', { namespaceId })
        .orderBy('job.created_at', 'DESC')
        .addOrderBy('job.job_id', 'DESC')
        .limit(query.limit + 1);
      if (query.state) builder.andWhere('job.state = :state', { state: query.state });
      if (query.type) builder.andWhere('job.type = :type', { type: query.type });
      if (after) builder.andWhere('(job.created_at, job.job_id) < (:at, :id)', { at: after[0], id: after[1] });
      return builder.getMany();
    });
    const page = list.page(rows, query.limit, (job) => [job.createdAt.toISOString(), job.jobId]);
    return { data: page.data.map(presentJob), page: page.page };
  }
}
