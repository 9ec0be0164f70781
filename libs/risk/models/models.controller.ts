import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, auditedBy, RequireScope } from '#access';
import {
  activateInput,
  backtestInput,
  type Job,
  type Model,
  type ModelsQuery,
  modelsQuery,
  type ModelSummary,
  type Paged,
  plainText,
  type TrainParams,
  trainParams,
} from '#contracts';
import { idempotencyKeyOf } from '#platform';
import { ModelsService } from './models.service.js';

const modelVersion = plainText.min(1).max(100);

@Controller('models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @RequireScope('risk:read')
  list(
    @Access() access: AccessContext,
    @Query({ schema: modelsQuery }) query: ModelsQuery,
  ): Promise<Paged<ModelSummary>> {
    return this.models.list(access, query);
  }

  @Post('train')
  @HttpCode(202)
  @RequireScope('jobs')
  async train(
    @Access() access: AccessContext,
    @Body({ schema: trainParams }) params: TrainParams,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    return accepted(reply, await this.models.train(access, params, idempotencyKeyOf(key)));
  }

  @Get(':model_version')
  @RequireScope('risk:read')
  read(
    @Access() access: AccessContext,
    @Param('model_version', { schema: modelVersion }) version: string,
  ): Promise<Model> {
    return this.models.read(access, version);
  }

  @Post(':model_version/activate')
  @HttpCode(200)
  @RequireScope('jobs')
  activate(
    @Access() access: AccessContext,
    @Param('model_version', { schema: modelVersion }) version: string,
    @Body({ schema: activateInput }) input: z.output<typeof activateInput>,
  ): Promise<Model> {
    return this.models.activate(auditedBy(access), version, input.force);
  }

  @Post(':model_version/backtest')
  @HttpCode(202)
  @RequireScope('jobs')
  async backtest(
    @Access() access: AccessContext,
    @Param('model_version', { schema: modelVersion }) version: string,
    @Body({ schema: backtestInput }) input: z.output<typeof backtestInput>,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const params = { ...input, model_version: version };
    return accepted(reply, await this.models.backtest(access, params, idempotencyKeyOf(key)));
  }
}

function accepted(reply: FastifyReply, job: Job): Job {
  void reply.header('Location', `/api/v1/jobs/${job.job_id}`);
  return job;
}
