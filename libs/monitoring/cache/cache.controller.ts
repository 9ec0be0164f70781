import { Controller, Get, Header } from '@nestjs/common';
import { RequireScope } from '#access';
import { cacheReport, type CacheReport } from '#contracts';
import { Answers } from '#platform';
import { CacheReportService } from './cache-report.service.js';

@Controller('monitoring/cache')
export class CacheController {
  constructor(private readonly reports: CacheReportService) {}

  @Get()
  @RequireScope('admin', { namespace: false })
  @Header('Cache-Control', 'no-store')
  @Answers(cacheReport, {
    summary: 'The caches of the process that answers',
    description: 'Counted since its start; replicas behind one address each answer for themselves.',
    example: {
      caches: [
        {
          name: 'risk-map',
          ttl_ms: 86_400_000,
          stale_ms: 0,
          levels: ['memory', 'redis'],
          hits_memory: 182_411,
          hits_redis: 37,
          misses: 12,
          stale: 0,
          loads: 12,
          load_failures: 0,
          evictions: 0,
          entries: 49,
          bytes: 7_340_032,
          hit_ratio: 0.9999,
        },
      ],
      memory: { limit_bytes: 134_217_728, bytes: 7_340_032, entries: 49 },
      redis: 'connected',
      bus: { kind: 'redis', connected: true },
    },
  })
  read(): CacheReport {
    return this.reports.report();
  }
}
