import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ClickHouse } from './clickhouse/clickhouse.js';
import { clickhouseConfig } from './clickhouse/clickhouse.config.js';
import { type Config, ConfigModule } from './config/define-config.js';
import type { Stores } from './embedded/stores.js';
import { storesConfig } from './embedded/stores.js';
import { STORES } from './embedded/stores.token.js';
import { httpConfig } from './http/http.config.js';
import { loggingConfig, loggingModule } from './logging/logging.js';
import { postgresConfig, postgresModule } from './postgres/postgres.js';
import { queueModule } from './queue/queue.js';
import { Threads } from './threads/threads.js';

/** What the platform itself reads from the environment; a composition adds its domains' definitions. */
export const PLATFORM_CONFIG = [httpConfig, storesConfig, clickhouseConfig, postgresConfig, loggingConfig];

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
      providers: [{ provide: STORES, useValue: stores }, ClickHouse, Threads],
      exports: [STORES, ClickHouse, Threads],
    };
  }
}
