import { Body, Controller, Get, Headers, Param, Patch, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import { type Paged, type Risk, type RiskPatch, riskPatch, type RisksQuery, risksQuery } from '#contracts';
import { versionOf } from '#platform';
import { RisksService } from './risks.service.js';

const riskId = z.string().regex(/^rsk_[A-Za-z0-9_-]{8,64}$/, 'must be a risk_id, which begins with rsk_');

@Controller('risks')
export class RisksController {
  constructor(private readonly risks: RisksService) {}

  @Get()
  @RequireScope('risk:read')
  list(@Access() access: AccessContext, @Query({ schema: risksQuery }) query: RisksQuery): Promise<Paged<Risk>> {
    return this.risks.list(access, query);
  }

  @Get(':risk_id')
  @RequireScope('risk:read')
  async read(
    @Access() access: AccessContext,
    @Param('risk_id', { schema: riskId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Risk> {
    const risk = await this.risks.read(access, id);
    void reply.header('ETag', `"${risk.version}"`);
    return risk;
  }

  @Patch(':risk_id')
  @RequireScope('risk:write')
  async patch(
    @Access() access: AccessContext,
    @Param('risk_id', { schema: riskId }) id: string,
    @Body({ schema: riskPatch }) patch: RiskPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Risk> {
    const risk = await this.risks.patch(access, id, patch, versionOf(ifMatch));
    void reply.header('ETag', `"${risk.version}"`);
    return risk;
  }
}
