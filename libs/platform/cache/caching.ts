import type { FactoryProvider } from '@nestjs/common';
import { Bus } from '../bus/bus.js';
import { PostgresTransport } from '../bus/postgres-transport.js';
import { RedisTransport } from '../bus/redis-transport.js';
import type { ConfigOf } from '../config/define-config.js';
import type { Stores } from '../embedded/stores.js';
import { STORES } from '../embedded/stores.token.js';
import { CacheRedis } from '../redis/cache-redis.js';
import { redisConfig } from '../redis/redis.config.js';
import { Cache } from './cache.js';
import { cacheConfig } from './cache.config.js';

const cacheRedis: FactoryProvider<CacheRedis> = {
  provide: CacheRedis,
  inject: [STORES, redisConfig.token],
  useFactory: (stores: Pick<Stores, 'redisUrl'>, config: ConfigOf<typeof redisConfig>) =>
    new CacheRedis(config.REDIS_CACHE_URL ?? stores.redisUrl),
};

const bus: FactoryProvider<Bus> = {
  provide: Bus,
  inject: [STORES, CacheRedis],
  useFactory: (stores: Pick<Stores, 'postgresUrl'>, redis: CacheRedis) =>
    new Bus(redis.client ? new RedisTransport(redis, redis.client) : new PostgresTransport(stores.postgresUrl)),
};

const cache: FactoryProvider<Cache> = {
  provide: Cache,
  inject: [CacheRedis, Bus, cacheConfig.token],
  useFactory: (redis: CacheRedis, bus: Bus, config: ConfigOf<typeof cacheConfig>) =>
    new Cache(redis, bus, config.CACHE_MEMORY_MB * 1024 * 1024),
};

/** CacheRedis, Bus and Cache, from STORES and the configuration. */
export const CACHING = [cacheRedis, bus, cache];
