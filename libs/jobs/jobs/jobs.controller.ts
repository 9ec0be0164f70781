import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  job,
  type Job,
  type JobCounts as Counts,
  jobCounts,
  type JobInput,
  jobInput,
  jobPage,
  jobsBulk,
  type JobsBulk,
  type JobsBulkInput,
  jobsBulkInput,
  type JobsQuery,
  jobsQuery,
  type Paged,
} from '#contracts';
import { Answers, Documented, Idempotent } from '#platform';
import { FlowsService } from '../flows/flows.service.js';
import { LifecycleService } from '../lifecycle/lifecycle.service.js';
import { JobCounts } from './job-counts.js';
import { JobsService } from './jobs.service.js';

const jobId = z.uuid();

@Controller('jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly flows: FlowsService,
    private readonly counters: JobCounts,
    private readonly lifecycle: LifecycleService,
  ) {}

  @Post()
  @HttpCode(202)
  @Idempotent()
  @RequireScope('jobs')
  @Answers(job, {
    summary: 'Start a job',
    description: 'Ask for it again at `Location` until its state is final.',
    errors: ['JOB_TYPE_INTERNAL', 'BODY_TOO_LARGE'],
  })
  @Documented({ headers: ['Location'] })
  async create(
    @Access() access: AccessContext,
    @Body({ schema: jobInput }) input: JobInput,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const job = await this.jobs.createFromInput(access, input);
    void reply.header('Location', `/api/v1/jobs/${job.job_id}`);
    return job;
  }

  @Post('bulk')
  @HttpCode(202)
  @Idempotent()
  @RequireScope('jobs')
  @Answers(jobsBulk, {
    summary: 'Start up to 1,000 jobs, all of them or none',
    description:
      'A job may depend on others: it waits until they are completed, and is cancelled when one of them fails. Where a ' +
      'parameter is `{{id.result.name}}` it is what that job has found out.',
    errors: ['NOT_FOUND', 'JOB_TYPE_INTERNAL', 'BODY_TOO_LARGE'],
  })
  createMany(
    @Access() access: AccessContext,
    @Body({ schema: jobsBulkInput }) input: JobsBulkInput,
  ): Promise<JobsBulk> {
    return this.flows.create(access, input);
  }

  @Get()
  @RequireScope('admin')
  @Answers(jobPage, { summary: 'Jobs of the namespace, the newest first' })
  list(@Access() access: AccessContext, @Query({ schema: jobsQuery }) query: JobsQuery): Promise<Paged<Job>> {
    return this.jobs.list(access.namespace.namespaceId, query);
  }

  @Get('counts')
  @RequireScope('admin')
  @Answers(jobCounts, { summary: 'How many jobs there are in each state, and the age of the oldest' })
  counts(@Access() access: AccessContext): Promise<Counts> {
    return this.counters.of(access.namespace.namespaceId);
  }

  @Get(':job_id')
  @RequireScope('jobs')
  @Answers(job, { summary: 'A job, its progress and its result', errors: ['NOT_FOUND'] })
  read(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<Job> {
    return this.jobs.read(access.namespace.namespaceId, id);
  }

  @Post(':job_id/cancel')
  @HttpCode(200)
  @RequireScope('jobs')
  @Answers(job, {
    summary: 'End a job before it is done',
    description: 'It has ended when this answers; a worker that is at it stops within moments.',
    errors: ['NOT_FOUND', 'JOB_STATE_CONFLICT'],
  })
  cancel(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<Job> {
    return this.lifecycle.cancel(access, id);
  }

  @Post(':job_id/retry')
  @HttpCode(200)
  @RequireScope('jobs')
  @Answers(job, {
    summary: 'Let a job that failed or was cancelled wait for a worker again',
    errors: ['NOT_FOUND', 'JOB_STATE_CONFLICT'],
  })
  retry(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<Job> {
    return this.lifecycle.retry(access, id);
  }

  @Post(':job_id/promote')
  @HttpCode(200)
  @RequireScope('jobs')
  @Answers(job, { summary: 'Let a delayed job wait for a worker now', errors: ['NOT_FOUND', 'JOB_STATE_CONFLICT'] })
  promote(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<Job> {
    return this.lifecycle.promote(access, id);
  }
}
