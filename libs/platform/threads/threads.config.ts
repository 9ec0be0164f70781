import { defineConfig } from '../config/define-config.js';
import { integer } from '../config/readers.js';

export const threadsConfig = defineConfig('threads', {
  THREAD_MEMORY_MB: integer(32, 65_536)
    .default(2_048)
    .describe('Megabytes of heap that one computation in a thread may use; beyond it that computation fails (2048)'),
});
