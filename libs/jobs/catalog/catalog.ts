import { z } from 'zod';
import {
  archiveParams,
  archiveResult,
  backtestParams,
  eraseParams,
  eraseResult,
  eventType,
  exportParams,
  exportResult,
  type JobType,
  modelScores,
  retentionParams,
  retentionResult,
  type Scope,
  trainParams,
} from '#contracts';

/**
 * Where jobs wait, and how many of each queue a worker process runs at once. A refresh takes moments and must not wait
 * behind a fit; what reads and writes much waits more for stores than it computes.
 */
export const QUEUES = {
  training: { concurrency: 1 },
  surface: { concurrency: 2 },
  data: { concurrency: 2 },
} as const satisfies Record<string, { concurrency: number }>;
export type QueueName = keyof typeof QUEUES;

/** What a type of job is: what it takes and gives, where it waits, how long and how often it may try, who may ask for it. */
export interface JobKind<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  params: P;
  result: R;
  queue: QueueName;
  /** Where nobody says otherwise. 1 comes first, 10 last; it orders the jobs of one namespace. */
  priority: number;
  timeoutMs: number;
  /** Tries after failures of the work itself. A killed worker's job is taken up again and does not count. */
  attempts: number;
  /** Before a try: anything from nothing to `firstMs`, doubled with every failure, up to `maxMs` (full jitter). */
  backoff: { firstMs: number; maxMs: number };
  /** Of one namespace over all workers; its others wait in the table, so that no namespace fills a queue. */
  concurrency: number;
  /** Who may ask for it by the API; `internal`: nobody, the platform alone starts it. */
  startedBy: Scope | 'internal';
  /** Of two jobs with one key that both still wait, only the first is kept: the second would do the same. */
  uniqueKey?: (namespaceId: string, params: z.output<P>) => string;
  /** Starts of one namespace: `max` at once, and over time so many in `perMs`. */
  rateLimit?: { max: number; perMs: number };
}

const kind = <P extends z.ZodType, R extends z.ZodType>(definition: JobKind<P, R>): JobKind<P, R> => definition;

/** Work that takes data away: an administrator asks for it, and one of a type at a time goes through a namespace. */
const UPKEEP = {
  queue: 'data',
  priority: 7,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 5,
  backoff: { firstMs: 5_000, maxMs: 120_000 },
  concurrency: 1,
  startedBy: 'admin',
} as const;

/** The catalog. A type without exactly one handler fails the start of a worker. */
export const JOBS = {
  'model.train': kind({
    params: trainParams,
    result: z.object({
      model_version: z.string(),
      event_type: z.string(),
      events: z.int(),
      branching_ratio: z.number(),
      passes: z.boolean().nullable(),
      loses_to: z.array(z.string()),
      activated: z.boolean(),
      not_activated_because: z.string().optional(),
    }),
    queue: 'training',
    priority: 5,
    timeoutMs: 30 * 60_000,
    attempts: 3,
    backoff: { firstMs: 5_000, maxMs: 60_000 },
    concurrency: 2,
    startedBy: 'jobs',
    uniqueKey: (namespaceId, params) => `train:${namespaceId}:${JSON.stringify(params)}`,
  }),
  'model.backtest': kind({
    params: backtestParams,
    result: z.object({ model_version: z.string(), scores: modelScores }),
    queue: 'training',
    priority: 5,
    timeoutMs: 60 * 60_000,
    attempts: 3,
    backoff: { firstMs: 5_000, maxMs: 60_000 },
    concurrency: 2,
    startedBy: 'jobs',
  }),
  'surface.refresh': kind({
    params: z.strictObject({ event_type: eventType }),
    // All but `superseded`, or that alone: another refresh came first and did the same.
    result: z
      .object({
        version: z.int(),
        absorbed: z.int(),
        outside_region: z.int(),
        opened: z.int(),
        expired: z.int(),
        superseded: z.literal(true),
      })
      .partial(),
    queue: 'surface',
    priority: 5,
    timeoutMs: 5 * 60_000,
    attempts: 5,
    backoff: { firstMs: 1_000, maxMs: 30_000 },
    concurrency: 8,
    startedBy: 'jobs',
    uniqueKey: (namespaceId, { event_type }) => `refresh:${namespaceId}:${event_type}`,
  }),
  export: kind({
    params: exportParams,
    result: exportResult,
    queue: 'data',
    priority: 5,
    timeoutMs: 60 * 60_000,
    attempts: 3,
    backoff: { firstMs: 5_000, maxMs: 60_000 },
    concurrency: 2,
    // Besides `jobs`, which all that is asked for needs: it reads what the lists answer.
    startedBy: 'risk:read',
  }),
  archive: kind({
    params: archiveParams,
    result: archiveResult,
    ...UPKEEP,
    uniqueKey: (namespaceId, params) => `archive:${namespaceId}:${JSON.stringify(params)}`,
  }),
  retention: kind({
    params: retentionParams,
    result: retentionResult,
    ...UPKEEP,
    uniqueKey: (namespaceId, { dry_run }) => `retention:${namespaceId}:${dry_run}`,
  }),
  'events.erase': kind({
    params: eraseParams,
    result: eraseResult,
    ...UPKEEP,
    uniqueKey: (namespaceId, params) => `erase:${namespaceId}:${JSON.stringify(params)}`,
  }),
} satisfies Record<JobType, JobKind>;

export type JobParams<T extends JobType> = z.output<(typeof JOBS)[T]['params']>;
/** What a handler returns; the type's schema judges it before it is kept. */
export type JobResult<T extends JobType> = z.input<(typeof JOBS)[T]['result']>;

/** The kind of a row's type, of which nothing more is known than that it stands in the catalog. */
export const kindOf = (type: JobType): JobKind => JOBS[type];

/** A result stands in a row and in every answer about its job; what is larger belongs into a file. */
export const RESULT_BYTES = 256 * 1024;
export const PARAMS_BYTES = 64 * 1024;
