export { Demo } from './demo/demo.js';
export { riskClickHouseMigrations } from './migrations/clickhouse.js';
export { riskMigrations } from './migrations/index.js';
export { Risk1700000000003 } from './migrations/1700000000003-risk.js';
export { riskConfig } from './risk.config.js';
export { RiskHttpModule, RiskWorkerModule } from './risk.module.js';
