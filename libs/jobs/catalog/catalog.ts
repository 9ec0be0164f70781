import type { z } from 'zod';
import { backtestParams, eventType, type JobType, trainParams } from '#contracts';
import { z as zod } from 'zod';

export const QUEUES = ['training', 'surface'] as const;
export type QueueName = (typeof QUEUES)[number];

/** What a type of job is: which parameters it takes, where it waits, how long and how often it may try. */
export interface JobKind<P extends z.ZodType = z.ZodType> {
  params: P;
  queue: QueueName;
  /** Tries after failures of the work itself. A killed worker's job is taken up again and does not count. */
  attempts: number;
  timeoutMs: number;
  backoffMs: number;
  /** Of two jobs with one key that both still wait, only the first is kept: the second would do the same. */
  uniqueKey?: (namespaceId: string, params: z.output<P>) => string;
}

const kind = <P extends z.ZodType>(definition: JobKind<P>): JobKind<P> => definition;

/** The catalog. A type without exactly one handler fails the start of a worker. */
export const JOBS = {
  'model.train': kind({
    params: trainParams,
    queue: 'training',
    attempts: 3,
    timeoutMs: 30 * 60_000,
    backoffMs: 5_000,
    uniqueKey: (namespaceId, params) => `train:${namespaceId}:${JSON.stringify(params)}`,
  }),
  'model.backtest': kind({
    params: backtestParams,
    queue: 'training',
    attempts: 3,
    timeoutMs: 60 * 60_000,
    backoffMs: 5_000,
  }),
  'surface.refresh': kind({
    params: zod.strictObject({ event_type: eventType }),
    queue: 'surface',
    attempts: 5,
    timeoutMs: 5 * 60_000,
    backoffMs: 1_000,
    uniqueKey: (namespaceId, { event_type }) => `refresh:${namespaceId}:${event_type}`,
  }),
} satisfies Record<JobType, JobKind>;

export type JobParams<T extends JobType> = z.output<(typeof JOBS)[T]['params']>;

/** Jobs each worker process runs at once, by queue: a refresh takes moments and must not wait behind a fit. */
export const CONCURRENCY: Record<QueueName, number> = { training: 1, surface: 2 };
