export { Demo } from './demo/demo.js';
export { riskClickHouseMigrations } from './migrations/clickhouse.js';
export { riskMigrations } from './migrations/index.js';
export { riskConfig } from './risk.config.js';
export { RiskHttpModule, RiskWorkerModule } from './risk.module.js';
