import { Module } from '@nestjs/common';
import { JobSignals } from './events/job-signals.js';
import { LogStore } from './logs/log-store.js';
import { ResultFiles } from './results/result-files.js';
import { JobLog } from './worker/job-log.js';

/** What jobs leave beside their rows: logs, files, and word of what is new. Workers write it and the API reads it. */
@Module({
  providers: [JobLog, JobSignals, LogStore, ResultFiles],
  exports: [JobLog, JobSignals, LogStore, ResultFiles],
})
export class JobRecordsModule {}
