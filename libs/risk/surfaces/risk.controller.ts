import { Body, Controller, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Access, type AccessContext, RequireScope } from '#access';
import { type AssessAnswer, type AssessInput, assessInput, type RiskMapQuery, riskMapQuery } from '#contracts';
import { AssessService } from './assess.service.js';
import { RiskMapService } from './risk-map.service.js';

@Controller()
@RequireScope('risk:read')
export class RiskController {
  constructor(
    private readonly assessments: AssessService,
    private readonly maps: RiskMapService,
  ) {}

  @Post('risk/assess')
  @HttpCode(200)
  assess(@Access() access: AccessContext, @Body({ schema: assessInput }) input: AssessInput): AssessAnswer {
    return this.assessments.assess(access, input);
  }

  @Get('risk-map')
  map(
    @Access() access: AccessContext,
    @Query({ schema: riskMapQuery }) query: RiskMapQuery,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): string {
    const geo = query.format === 'geojson' || (query.format === undefined && accept?.includes('application/geo+json'));
    const body = geo ? this.maps.geoJson(access, query) : this.maps.map(access, query);
    void reply
      .header('Content-Type', geo ? 'application/geo+json; charset=utf-8' : 'application/json; charset=utf-8')
      .header('Vary', 'Accept, Authorization, X-Namespace');
    return JSON.stringify(body);
  }
}
