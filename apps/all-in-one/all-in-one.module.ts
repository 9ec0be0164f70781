import type { DynamicModule } from '@nestjs/common';
import { accessConfig, AccessHttpModule } from '#access';
import { BatchHttpModule } from '#batch';
import { GraphqlHttpModule } from '#graphql';
import { JobsHttpModule, JobsWorkerModule } from '#jobs';
import { MonitoringHttpModule } from '#monitoring';
import { OpenApiHttpModule } from '#openapi';
import { type Config, HttpModule, PlatformModule, type Stores } from '#platform';
import { RiskHttpModule, RiskWorkerModule } from '#risk';

/** API and worker in one process: the embedded engine belongs to one process alone. */
export class AllInOneModule {
  static compose(config: Config, stores: Stores): DynamicModule {
    return {
      module: AllInOneModule,
      imports: [
        PlatformModule.forRoot(config, stores),
        HttpModule,
        AccessHttpModule.forRoot(config.get(accessConfig)),
        JobsHttpModule,
        JobsWorkerModule,
        RiskHttpModule,
        RiskWorkerModule,
        BatchHttpModule,
        GraphqlHttpModule,
        MonitoringHttpModule,
        OpenApiHttpModule,
      ],
    };
  }
}
