export { JOBS, type JobParams, type JobResult } from './catalog/catalog.js';
export type { JobOrigin } from './jobs/job-origin.js';
export { JobsService } from './jobs/jobs.service.js';
export { jobsConfig } from './jobs.config.js';
export { JobsHttpModule, JobsModule, JobsWorkerModule } from './jobs.module.js';
export { jobsMigrations } from './migrations/index.js';
export { ResultFiles } from './results/result-files.js';
export { HandlesJob, type JobContext, type JobHandler } from './worker/handler.js';
export { JobLog, type JobLogLevel, type JobLogLine } from './worker/job-log.js';
