import type { PostgresMigration } from '#platform';
import { Risk1700000000003 } from './1700000000003-risk.js';

export const riskMigrations: PostgresMigration[] = [Risk1700000000003];
