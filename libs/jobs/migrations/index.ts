import type { PostgresMigration } from '#platform';
import { Jobs1700000000002 } from './1700000000002-jobs.js';

export const jobsMigrations: PostgresMigration[] = [Jobs1700000000002];
