import { defineConfig, integer } from '#platform';

export const jobsConfig = defineConfig('jobs', {
  JOB_STREAMS: integer(1, 100_000)
    .default(1_000)
    .describe('Streams of job events that a process serves at once (1000)'),
  JOB_STREAMS_PER_TOKEN: integer(1, 100_000).default(20).describe('Of them those of one token (20)'),
  JOB_RESULT_DAYS: integer(1, 3_650)
    .default(7)
    .describe('Days that the file of a result is kept after its job has ended (7)'),
});
