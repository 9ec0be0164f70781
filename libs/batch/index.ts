export { batchConfig } from './batch.config.js';
export { BatchHttpModule } from './batch.module.js';
