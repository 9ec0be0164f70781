import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, auditedBy, RequireScope } from '#access';
import {
  activateInput,
  backtestInput,
  job,
  type Job,
  model,
  type Model,
  modelPage,
  type ModelsQuery,
  modelsQuery,
  type ModelSummary,
  type Paged,
  plainText,
  type TrainParams,
  trainParams,
} from '#contracts';
import { Answers, Cached, Documented, Idempotent } from '#platform';
import { MODELS } from '../answers.js';
import { ModelsService } from './models.service.js';

const modelVersion = plainText.min(1).max(100);

@Controller('models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @Cached(MODELS)
  @RequireScope('risk:read')
  @Answers(modelPage, { summary: 'Models of the namespace, the newest first' })
  list(
    @Access() access: AccessContext,
    @Query({ schema: modelsQuery }) query: ModelsQuery,
  ): Promise<Paged<ModelSummary>> {
    return this.models.list(access, query);
  }

  @Post('train')
  @HttpCode(202)
  @Idempotent()
  @RequireScope('jobs')
  @Answers(job, { summary: 'Fit a model, as a job', errors: ['EVENT_TYPE_AMBIGUOUS', 'EVENT_TYPE_UNKNOWN'] })
  @Documented({ headers: ['Location'] })
  async train(
    @Access() access: AccessContext,
    @Body({ schema: trainParams }) params: TrainParams,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    return accepted(reply, await this.models.train(access, params));
  }

  @Get(':model_version')
  @RequireScope('risk:read')
  @Answers(model, { summary: 'A model card: parameters, scores beside the baselines, limits', errors: ['NOT_FOUND'] })
  read(
    @Access() access: AccessContext,
    @Param('model_version', { schema: modelVersion }) version: string,
  ): Promise<Model> {
    return this.models.read(access, version);
  }

  @Post(':model_version/activate')
  @HttpCode(200)
  @RequireScope('jobs')
  @Answers(model, { summary: 'Put a model into service', errors: ['NOT_FOUND', 'MODEL_LOSES_TO_BASELINE'] })
  activate(
    @Access() access: AccessContext,
    @Param('model_version', { schema: modelVersion }) version: string,
    @Body({ schema: activateInput }) input: z.output<typeof activateInput>,
  ): Promise<Model> {
    return this.models.activate(auditedBy(access), version, input.force);
  }

  @Post(':model_version/backtest')
  @HttpCode(202)
  @Idempotent()
  @RequireScope('jobs')
  @Answers(job, { summary: 'Score a model again, as a job', errors: ['NOT_FOUND'] })
  @Documented({ headers: ['Location'] })
  async backtest(
    @Access() access: AccessContext,
    @Param('model_version', { schema: modelVersion }) version: string,
    @Body({ schema: backtestInput }) input: z.output<typeof backtestInput>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const params = { ...input, model_version: version };
    return accepted(reply, await this.models.backtest(access, params));
  }
}

function accepted(reply: FastifyReply, job: Job): Job {
  void reply.header('Location', `/api/v1/jobs/${job.job_id}`);
  return job;
}
