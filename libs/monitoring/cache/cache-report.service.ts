import { Injectable } from '@nestjs/common';
import type { CacheReport } from '#contracts';
import { Bus, Cache, type CacheDefinition, cacheDefinitions, CacheRedis } from '#platform';

@Injectable()
export class CacheReportService {
  constructor(
    private readonly cache: Cache,
    private readonly redis: CacheRedis,
    private readonly bus: Bus,
  ) {}

  /** Of this process since its start. */
  report(): CacheReport {
    const { limitBytes, bytes, entries } = this.cache.memoryUse;
    return {
      caches: cacheDefinitions().map((definition) => this.stateOf(definition)),
      memory: { limit_bytes: limitBytes, bytes, entries },
      redis: this.redis.client === undefined ? 'none' : this.redis.connected ? 'connected' : 'away',
      bus: { kind: this.bus.kind, connected: this.bus.connected },
    };
  }

  private stateOf(definition: CacheDefinition<unknown>): CacheReport['caches'][number] {
    const counted = this.cache.statisticsOf(definition);
    const secondLevel = definition.codec !== undefined && this.redis.client !== undefined;
    return {
      name: definition.name,
      ttl_ms: finite(definition.ttlMs),
      stale_ms: finite(definition.staleMs),
      levels: secondLevel ? ['memory', 'redis'] : ['memory'],
      hits_memory: counted.memoryHits,
      hits_redis: counted.redisHits,
      misses: counted.misses,
      stale: counted.stale,
      loads: counted.loads,
      load_failures: counted.loadFailures,
      evictions: counted.evictions,
      entries: counted.entries,
      bytes: counted.bytes,
      hit_ratio: counted.hitRatio,
    };
  }
}

/** JSON has no Infinity. */
const finite = (ms: number) => (Number.isFinite(ms) ? ms : null);
