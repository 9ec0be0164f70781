import { join } from 'node:path';
import { Access1700000000001, accessConfig } from '#access';
import { Jobs1700000000002 } from '#jobs';
import { PLATFORM_CONFIG, runProcess } from '#platform';
import { Risk1700000000003, riskClickHouseMigrations } from '#risk';
import { ApiModule } from './api.module.js';

await runProcess(
  {
    config: [...PLATFORM_CONFIG, accessConfig],
    postgresMigrations: [Access1700000000001, Jobs1700000000002, Risk1700000000003],
    clickhouseMigrations: riskClickHouseMigrations,
    compose: (config, stores) => ApiModule.compose(config, stores),
    http: { consoleDir: join(import.meta.dirname, '../../console') },
  },
  process.env,
);
