import type { DynamicModule } from '@nestjs/common';
import { accessConfig, AccessHttpModule } from '#access';
import { BatchHttpModule } from '#batch';
import { GraphqlHttpModule } from '#graphql';
import { JobsHttpModule } from '#jobs';
import { MonitoringHttpModule } from '#monitoring';
import { OpenApiHttpModule } from '#openapi';
import { type Config, HttpModule, PlatformModule, type Stores } from '#platform';
import { RiskHttpModule } from '#risk';

/** What the API process runs. */
export class ApiModule {
  static compose(config: Config, stores: Stores): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PlatformModule.forRoot(config, stores),
        HttpModule,
        AccessHttpModule.forRoot(config.get(accessConfig)),
        JobsHttpModule,
        RiskHttpModule,
        BatchHttpModule,
        GraphqlHttpModule,
        MonitoringHttpModule,
        OpenApiHttpModule,
      ],
    };
  }
}
