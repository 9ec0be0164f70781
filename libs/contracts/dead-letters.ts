import { z } from 'zod';
import { pageQuery, paged, timestamp, utcTime } from './common.js';
import { jobType } from './jobs.js';

/** What came of an attempt at a job that did not complete. */
export const jobAttempt = z
  .object({
    attempt: z.int(),
    at: utcTime,
    code: z.string().meta({ description: 'The error, or `WORKER_LOST` where the worker vanished.' }),
    message: z.string().optional(),
  })
  .meta({ id: 'JobAttempt' });
export type JobAttempt = z.infer<typeof jobAttempt>;

export const deadLetter = z
  .object({
    job_id: z.string(),
    type: jobType,
    params: z.record(z.string(), z.unknown()),
    error: z.object({ code: z.string(), message: z.string(), stack: z.string().nullable() }),
    attempts: z.int(),
    failures: z.int(),
    history: z.array(jobAttempt),
    request_id: z.string().nullable(),
    created_at: utcTime,
    died_at: utcTime,
  })
  .meta({
    id: 'DeadLetter',
    examples: [
      {
        job_id: '0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34',
        type: 'model.train',
        params: { event_type: 'fire' },
        error: { code: 'TRAINING_DATA_TOO_THIN', message: 'There are only 3 events', stack: null },
        attempts: 1,
        failures: 1,
        history: [
          { attempt: 1, at: '2026-01-31T08:00:02.000Z', code: 'TRAINING_DATA_TOO_THIN', message: 'only 3 events' },
        ],
        request_id: null,
        created_at: '2026-01-31T08:00:00.000Z',
        died_at: '2026-01-31T08:00:02.000Z',
      },
    ],
  });
export type DeadLetter = z.infer<typeof deadLetter>;
export const deadLetterPage = paged(deadLetter);

const filters = {
  type: jobType.optional(),
  error_code: z.string().max(100).optional(),
  from: timestamp.optional().meta({ description: 'Died at this time or later.' }),
  to: timestamp.optional().meta({ description: 'Died before this time.' }),
};
export const deadLettersQuery = z.strictObject({ ...pageQuery, ...filters });
export type DeadLettersQuery = z.output<typeof deadLettersQuery>;
export const deadLettersFilter = z
  .strictObject(filters)
  .meta({ id: 'DeadLettersFilter', examples: [{ type: 'model.train' }] });
export type DeadLettersFilter = z.output<typeof deadLettersFilter>;

/** What one request replays or purges at most; `more` says that there is something left to ask for. */
export const DEAD_LETTERS_AT_ONCE = 1_000;
export const deadLettersReplayed = z
  .object({ replayed: z.int(), more: z.boolean() })
  .meta({ id: 'DeadLettersReplayed', examples: [{ replayed: 12, more: false }] });
export type DeadLettersReplayed = z.infer<typeof deadLettersReplayed>;
export const deadLettersPurged = z
  .object({ purged: z.int(), more: z.boolean() })
  .meta({ id: 'DeadLettersPurged', examples: [{ purged: 12, more: false }] });
export type DeadLettersPurged = z.infer<typeof deadLettersPurged>;
