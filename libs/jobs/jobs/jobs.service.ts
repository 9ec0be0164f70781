import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { z } from 'zod';
import type { AccessContext } from '#access';
import { auditedBy } from '#access';
import type { Job, JobInput, JobsQuery, JobType, Paged } from '#contracts';
import { AppError, Cursors, Postgres } from '#platform';
import type { JobParams } from '../catalog/catalog.js';
import { Publisher } from '../outbox/publisher.js';
import { JobEntity, presentJob } from './job.entity.js';
import type { JobOrigin } from './job-origin.js';
import { JobWriter } from './job-writer.js';
import { checkMayStart, newJob, type NewJob, type NewJobOptions, readParams } from './new-job.js';

const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

@Injectable()
export class JobsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly writer: JobWriter,
    private readonly publisher: Publisher,
  ) {}

  private get jobs(): Repository<JobEntity> {
    return this.postgres.repository(JobEntity);
  }

  /**
   * Writes the job down, by itself or with the transaction that is under way. Once that is committed it will be done,
   * though the queue be lost. A job like one that still waits is that one.
   */
  async create<T extends JobType>(
    origin: JobOrigin,
    type: T,
    params: JobParams<T>,
    options: NewJobOptions = {},
  ): Promise<Job> {
    const [job] = await this.createMany(origin, [newJob(origin.namespaceId, type, params, options)]);
    return job as Job;
  }

  /** All of them in one statement, in the order they are given. */
  async createMany(origin: JobOrigin, asked: readonly NewJob[]): Promise<Job[]> {
    const written = new Map((await this.writer.write(origin, asked)).map((job) => [job.jobId, presentJob(job)]));
    await this.postgres.afterCommit(() => this.publisher.wake());
    const jobs: Job[] = [];
    for (const job of asked) jobs.push(written.get(job.jobId) ?? (await this.sameAs(origin, job)));
    return jobs;
  }

  /** A job as a client asks for it: the type says whether this client may, and judges the parameters. */
  async createFromInput(access: AccessContext, input: JobInput): Promise<Job> {
    checkMayStart(input.type, access.principal.scopes);
    const params = readParams(input.type, input.params);
    const origin = auditedBy(access);
    const options = { priority: input.priority, delayMs: input.delay_ms };
    const [job] = await this.createMany(origin, [newJob(origin.namespaceId, input.type, params, options)]);
    return job as Job;
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
    const [order, beyond] = query.sort === 'created_at' ? (['ASC', '>'] as const) : (['DESC', '<'] as const);
    const rows = await this.postgres.reading((manager) => {
      const builder = manager
        .createQueryBuilder(JobEntity, 'job')
        .where('job.namespace_id = :namespaceId', { namespaceId })
        .orderBy('job.created_at', order)
        .addOrderBy('job.job_id', order)
        .limit(query.limit + 1);
      if (query.state) builder.andWhere('job.state = :state', { state: query.state });
      if (query.type) builder.andWhere('job.type = :type', { type: query.type });
      if (after) builder.andWhere(`(job.created_at, job.job_id) ${beyond} (:at, :id)`, { at: after[0], id: after[1] });
      return builder.getMany();
    });
    const page = list.page(rows, query.limit, (job) => [job.createdAt.toISOString(), job.jobId]);
    return { data: page.data.map(presentJob), page: page.page };
  }

  /** The job that was there before one that was not written. */
  private async sameAs(origin: JobOrigin, job: NewJob): Promise<Job> {
    const { uniqueKey } = job;
    if (uniqueKey === null) throw new Error(`The job ${job.jobId} was written twice`);
    const same = await this.jobs.findOneBy({ uniqueKey, state: In(['waiting', 'delayed']) });
    if (same) return presentJob(same);
    // The other one has left the line between our two looks: this one is wanted after all.
    const [again] = await this.createMany(origin, [job]);
    return again as Job;
  }
}
