import type { PostgresMigration } from '#platform';
import { Jobs1700000000002 } from './1700000000002-jobs.js';
import { ListIndexes1700000000031 } from './1700000000031-list-indexes.js';

export const jobsMigrations: PostgresMigration[] = [Jobs1700000000002, ListIndexes1700000000031];
