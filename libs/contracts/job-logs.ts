import { z } from 'zod';
import { answerFormat, pageQuery, paged, queryInteger, utcTime } from './common.js';

export const jobLogLevel = z.enum(['debug', 'info', 'warn', 'error']).meta({ id: 'JobLogLevel' });

export const jobLogLine = z
  .object({
    seq: z.int().meta({ description: 'Counts the lines of the job from 1. Old lines of a long log are dropped.' }),
    at: utcTime,
    attempt: z.int().meta({ description: 'Which attempt said it; 0: none, as when somebody cancelled the job.' }),
    level: jobLogLevel,
    message: z.string(),
  })
  .meta({
    id: 'JobLogLine',
    examples: [{ seq: 2, at: '2026-01-31T08:00:01.250Z', attempt: 1, level: 'info', message: '12,400 events read' }],
  });
export type JobLogLine = z.infer<typeof jobLogLine>;
export const jobLogPage = paged(jobLogLine);

export const jobLogsQuery = z.strictObject({
  ...pageQuery,
  level: jobLogLevel.default('debug').meta({ description: 'Lines of this level and of worse ones.' }),
  after: queryInteger(0, 2_147_483_647).optional().meta({ description: 'Lines with a higher `seq` alone.' }),
  sort: z.enum(['seq', '-seq']).default('seq').meta({ description: 'The oldest line first, or the newest.' }),
  format: answerFormat('json', 'ndjson'),
});
export type JobLogsQuery = z.output<typeof jobLogsQuery>;
