import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { telemetryModule } from '#platform';
import { CacheController } from './cache/cache.controller.js';
import { CacheReportService } from './cache/cache-report.service.js';
import { Dependencies } from './health/dependencies.js';
import { HealthController } from './health/health.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), telemetryModule(MetricsController)],
  controllers: [CacheController, HealthController],
  providers: [CacheReportService, Dependencies],
})
export class MonitoringHttpModule {}
