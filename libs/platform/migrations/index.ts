import type { MigrationInterface } from 'typeorm';
import { Platform1700000000000 } from './1700000000000-platform.js';
import { Idempotency1700000000012 } from './1700000000012-idempotency.js';
import { Leases1700000000050 } from './1700000000050-leases.js';

/** Of the platform itself; every process runs them before its domains'. */
export const platformMigrations: (new () => MigrationInterface)[] = [
  Platform1700000000000,
  Idempotency1700000000012,
  Leases1700000000050,
];
