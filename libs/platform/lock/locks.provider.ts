import type { FactoryProvider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Bus } from '../bus/bus.js';
import { CacheRedis } from '../redis/cache-redis.js';
import { Locks } from './locks.js';

export const locksProvider: FactoryProvider<Locks> = {
  provide: Locks,
  inject: [DataSource, CacheRedis, Bus],
  useFactory: (postgres: DataSource, redis: CacheRedis, bus: Bus) => new Locks(postgres, redis, bus),
};
