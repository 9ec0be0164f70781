import { BullModule } from '@nestjs/bullmq';
import type { DynamicModule } from '@nestjs/common';
import { createPostgresBackend, setDefaultBackendFactory } from 'bullmq';
import type { Stores } from '../embedded/stores.js';

/**
 * BullMQ over Redis where there is one, else over PostgreSQL. Its queues only carry work: what a job is and how it
 * ended stands in our own table, from which a lost queue can be filled again.
 */
export function queueModule(stores: Stores): DynamicModule {
  if (stores.redisUrl !== undefined) {
    setDefaultBackendFactory();
    // Workers wait for Redis as long as it takes; a producer does not even wait until it is ready.
    const connection = { url: stores.redisUrl, maxRetriesPerRequest: null };
    return BullModule.forRoot({ connection, skipWaitingForReady: true });
  }
  // @nestjs/bullmq has no option for the backend; BullMQ's own process-wide default is the documented way.
  setDefaultBackendFactory(createPostgresBackend);
  const connection = { connectionString: stores.postgresUrl, schema: 'bullmq', migrate: true, max: 5 };
  // BullMQ types this option for Redis alone; its PostgreSQL backend reads a pool configuration from it.
  return BullModule.forRoot({ connection });
}
