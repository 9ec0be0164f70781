import { Access1700000000001, accessConfig } from '#access';
import { Jobs1700000000002 } from '#jobs';
import { PLATFORM_CONFIG, runProcess } from '#platform';
import { Risk1700000000003, riskClickHouseMigrations, riskConfig } from '#risk';
import { WorkerModule } from './worker.module.js';

await runProcess(
  {
    config: [...PLATFORM_CONFIG, accessConfig, riskConfig],
    postgresMigrations: [Access1700000000001, Jobs1700000000002, Risk1700000000003],
    clickhouseMigrations: riskClickHouseMigrations,
    compose: (config, stores) => WorkerModule.compose(config, stores),
  },
  process.env,
);
