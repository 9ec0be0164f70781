import { z } from 'zod';

const count = z.int().nonnegative();

const cacheState = z
  .object({
    name: z.string(),
    ttl_ms: count
      .nullable()
      .meta({ description: 'How long a value is fresh, give or take a tenth; null: until invalidated.' }),
    stale_ms: count.nullable().meta({ description: 'How long beyond it an old value may serve; null: without end.' }),
    levels: z.array(z.enum(['memory', 'redis'])).meta({ description: 'Where its values are kept.' }),
    hits_memory: count,
    hits_redis: count,
    misses: count.meta({ description: 'Callers that waited for a load.' }),
    stale: count.meta({ description: 'Old values served while a new one was made or could not be.' }),
    loads: count,
    load_failures: count,
    evictions: count.meta({ description: 'Values that left memory for want of room.' }),
    entries: count.meta({ description: 'In memory now.' }),
    bytes: count.meta({ description: 'In memory now, roughly.' }),
    hit_ratio: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'Share of the answers that needed no load, stale ones included.' }),
  })
  .meta({ id: 'CacheState' });

/** `GET /monitoring/cache`: the caches of the process that answers, since its start. */
export const cacheReport = z
  .object({
    caches: z.array(cacheState),
    memory: z.object({ limit_bytes: count, bytes: count, entries: count }),
    redis: z
      .enum(['connected', 'away', 'none'])
      .meta({ description: 'The second level; `none`: no Redis is configured.' }),
    bus: z
      .object({ kind: z.enum(['redis', 'postgres']), connected: z.boolean() })
      .meta({ description: 'The way by which processes tell each other what changed.' }),
  })
  .meta({ id: 'CacheReport' });
export type CacheReport = z.infer<typeof cacheReport>;
