import { join } from 'node:path';
import { accessConfig, accessMigrations, FirstAdministrator } from '#access';
import { batchConfig } from '#batch';
import { graphqlConfig } from '#graphql';
import { jobsConfig, jobsMigrations } from '#jobs';
import { PLATFORM_CONFIG, runProcess } from '#platform';
import { Demo, riskClickHouseMigrations, riskConfig, riskMigrations } from '#risk';
import { AllInOneModule } from './all-in-one.module.js';
import { welcome } from './welcome.js';

await runProcess(
  {
    config: [...PLATFORM_CONFIG, accessConfig, jobsConfig, riskConfig, batchConfig, graphqlConfig],
    postgresMigrations: [...accessMigrations, ...jobsMigrations, ...riskMigrations],
    clickhouseMigrations: riskClickHouseMigrations,
    compose: (config, stores) => AllInOneModule.compose(config, stores),
    http: { consoleDir: join(import.meta.dirname, '../../console') },
    started: (app, address) => welcome(address, app.get(FirstAdministrator).path, app.get(Demo)),
  },
  process.env,
);
