import { Controller, Get, Param, Query } from '@nestjs/common';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  type CellDetail,
  type CellFeatures,
  type CellFeaturesQuery,
  cellFeaturesQuery,
  cellId,
  type CellQuery,
  cellQuery,
  type FeatureSnapshot,
  type SnapshotQuery,
  snapshotQuery,
} from '#contracts';
import { FeaturesService } from '../features/features.service.js';
import { CellsService } from './cells.service.js';

@Controller()
@RequireScope('risk:read')
export class CellsController {
  constructor(
    private readonly cells: CellsService,
    private readonly features: FeaturesService,
  ) {}

  @Get('cells/:cell')
  detail(
    @Access() access: AccessContext,
    @Param('cell', { schema: cellId }) cell: string,
    @Query({ schema: cellQuery }) query: CellQuery,
  ): Promise<CellDetail> {
    return this.cells.detail(access, cell, query);
  }

  @Get('cells/:cell/features')
  ofCell(
    @Access() access: AccessContext,
    @Param('cell', { schema: cellId }) cell: string,
    @Query({ schema: cellFeaturesQuery }) query: CellFeaturesQuery,
  ): Promise<CellFeatures> {
    return this.features.ofCell(access, cell, query);
  }

  @Get('features/snapshot')
  snapshot(
    @Access() access: AccessContext,
    @Query({ schema: snapshotQuery }) query: SnapshotQuery,
  ): Promise<FeatureSnapshot> {
    return this.features.snapshot(access, query);
  }
}
