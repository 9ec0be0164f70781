import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Bus } from './bus/bus.js';
import { Cache } from './cache/cache.js';
import { cacheConfig } from './cache/cache.config.js';
import { CACHING } from './cache/caching.js';
import { ClickHouse } from './clickhouse/clickhouse.js';
import { clickhouseConfig } from './clickhouse/clickhouse.config.js';
import { type Config, ConfigModule } from './config/define-config.js';
import type { Stores } from './embedded/stores.js';
import { storesConfig } from './embedded/stores.js';
import { STORES } from './embedded/stores.token.js';
import { fileStoreProvider } from './files/file-store.provider.js';
import { FileStore } from './files/file-store.js';
import { filesConfig } from './files/files.config.js';
import { AnswerVersions } from './http/answer-versions.js';
import { Cursors } from './http/cursors.js';
import { cursorsProvider } from './http/cursors.provider.js';
import { httpConfig } from './http/http.config.js';
import { Locks } from './lock/locks.js';
import { locksProvider } from './lock/locks.provider.js';
import { loggingConfig, loggingModule } from './logging/logging.js';
import { postgresModule } from './postgres/postgres.js';
import { postgresConfig, replicasConfig } from './postgres/postgres.config.js';
import { Postgres } from './postgres/postgres.service.js';
import { Replicas } from './postgres/replicas.js';
import { queueModule } from './queue/queue.js';
import { CacheRedis } from './redis/cache-redis.js';
import { redisConfig } from './redis/redis.config.js';
import { threadsConfig } from './threads/threads.config.js';
import { Threads } from './threads/threads.js';

/** What the platform itself reads from the environment; a composition adds its domains' definitions. */
export const PLATFORM_CONFIG = [
  httpConfig,
  storesConfig,
  redisConfig,
  cacheConfig,
  clickhouseConfig,
  postgresConfig,
  replicasConfig,
  loggingConfig,
  threadsConfig,
  filesConfig,
];

@Global()
@Module({})
export class PlatformModule {
  static forRoot(config: Config, stores: Stores): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        ConfigModule.forRoot(config),
        loggingModule(config.get(loggingConfig)),
        postgresModule(stores.postgresUrl, config.get(postgresConfig)),
        queueModule(stores),
      ],
      providers: [
        { provide: STORES, useValue: stores },
        ...CACHING,
        AnswerVersions,
        ClickHouse,
        cursorsProvider,
        fileStoreProvider,
        locksProvider,
        Postgres,
        Replicas,
        Threads,
      ],
      exports: [
        STORES,
        AnswerVersions,
        Bus,
        Cache,
        CacheRedis,
        ClickHouse,
        Cursors,
        FileStore,
        Locks,
        Postgres,
        Threads,
      ],
    };
  }
}
