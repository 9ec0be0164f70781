import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  type AssessAnswer,
  assessAnswer,
  type AssessInput,
  assessInput,
  type RiskMap,
  riskMap,
  type RiskMapQuery,
  riskMapQuery,
} from '#contracts';
import { Answers, Cached, ChosenFormat, type Format, type Formatted } from '#platform';
import { RISK_MAP } from '../answers.js';
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
  @Answers(assessAnswer, {
    summary: 'How likely, how many, how costly at some points or cells',
    errors: ['SURFACE_NOT_READY', 'EVENT_TYPE_AMBIGUOUS', 'CELL_INVALID', 'CELL_RESOLUTION_WRONG', 'CELL_UNKNOWN'],
  })
  assess(@Access() access: AccessContext, @Body({ schema: assessInput }) input: AssessInput): AssessAnswer {
    return this.assessments.assess(access, input);
  }

  @Get('risk-map')
  @Cached(RISK_MAP)
  @Answers(riskMap, {
    summary: 'The risk of every cell',
    description:
      'Cells whose centre lies in the box, from the level on, at the resolution of the surface or a coarser one.',
    formats: ['geojson', 'ndjson', 'csv', 'parquet', 'arrow'],
    errors: ['SURFACE_NOT_READY', 'EVENT_TYPE_AMBIGUOUS', 'RESOLUTION_TOO_FINE', 'NOT_ACCEPTABLE'],
  })
  map(
    @Access() access: AccessContext,
    @Query({ schema: riskMapQuery }) query: RiskMapQuery,
    @ChosenFormat() format: Format,
  ): RiskMap | Promise<Formatted> {
    return format === 'json' ? this.maps.map(access, query) : this.maps.formatted(access, query, format);
  }
}
