import { AccessHttpModule } from '#access';
import { BatchHttpModule } from '#batch';
import { GraphqlHttpModule } from '#graphql';
import { JobsHttpModule } from '#jobs';
import { MonitoringHttpModule } from '#monitoring';
import { controllersOf, documentOf, OpenApiHttpModule } from '#openapi';
import { RiskHttpModule } from '#risk';

/**
 * The OpenAPI document of the whole API, made without starting any of it: what `docs/openapi.json` holds. The system
 * tests compare it with what a running platform serves.
 */
export const OPENAPI_DOCUMENT = documentOf(
  controllersOf([
    AccessHttpModule,
    BatchHttpModule,
    GraphqlHttpModule,
    JobsHttpModule,
    MonitoringHttpModule,
    OpenApiHttpModule,
    RiskHttpModule,
  ]),
);
