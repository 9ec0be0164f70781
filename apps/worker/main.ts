import { accessConfig, accessMigrations } from '#access';
import { jobsMigrations } from '#jobs';
import { PLATFORM_CONFIG, runProcess } from '#platform';
import { riskClickHouseMigrations, riskConfig, riskMigrations } from '#risk';
import { WorkerModule } from './worker.module.js';

await runProcess(
  {
    config: [...PLATFORM_CONFIG, accessConfig, riskConfig],
    postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    clickhouseMigrations: riskClickHouseMigrations,
    compose: (config, stores) => WorkerModule.compose(config, stores),
  },
  process.env,
);
