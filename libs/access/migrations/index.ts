import type { PostgresMigration } from '#platform';
import { Access1700000000001 } from './1700000000001-access.js';
import { Rotation1700000000011 } from './1700000000011-rotation.js';
import { NamespaceRemovals1700000000020 } from './1700000000020-namespace-removals.js';
import { ListIndexes1700000000032 } from './1700000000032-list-indexes.js';
import { Retention1700000000071 } from './1700000000071-retention.js';

export const accessMigrations: PostgresMigration[] = [
  Access1700000000001,
  Rotation1700000000011,
  NamespaceRemovals1700000000020,
  ListIndexes1700000000032,
  Retention1700000000071,
];
