import { defineConfig, integer } from '#platform';

export const batchConfig = defineConfig('batch', {
  BATCH_CONCURRENCY: integer(1, 64).default(8).describe('Operations of one batch that run side by side (8)'),
  BATCH_ANSWER_LIMIT_MB: integer(1, 256)
    .default(16)
    .describe('Largest total of the answers in one batch, in megabytes (16)'),
});
