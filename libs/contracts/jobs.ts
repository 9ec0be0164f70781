import { z } from 'zod';
import { pageQuery, paged, utcTime } from './common.js';

export const jobState = z
  .enum(['waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled'])
  .meta({ id: 'JobState' });
export type JobState = z.infer<typeof jobState>;

export const jobType = z
  .enum(['model.train', 'model.backtest', 'surface.refresh', 'export', 'archive', 'retention', 'events.erase'])
  .meta({ id: 'JobType' });
export type JobType = z.infer<typeof jobType>;

export const jobInput = z
  .strictObject({
    type: jobType,
    params: z.record(z.string(), z.unknown()).default({}).meta({ description: 'As the type takes them.' }),
    priority: z
      .number()
      .int()
      .min(1)
      .max(10)
      .optional()
      .meta({ description: '1 comes first; where it is left out, as the type has it (mostly 5).' }),
    delay_ms: z
      .number()
      .int()
      .min(0)
      .max(30 * 24 * 3_600_000)
      .default(0),
  })
  .meta({ id: 'JobInput', examples: [{ type: 'model.train', params: { event_type: 'fire' } }] });
export type JobInput = z.output<typeof jobInput>;

export const job = z
  .object({
    job_id: z.string(),
    type: jobType,
    state: jobState,
    params: z.record(z.string(), z.unknown()),
    progress: z.object({ percent: z.number(), message: z.string() }),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    attempts: z.int().meta({ description: 'Times a worker took it, also those that were killed or handed it back.' }),
    priority: z.int(),
    depends_on: z.array(z.string()).meta({ description: 'Jobs that have to complete before it waits for a worker.' }),
    run_after: utcTime.meta({ description: 'Before this it does not run: a delay, or the pause after a failure.' }),
    created_at: utcTime,
    started_at: utcTime.nullable(),
    finished_at: utcTime.nullable(),
  })
  .meta({
    id: 'Job',
    examples: [
      {
        job_id: '0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34',
        type: 'model.train',
        state: 'active',
        params: { event_type: 'fire' },
        progress: { percent: 40, message: 'Fitting' },
        result: null,
        error: null,
        attempts: 1,
        priority: 5,
        depends_on: [],
        run_after: '2026-01-31T08:00:00.000Z',
        created_at: '2026-01-31T08:00:00.000Z',
        started_at: '2026-01-31T08:00:01.000Z',
        finished_at: null,
      },
    ],
  });
export type Job = z.infer<typeof job>;
export const jobPage = paged(job);
export const jobsQuery = z.strictObject({
  ...pageQuery,
  state: jobState.optional(),
  type: jobType.optional(),
  sort: z
    .enum(['-created_at', 'created_at'])
    .default('-created_at')
    .meta({ description: 'By the time they were asked for: the newest first, or the oldest.' }),
});
export type JobsQuery = z.output<typeof jobsQuery>;

/** A name within one request. */
const jobName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"');

export const jobsBulkInput = z
  .strictObject({
    jobs: z
      .array(
        jobInput.extend({
          id: jobName.optional().meta({ description: 'What the others of this request call it.' }),
          depends_on: z
            .array(jobName)
            .max(20)
            .default([])
            .meta({ description: 'Jobs that have to complete first, by their `id` here or their `job_id`.' }),
        }),
      )
      .min(1)
      .max(1_000),
  })
  .meta({
    id: 'JobsBulkInput',
    examples: [
      {
        jobs: [
          { id: 'train', type: 'model.train', params: { event_type: 'fire' } },
          {
            type: 'model.backtest',
            params: { model_version: '{{train.result.model_version}}' },
            depends_on: ['train'],
          },
        ],
      },
    ],
  });
export type JobsBulkInput = z.output<typeof jobsBulkInput>;
export const jobsBulk = z.object({ jobs: z.array(job) }).meta({ id: 'JobsBulk' });
export type JobsBulk = z.infer<typeof jobsBulk>;

export const jobCounts = z
  .object({
    states: z.array(
      z.object({
        state: jobState,
        jobs: z.int(),
        oldest_created_at: utcTime.nullable(),
        oldest_age_seconds: z.number().nullable(),
      }),
    ),
    types: z.array(z.object({ type: z.string(), state: jobState, jobs: z.int() })),
  })
  .meta({
    id: 'JobCounts',
    examples: [
      {
        states: [
          { state: 'waiting', jobs: 2, oldest_created_at: '2026-01-31T08:00:00.000Z', oldest_age_seconds: 12.5 },
        ],
        types: [{ type: 'surface.refresh', state: 'waiting', jobs: 2 }],
      },
    ],
  });
export type JobCounts = z.infer<typeof jobCounts>;
