import { z } from 'zod';
import { pageQuery, paged } from './common.js';

export const jobState = z.enum(['waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

export const jobType = z.enum(['model.train', 'model.backtest', 'surface.refresh']);
export type JobType = z.infer<typeof jobType>;

export const jobInput = z.strictObject({
  type: jobType,
  params: z.record(z.string(), z.unknown()).default({}),
  priority: z.number().int().min(1).max(10).default(5),
  delay_ms: z
    .number()
    .int()
    .min(0)
    .max(30 * 24 * 3_600_000)
    .default(0),
});
export type JobInput = z.output<typeof jobInput>;

export const job = z.object({
  job_id: z.string(),
  type: jobType,
  state: jobState,
  params: z.record(z.string(), z.unknown()),
  progress: z.object({ percent: z.number(), message: z.string() }),
  result: z.record(z.string(), z.unknown()).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  attempts: z.number(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type Job = z.infer<typeof job>;
export const jobPage = paged(job);
export const jobsQuery = z.strictObject({ ...pageQuery, state: jobState.optional(), type: jobType.optional() });
export type JobsQuery = z.output<typeof jobsQuery>;
