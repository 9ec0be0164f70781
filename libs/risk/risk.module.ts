import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JobsModule } from '#jobs';
import { CellsController } from './cells/cells.controller.js';
import { CellsService } from './cells/cells.service.js';
import { Demo } from './demo/demo.js';
import { DemoHistory } from './demo/demo-history.js';
import { EventStore } from './events/event-store.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { GroupCommit } from './events/group-commit.js';
import { IngestService } from './events/ingest.service.js';
import { IngestSignal } from './events/ingest-signal.js';
import { FeaturesService } from './features/features.service.js';
import { ModelEntity } from './models/model.entity.js';
import { ModelsController } from './models/models.controller.js';
import { ModelsService } from './models/models.service.js';
import { BacktestHandler, TrainHandler } from './models/training.handlers.js';
import { TrainingData } from './models/training-data.js';
import { RiskEntity } from './risks/risk.entity.js';
import { RiskOpener } from './risks/risk-opener.js';
import { RisksController } from './risks/risks.controller.js';
import { RisksService } from './risks/risks.service.js';
import { AssessService } from './surfaces/assess.service.js';
import { LiveSurfaces } from './surfaces/live-surfaces.js';
import { RefreshHandler } from './surfaces/refresh.handler.js';
import { RiskController } from './surfaces/risk.controller.js';
import { RiskMapService } from './surfaces/risk-map.service.js';
import { SurfaceClock } from './surfaces/surface-clock.js';
import { SurfaceEntity } from './surfaces/surface.entity.js';

/** Events, features, models, surfaces and risks, for every process. */
@Module({
  imports: [TypeOrmModule.forFeature([ModelEntity, RiskEntity, SurfaceEntity]), JobsModule],
  providers: [
    EventStore,
    GroupCommit,
    IngestSignal,
    IngestService,
    EventsService,
    LiveSurfaces,
    CellsService,
    FeaturesService,
    ModelsService,
    RisksService,
    RiskMapService,
    AssessService,
  ],
  exports: [
    AssessService,
    CellsService,
    EventsService,
    FeaturesService,
    IngestService,
    LiveSurfaces,
    ModelsService,
    RiskMapService,
    RisksService,
  ],
})
export class RiskModule {}

@Module({
  imports: [RiskModule],
  controllers: [EventsController, CellsController, ModelsController, RisksController, RiskController],
})
export class RiskHttpModule {}

/** The work on jobs, and what keeps surfaces and the demo going. */
@Module({
  imports: [RiskModule, JobsModule],
  providers: [TrainingData, TrainHandler, BacktestHandler, RefreshHandler, RiskOpener, SurfaceClock, DemoHistory, Demo],
  exports: [Demo],
})
export class RiskWorkerModule {}
