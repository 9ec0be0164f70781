import type { PostgresMigration } from '#platform';
import { Jobs1700000000002 } from './1700000000002-jobs.js';
import { ListIndexes1700000000031 } from './1700000000031-list-indexes.js';
import { JobOutbox1700000000040 } from './1700000000040-job-outbox.js';
import { JobCounts1700000000041 } from './1700000000041-job-counts.js';
import { JobEnds1700000000042 } from './1700000000042-job-ends.js';
import { JobLogs1700000000045 } from './1700000000045-job-logs.js';
import { ResultLinks1700000000046 } from './1700000000046-result-links.js';
import { BoardSessions1700000000047 } from './1700000000047-board-sessions.js';
import { Schedules1700000000049 } from './1700000000049-schedules.js';

export const jobsMigrations: PostgresMigration[] = [
  Jobs1700000000002,
  ListIndexes1700000000031,
  JobOutbox1700000000040,
  JobCounts1700000000041,
  JobEnds1700000000042,
  JobLogs1700000000045,
  ResultLinks1700000000046,
  BoardSessions1700000000047,
  Schedules1700000000049,
];
