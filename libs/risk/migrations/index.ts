import type { PostgresMigration } from '#platform';
import { Risk1700000000003 } from './1700000000003-risk.js';
import { Places1700000000010 } from './1700000000010-places.js';
import { ListIndexes1700000000030 } from './1700000000030-list-indexes.js';
import { RisksByGroup1700000000048 } from './1700000000048-risks-by-group.js';
import { IngestSpool1700000000055 } from './1700000000055-ingest-spool.js';
import { KeptAssessments1700000000070 } from './1700000000070-kept-assessments.js';

export const riskMigrations: PostgresMigration[] = [
  Risk1700000000003,
  Places1700000000010,
  ListIndexes1700000000030,
  RisksByGroup1700000000048,
  IngestSpool1700000000055,
  KeptAssessments1700000000070,
];
