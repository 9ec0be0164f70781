import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, auditedBy, RequireScope } from '#access';
import { type Job, type JobInput, jobInput, type JobsQuery, jobsQuery, type Paged } from '#contracts';
import { idempotencyKeyOf } from '#platform';
import { JobsService } from './jobs.service.js';

const jobId = z.uuid();

@Controller('jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Post()
  @HttpCode(202)
  @RequireScope('jobs')
  async create(
    @Access() access: AccessContext,
    @Body({ schema: jobInput }) input: JobInput,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const job = await this.jobs.createFromInput({ ...auditedBy(access), idempotencyKey: idempotencyKeyOf(key) }, input);
    void reply.header('Location', `/api/v1/jobs/${job.job_id}`);
    return job;
  }

  @Get()
  @RequireScope('admin')
  list(@Access() access: AccessContext, @Query({ schema: jobsQuery }) query: JobsQuery): Promise<Paged<Job>> {
    return this.jobs.list(access.namespace.namespaceId, query);
  }

  @Get(':job_id')
  @RequireScope('jobs')
  read(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<Job> {
    return this.jobs.read(access.namespace.namespaceId, id);
  }
}
