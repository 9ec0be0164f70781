import { Test } from '@nestjs/testing';
import { Cache, cacheConfig, CACHING, redisConfig, STORES } from '#platform';

export interface TestCache {
  readonly cache: Cache;
  close(): Promise<void>;
}

/** The cache as a process without Redis has it: its first level, told of changes through PostgreSQL. */
export async function openTestCache(postgresUrl: string): Promise<TestCache> {
  const module = await Test.createTestingModule({
    providers: [
      ...CACHING,
      { provide: STORES, useValue: { postgresUrl, redisUrl: undefined } },
      { provide: cacheConfig.token, useValue: { CACHE_MEMORY_MB: 16 } },
      { provide: redisConfig.token, useValue: {} },
    ],
  }).compile();
  return { cache: module.get(Cache), close: () => module.close() };
}
