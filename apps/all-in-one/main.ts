import { join } from 'node:path';
import { Access1700000000001, accessConfig, FirstAdministrator } from '#access';
import { Jobs1700000000002 } from '#jobs';
import { PLATFORM_CONFIG, runProcess } from '#platform';
import { Demo, Risk1700000000003, riskClickHouseMigrations, riskConfig } from '#risk';
import { AllInOneModule } from './all-in-one.module.js';
import { welcome } from './welcome.js';

await runProcess(
  {
    config: [...PLATFORM_CONFIG, accessConfig, riskConfig],
    postgresMigrations: [Access1700000000001, Jobs1700000000002, Risk1700000000003],
    clickhouseMigrations: riskClickHouseMigrations,
    compose: (config, stores) => AllInOneModule.compose(config, stores),
    http: { consoleDir: join(import.meta.dirname, '../../console') },
    started: (app, address) => welcome(address, app.get(FirstAdministrator).path, app.get(Demo)),
  },
  process.env,
);
