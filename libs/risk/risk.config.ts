import { defineConfig, integer, integers, onOff } from '#platform';

export const riskConfig = defineConfig('risk', {
  SURFACE_REFRESH_SECONDS: integer(10, 86_400)
    .default(300)
    .describe('A surface is computed anew at least this often, also when no event comes (300)'),
  ASSESSMENT_HORIZONS: integers(1, 720, 10)
    .default([24, 168])
    .describe('Hours ahead for which what a surface says is kept, to be held against what happened (24,168)'),
  ASSESSMENT_HOT_DAYS: integer(1, 36_500)
    .default(90)
    .describe(
      'Days after which the job `archive` moves kept assessments to the archive, unless it is told others (90)',
    ),
  INGEST_SPOOL_MAX_MB: integer(1, 1_000_000)
    .default(1_024)
    .describe(
      'Megabytes of events, compressed, that PostgreSQL keeps while ClickHouse is away; a namespace may take half (1024)',
    ),
  STRISK_DEMO: onOff
    .default(false)
    .describe(
      'on: the first start fills a demo namespace with a simulated city and fits it; off: an empty platform (off)',
    ),
});
