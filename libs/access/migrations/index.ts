import type { PostgresMigration } from '#platform';
import { Access1700000000001 } from './1700000000001-access.js';

export const accessMigrations: PostgresMigration[] = [Access1700000000001];
