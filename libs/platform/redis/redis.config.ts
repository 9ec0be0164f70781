import { defineConfig } from '../config/define-config.js';
import { serverUrl } from '../config/readers.js';

export const redisConfig = defineConfig('redis', {
  REDIS_CACHE_URL: serverUrl('redis', 'rediss')
    .optional()
    .describe('A Redis for what may be lost: cache, rate counters, pub/sub; it may evict. Unset: that of REDIS_URL'),
});
