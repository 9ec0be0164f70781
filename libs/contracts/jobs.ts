import { z } from 'zod';
import { pageQuery, paged, utcTime } from './common.js';

export const jobState = z
  .enum(['waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled'])
  .meta({ id: 'JobState' });
export type JobState = z.infer<typeof jobState>;

export const jobType = z.enum(['model.train', 'model.backtest', 'surface.refresh']).meta({ id: 'JobType' });
export type JobType = z.infer<typeof jobType>;

export const jobInput = z
  .strictObject({
    type: jobType,
    params: z.record(z.string(), z.unknown()).default({}).meta({ description: 'As the type takes them.' }),
    priority: z.number().int().min(1).max(10).default(5).meta({ description: '1 comes first.' }),
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
    attempts: z.int(),
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
        created_at: '2026-01-31T08:00:00.000Z',
        started_at: '2026-01-31T08:00:01.000Z',
        finished_at: null,
      },
    ],
  });
export type Job = z.infer<typeof job>;
export const jobPage = paged(job);
export const jobsQuery = z.strictObject({ ...pageQuery, state: jobState.optional(), type: jobType.optional() });
export type JobsQuery = z.output<typeof jobsQuery>;
