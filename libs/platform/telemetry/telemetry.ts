import type { DynamicModule, Type } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';

/** `/metrics` by a controller that the composition guards. */
export function telemetryModule(controller: Type): DynamicModule {
  return PrometheusModule.register({ controller, path: '/metrics', defaultMetrics: { enabled: true } });
}
