import { z } from 'zod';

const dependency = z.object({
  status: z.enum(['up', 'down']),
  latency_ms: z.number().nullable(),
  detail: z.string().nullable(),
});

/** `GET /health`: the process answers. */
export const liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });
export type Liveness = z.infer<typeof liveness>;

/** `GET /ready`: 200 while requests can be served (`degraded` with a part missing), 503 otherwise. */
export const readiness = z
  .object({
    status: z.enum(['ok', 'degraded', 'unavailable']),
    dependencies: z.record(z.string(), dependency),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof readiness>;
