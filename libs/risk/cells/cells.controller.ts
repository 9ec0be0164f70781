import { Controller, Get, Param, Query } from '@nestjs/common';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  cellDetail,
  type CellDetail,
  cellFeatures,
  type CellFeatures,
  type CellFeaturesQuery,
  cellFeaturesQuery,
  cellId,
  type CellQuery,
  cellQuery,
  featureSnapshot,
  type FeatureSnapshot,
  type SnapshotQuery,
  snapshotQuery,
} from '#contracts';
import { Answers, ChosenFormat, everyPage, type Format, type Formatted, streamRows } from '#platform';
import { featureTable } from '../features/feature.table.js';
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
  @Answers(cellDetail, {
    summary: 'A cell: where it is, what happened there, how likely the next event is',
    errors: ['CELL_INVALID', 'CELL_RESOLUTION_WRONG', 'CELL_UNKNOWN', 'EVENT_TYPE_UNKNOWN'],
  })
  detail(
    @Access() access: AccessContext,
    @Param('cell', { schema: cellId }) cell: string,
    @Query({ schema: cellQuery }) query: CellQuery,
  ): Promise<CellDetail> {
    return this.cells.detail(access, cell, query);
  }

  @Get('cells/:cell/features')
  @Answers(cellFeatures, {
    summary: 'Windowed features of a cell at a time',
    errors: ['CELL_INVALID', 'CELL_RESOLUTION_WRONG', 'CELL_UNKNOWN', 'EVENT_TYPE_AMBIGUOUS', 'EVENT_TYPE_UNKNOWN'],
  })
  ofCell(
    @Access() access: AccessContext,
    @Param('cell', { schema: cellId }) cell: string,
    @Query({ schema: cellFeaturesQuery }) query: CellFeaturesQuery,
  ): Promise<CellFeatures> {
    return this.features.ofCell(access, cell, query);
  }

  @Get('features/snapshot')
  @Answers(featureSnapshot, {
    summary: 'Features of all cells at a time, page by page',
    description: 'JSON is a page; the other formats are streams of all cells, from `cursor` on where it is given.',
    formats: ['ndjson', 'csv', 'parquet', 'arrow'],
    errors: ['EVENT_TYPE_AMBIGUOUS', 'EVENT_TYPE_UNKNOWN', 'NOT_ACCEPTABLE'],
  })
  snapshot(
    @Access() access: AccessContext,
    @Query({ schema: snapshotQuery }) query: SnapshotQuery,
    @ChosenFormat() format: Format,
  ): Promise<FeatureSnapshot | Formatted> {
    const snapshot = (some: SnapshotQuery) => this.features.snapshot(access, some);
    return format === 'json' ? snapshot(query) : streamRows(format, featureTable, everyPage(query, snapshot));
  }
}
