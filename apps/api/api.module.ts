import type { DynamicModule } from '@nestjs/common';
import { accessConfig, AccessHttpModule } from '#access';
import { JobsHttpModule } from '#jobs';
import { MonitoringHttpModule } from '#monitoring';
import { type Config, PlatformModule, type Stores } from '#platform';
import { RiskHttpModule } from '#risk';

/** What the API process runs. */
export class ApiModule {
  static compose(config: Config, stores: Stores): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PlatformModule.forRoot(config, stores),
        AccessHttpModule.forRoot(config.get(accessConfig)),
        JobsHttpModule,
        RiskHttpModule,
        MonitoringHttpModule,
      ],
    };
  }
}
