import { Body, Controller, Get, Headers, Param, Patch, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  type Paged,
  risk,
  type Risk,
  riskPage,
  type RiskPatch,
  riskPatch,
  type RisksQuery,
  risksQuery,
  riskStats,
  type RiskStats,
  type RiskStatsQuery,
  riskStatsQuery,
} from '#contracts';
import {
  Answers,
  Atomic,
  Cached,
  ChosenFormat,
  Documented,
  everyPage,
  type Format,
  type Formatted,
  streamRows,
  versionOf,
} from '#platform';
import { RISK, RISKS } from '../answers.js';
import { riskTable } from './risk.table.js';
import { RiskStatsService } from './risk-stats.service.js';
import { RisksService } from './risks.service.js';

const riskId = z.string().regex(/^rsk_[A-Za-z0-9_-]{8,64}$/, 'must be a risk_id, which begins with rsk_');

@Controller('risks')
export class RisksController {
  constructor(
    private readonly risks: RisksService,
    private readonly statistics: RiskStatsService,
  ) {}

  @Get()
  @Cached(RISKS)
  @RequireScope('risk:read')
  @Answers(riskPage, {
    summary: 'Risks, the newest first',
    description: 'JSON is a page; the other formats are streams of all that fit, from `cursor` on where it is given.',
    formats: ['ndjson', 'csv', 'parquet', 'arrow'],
    errors: ['CELL_RESOLUTION_WRONG', 'CELL_INVALID', 'NOT_ACCEPTABLE'],
  })
  list(
    @Access() access: AccessContext,
    @Query({ schema: risksQuery }) query: RisksQuery,
    @ChosenFormat() format: Format,
  ): Promise<Paged<Risk> | Formatted> {
    const list = (some: RisksQuery) => this.risks.list(access, some);
    return format === 'json' ? list(query) : streamRows(format, riskTable, everyPage(query, list));
  }

  @Get('stats')
  @RequireScope('risk:read')
  @Answers(riskStats, {
    summary: 'How many risks there were, and what became of them',
    description: 'Risks opened in the last 30 days, at most the newest 200,000, as they stood ten seconds ago at most.',
  })
  stats(@Access() access: AccessContext, @Query({ schema: riskStatsQuery }) query: RiskStatsQuery): Promise<RiskStats> {
    return this.statistics.stats(access, query);
  }

  @Get(':risk_id')
  @Cached(RISK)
  @RequireScope('risk:read')
  @Answers(risk, { summary: 'A risk', errors: ['NOT_FOUND'] })
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
  @Atomic()
  @Answers(risk, { summary: 'Acknowledge, resolve, reopen or comment a risk', errors: ['NOT_FOUND', 'RISK_CLOSED'] })
  @Documented({ headers: ['ETag'] })
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
