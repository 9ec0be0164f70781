import { defineConfig } from '../config/define-config.js';
import { integer } from '../config/readers.js';

export const cacheConfig = defineConfig('cache', {
  CACHE_MEMORY_MB: integer(1, 65_536)
    .default(128)
    .describe(
      'Megabytes of values that a process keeps in its memory; what was asked for least lately goes first (128)',
    ),
});
