import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JobsModule } from '#jobs';
import { HotPath } from '#platform';
import { RISK_MAP } from './answers.js';
import { ArchiveHandler } from './assessments/archive.handler.js';
import { AssessmentKeeper } from './assessments/assessment-keeper.js';
import { AssessmentsOfRemoved } from './assessments/assessments-of-removed.js';
import { CellsController } from './cells/cells.controller.js';
import { CellsService } from './cells/cells.service.js';
import { Demo } from './demo/demo.js';
import { DemoHistory } from './demo/demo-history.js';
import { EventStore } from './events/event-store.js';
import { EventsController } from './events/events.controller.js';
import { EventsOfRemoved } from './events/events-of-removed.js';
import { EventsService } from './events/events.service.js';
import { GroupCommit } from './events/group-commit.js';
import { IngestService } from './events/ingest.service.js';
import { IngestSignal } from './events/ingest-signal.js';
import { ParquetUploads } from './events/parquet-uploads.js';
import { EventKeeper } from './events/spool/event-keeper.js';
import { IngestSpool } from './events/spool/ingest-spool.js';
import { ParkedBatches } from './events/spool/parked-batches.js';
import { SpoolController } from './events/spool/spool.controller.js';
import { SpoolDrain } from './events/spool/spool-drain.js';
import { StoreWatch } from './events/spool/store-watch.js';
import { ExportHandler } from './exports/export.handler.js';
import { FeaturesService } from './features/features.service.js';
import { ModelEntity } from './models/model.entity.js';
import { ModelsController } from './models/models.controller.js';
import { ModelsService } from './models/models.service.js';
import { BacktestHandler, TrainHandler } from './models/training.handlers.js';
import { TrainingData } from './models/training-data.js';
import { GroupEntity } from './places/group.entity.js';
import { GroupsController } from './places/groups.controller.js';
import { GroupsService } from './places/groups.service.js';
import { TargetEntity } from './places/target.entity.js';
import { TargetRiskService } from './places/target-risk.service.js';
import { TargetWeightsCache } from './places/target-weights.js';
import { TargetsController } from './places/targets.controller.js';
import { TargetsReader } from './places/targets.reader.js';
import { TargetsService } from './places/targets.service.js';
import { WatchedTargets } from './places/watched-targets.js';
import { EraseHandler } from './retention/erase.handler.js';
import { ParkedEntity } from './retention/parked-entity.js';
import { RetentionHandler } from './retention/retention.handler.js';
import { RiskEntity } from './risks/risk.entity.js';
import { RiskOpener } from './risks/risk-opener.js';
import { RiskStatsService } from './risks/risk-stats.service.js';
import { RisksController } from './risks/risks.controller.js';
import { RisksService } from './risks/risks.service.js';
import { AssessService } from './surfaces/assess.service.js';
import { LiveSurfaces } from './surfaces/live-surfaces.js';
import { RefreshHandler } from './surfaces/refresh.handler.js';
import { RiskController } from './surfaces/risk.controller.js';
import { RiskMapService } from './surfaces/risk-map.service.js';
import { SurfaceClock } from './surfaces/surface-clock.js';
import { SurfaceEntity } from './surfaces/surface.entity.js';
import { RiskTilesService } from './surfaces/tiles/risk-tiles.service.js';
import { TilesController } from './surfaces/tiles/tiles.controller.js';

/** Events, features, models, surfaces and risks, for every process. */
@Module({
  imports: [TypeOrmModule.forFeature([GroupEntity, ModelEntity, RiskEntity, SurfaceEntity, TargetEntity]), JobsModule],
  providers: [
    EventStore,
    StoreWatch,
    IngestSpool,
    EventKeeper,
    SpoolDrain,
    ParkedBatches,
    GroupCommit,
    IngestSignal,
    IngestService,
    ParquetUploads,
    EventsService,
    EventsOfRemoved,
    AssessmentsOfRemoved,
    LiveSurfaces,
    CellsService,
    FeaturesService,
    ModelsService,
    RisksService,
    RiskMapService,
    RiskTilesService,
    AssessService,
    GroupsService,
    TargetsReader,
    TargetsService,
    TargetRiskService,
    TargetWeightsCache,
    RiskStatsService,
  ],
  exports: [
    AssessService,
    CellsService,
    EventStore,
    EventsService,
    FeaturesService,
    IngestService,
    LiveSurfaces,
    ParkedBatches,
    ParquetUploads,
    ModelsService,
    RiskMapService,
    RiskTilesService,
    RisksService,
    GroupsService,
    TargetsReader,
    TargetsService,
    TargetRiskService,
    RiskStatsService,
  ],
})
export class RiskModule {}

@Module({
  imports: [RiskModule],
  controllers: [
    EventsController,
    SpoolController,
    CellsController,
    ModelsController,
    RisksController,
    RiskController,
    TilesController,
    GroupsController,
    TargetsController,
  ],
})
export class RiskHttpModule {
  constructor(hot: HotPath) {
    hot.expect({ url: '/api/v1/risk-map', accept: '*/*', rule: RISK_MAP });
    hot.expect({ url: '/api/v1/risk-map?horizon=24', accept: '*/*', rule: RISK_MAP });
  }
}

/** The work on jobs, and what keeps surfaces and the demo going. */
@Module({
  imports: [RiskModule, JobsModule],
  providers: [
    TrainingData,
    TrainHandler,
    BacktestHandler,
    RefreshHandler,
    AssessmentKeeper,
    ExportHandler,
    ArchiveHandler,
    RetentionHandler,
    EraseHandler,
    ParkedEntity,
    RiskOpener,
    WatchedTargets,
    SurfaceClock,
    DemoHistory,
    Demo,
  ],
  exports: [Demo],
})
export class RiskWorkerModule {}
