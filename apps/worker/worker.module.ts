import type { DynamicModule } from '@nestjs/common';
import { AccessModule } from '#access';
import { JobsWorkerModule } from '#jobs';
import { type Config, PlatformModule, type Stores } from '#platform';
import { RiskWorkerModule } from '#risk';

/** What a worker process runs. */
export class WorkerModule {
  static compose(config: Config, stores: Stores): DynamicModule {
    return {
      module: WorkerModule,
      imports: [PlatformModule.forRoot(config, stores), AccessModule, JobsWorkerModule, RiskWorkerModule],
    };
  }
}
