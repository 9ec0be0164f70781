import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BoardSessionController } from './board/board-session.controller.js';
import { boardSessionsProvider } from './board/board-sessions.provider.js';
import { Board } from './board/board.js';
import { QUEUES } from './catalog/catalog.js';
import { DeadLetterEntity } from './dead-letters/dead-letter.entity.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { DeadLettersService } from './dead-letters/dead-letters.service.js';
import { Dependants } from './flows/dependants.js';
import { FlowsService } from './flows/flows.service.js';
import { JobCounts } from './jobs/job-counts.js';
import { JobEventsController } from './events/job-events.controller.js';
import { JobStreams } from './events/job-streams.js';
import { JobWatch } from './events/job-watch.js';
import { JobRecordsModule } from './job-records.module.js';
import { JobEntity } from './jobs/job.entity.js';
import { JobWriter } from './jobs/job-writer.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsService } from './jobs/jobs.service.js';
import { LifecycleService } from './lifecycle/lifecycle.service.js';
import { JobLogsController } from './logs/job-logs.controller.js';
import { JobLogsService } from './logs/job-logs.service.js';
import { LostMessages } from './outbox/lost-messages.js';
import { Outbox } from './outbox/outbox.js';
import { Publisher } from './outbox/publisher.js';
import { Queues } from './outbox/queues.js';
import { resultLinksProvider } from './results/result-links.provider.js';
import { ResultSweep } from './results/result-sweep.js';
import { ResultsController } from './results/results.controller.js';
import { ResultsService } from './results/results.service.js';
import { ScheduleEntity } from './schedules/schedule.entity.js';
import { Scheduler } from './schedules/scheduler.js';
import { SchedulerClock } from './schedules/scheduler-clock.js';
import { SchedulesController } from './schedules/schedules.controller.js';
import { SchedulesService } from './schedules/schedules.service.js';
import { Deliveries } from './worker/deliveries.js';
import { Ends } from './worker/ends.js';
import { Handlers } from './worker/handlers.js';
import { DataProcessor, SurfaceProcessor, TrainingProcessor } from './worker/processors.js';
import { JobRunner } from './worker/runner.js';
import { StillOurs } from './worker/still-ours.js';
import { Takes } from './worker/takes.js';

/** Asking for work, and handing it to the queues. */
@Module({
  imports: [
    JobRecordsModule,
    TypeOrmModule.forFeature([JobEntity, DeadLetterEntity, ScheduleEntity]),
    BullModule.registerQueue(...Object.keys(QUEUES).map((name) => ({ name }))),
  ],
  providers: [
    DeadLettersService,
    Dependants,
    FlowsService,
    JobCounts,
    JobWriter,
    JobsService,
    LifecycleService,
    LostMessages,
    Outbox,
    Publisher,
    Queues,
    SchedulerClock,
  ],
  exports: [
    DeadLettersService,
    Dependants,
    FlowsService,
    JobCounts,
    JobRecordsModule,
    JobsService,
    LifecycleService,
    Outbox,
    Publisher,
    SchedulerClock,
    TypeOrmModule,
  ],
})
export class JobsModule {}

@Module({
  imports: [JobsModule],
  controllers: [
    BoardSessionController,
    JobsController,
    DeadLettersController,
    JobEventsController,
    JobLogsController,
    ResultsController,
    SchedulesController,
  ],
  providers: [
    Board,
    boardSessionsProvider,
    JobLogsService,
    JobStreams,
    JobWatch,
    resultLinksProvider,
    ResultsService,
    ResultSweep,
    SchedulesService,
  ],
})
export class JobsHttpModule {}

/** Doing it. The handlers come from the domains that know how. */
@Module({
  imports: [JobsModule, DiscoveryModule],
  providers: [
    Deliveries,
    Ends,
    Handlers,
    JobRunner,
    Scheduler,
    StillOurs,
    Takes,
    TrainingProcessor,
    SurfaceProcessor,
    DataProcessor,
  ],
})
export class JobsWorkerModule {}
