import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, auditedBy, RequireScope } from '#access';
import { job, type Job, type JobInput, jobInput, jobPage, type JobsQuery, jobsQuery, type Paged } from '#contracts';
import { Answers, Documented, Idempotent } from '#platform';
import { JobsService } from './jobs.service.js';

const jobId = z.uuid();

@Controller('jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Post()
  @HttpCode(202)
  @Idempotent()
  @RequireScope('jobs')
  @Answers(job, { summary: 'Start a job', description: 'Ask for it again at `Location` until its state is final.' })
  @Documented({ headers: ['Location'] })
  async create(
    @Access() access: AccessContext,
    @Body({ schema: jobInput }) input: JobInput,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const job = await this.jobs.createFromInput(auditedBy(access), input);
    void reply.header('Location', `/api/v1/jobs/${job.job_id}`);
    return job;
  }

  @Get()
  @RequireScope('admin')
  @Answers(jobPage, { summary: 'Jobs of the namespace, the newest first' })
  list(@Access() access: AccessContext, @Query({ schema: jobsQuery }) query: JobsQuery): Promise<Paged<Job>> {
    return this.jobs.list(access.namespace.namespaceId, query);
  }

  @Get(':job_id')
  @RequireScope('jobs')
  @Answers(job, { summary: 'A job, its progress and its result', errors: ['NOT_FOUND'] })
  read(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<Job> {
    return this.jobs.read(access.namespace.namespaceId, id);
  }
}
