import { join } from 'node:path';
import { accessConfig, accessMigrations } from '#access';
import { batchConfig } from '#batch';
import { graphqlConfig } from '#graphql';
import { jobsConfig, jobsMigrations } from '#jobs';
import { PLATFORM_CONFIG, runProcess } from '#platform';
import { riskClickHouseMigrations, riskConfig, riskMigrations } from '#risk';
import { ApiModule } from './api.module.js';

await runProcess(
  {
    config: [...PLATFORM_CONFIG, accessConfig, jobsConfig, riskConfig, batchConfig, graphqlConfig],
    postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    clickhouseMigrations: riskClickHouseMigrations,
    compose: (config, stores) => ApiModule.compose(config, stores),
    http: { consoleDir: join(import.meta.dirname, '../../console') },
  },
  process.env,
);
