import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  type Paged,
  target,
  type Target,
  targetId,
  type TargetInput,
  targetInput,
  targetPage,
  type TargetPatch,
  targetPatch,
  targetRisk,
  type TargetRisk,
  type TargetRiskQuery,
  targetRiskQuery,
  targetsBulkAnswer,
  type TargetsBulkAnswer,
  type TargetsBulkInput,
  targetsBulkInput,
  type TargetsQuery,
  targetsQuery,
} from '#contracts';
import { Answers, API_PREFIX, Atomic, Cached, Documented, Idempotent, versionOf } from '#platform';
import { TARGET_RISK, TARGETS } from '../answers.js';
import { TargetRiskService } from './target-risk.service.js';
import { TargetsReader } from './targets.reader.js';
import { TargetsService } from './targets.service.js';

const SHAPE_ERRORS = ['SHAPE_INVALID', 'SHAPE_TOO_LARGE', 'GROUP_UNKNOWN'] as const;

@Controller('targets')
export class TargetsController {
  constructor(
    private readonly reader: TargetsReader,
    private readonly targets: TargetsService,
    private readonly risks: TargetRiskService,
  ) {}

  @Get()
  @Cached(TARGETS)
  @RequireScope('risk:read')
  @Answers(targetPage, {
    summary: 'Targets, the newest first',
    errors: ['CELL_INVALID', 'CELL_RESOLUTION_WRONG'],
  })
  list(@Access() access: AccessContext, @Query({ schema: targetsQuery }) query: TargetsQuery): Promise<Paged<Target>> {
    return this.reader.list(access, query);
  }

  @Post()
  @Idempotent()
  @HttpCode(201)
  @RequireScope('risk:write')
  @Atomic()
  @Answers(target, { summary: 'Make a target', status: 201, errors: SHAPE_ERRORS })
  @Documented({ headers: ['Location', 'ETag'] })
  async create(
    @Access() access: AccessContext,
    @Body({ schema: targetInput }) input: TargetInput,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Target> {
    const created = await this.targets.create(access, input);
    void reply.header('Location', `/${API_PREFIX}/targets/${created.target_id}`).header('ETag', `"${created.version}"`);
    return created;
  }

  @Post('bulk')
  @Idempotent()
  @HttpCode(201)
  @RequireScope('risk:write')
  @Atomic()
  @Answers(targetsBulkAnswer, {
    summary: 'Make many targets',
    description: 'All of them or none; what is wrong is named by its path, such as `targets.3.shape.radius_m`.',
    status: 201,
    errors: SHAPE_ERRORS,
    deadlineMs: 15_000,
  })
  createMany(
    @Access() access: AccessContext,
    @Body({ schema: targetsBulkInput }) input: TargetsBulkInput,
  ): Promise<TargetsBulkAnswer> {
    return this.targets.createMany(access, input);
  }

  @Get(':target_id')
  @RequireScope('risk:read')
  @Answers(target, { summary: 'A target', errors: ['NOT_FOUND'] })
  async read(
    @Access() access: AccessContext,
    @Param('target_id', { schema: targetId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Target> {
    const found = await this.reader.read(access, id);
    void reply.header('ETag', `"${found.version}"`);
    return found;
  }

  @Get(':target_id/risk')
  @Cached(TARGET_RISK)
  @RequireScope('risk:read')
  @Answers(targetRisk, {
    summary: 'How likely something happens at a target',
    description:
      'Counts and losses of its cells, each by the share of its area that is in the target. Answered from memory.',
    errors: ['NOT_FOUND', 'CELL_UNKNOWN', 'SURFACE_NOT_READY', 'EVENT_TYPE_AMBIGUOUS'],
  })
  risk(
    @Access() access: AccessContext,
    @Param('target_id', { schema: targetId }) id: string,
    @Query({ schema: targetRiskQuery }) query: TargetRiskQuery,
  ): Promise<TargetRisk> {
    return this.risks.risk(access, id, query);
  }

  @Patch(':target_id')
  @RequireScope('risk:write')
  @Atomic()
  @Answers(target, { summary: 'Change a target', errors: ['NOT_FOUND', 'VERSION_CONFLICT', ...SHAPE_ERRORS] })
  @Documented({ headers: ['ETag'] })
  async patch(
    @Access() access: AccessContext,
    @Param('target_id', { schema: targetId }) id: string,
    @Body({ schema: targetPatch }) patch: TargetPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Target> {
    const changed = await this.targets.patch(access, id, patch, versionOf(ifMatch));
    void reply.header('ETag', `"${changed.version}"`);
    return changed;
  }

  @Delete(':target_id')
  @HttpCode(204)
  @RequireScope('risk:write')
  @Atomic()
  @Answers(undefined, {
    summary: 'Delete a target',
    description: 'Its live risks expire; all its risks stay for the record.',
    status: 204,
    errors: ['NOT_FOUND', 'VERSION_CONFLICT'],
  })
  remove(
    @Access() access: AccessContext,
    @Param('target_id', { schema: targetId }) id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    return this.targets.remove(access, id, versionOf(ifMatch));
  }
}
