import { z } from 'zod';

export const MAX_BATCH_OPERATIONS = 100;

/** What an operation of a batch may say in headers of its own; who asks and for which namespace is said once, by the batch. */
export const BATCH_HEADERS = ['accept', 'if-match', 'if-none-match', 'idempotency-key'] as const;

export const batchOperationId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "-" and "_"')
  .meta({ description: 'Names the operation in `depends_on`, in references and in the answer; once in a batch.' });

export const batchOperation = z.strictObject({
  id: batchOperationId,
  method: z.enum(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']),
  path: z
    .string()
    .startsWith('/', 'must begin with "/": it is the part after /api/v1')
    .max(4_096)
    .meta({ description: 'The address below `/api/v1`, with its query. May hold references such as `{{a.body.id}}`.' }),
  headers: z
    .record(z.string().max(64), z.string().max(1_024))
    .default({})
    .meta({ description: `Of these alone: ${BATCH_HEADERS.join(', ')}. Values may hold references.` }),
  body: z
    .unknown()
    .optional()
    .meta({ description: 'Sent as JSON. Its texts may hold references; one that is nothing else keeps the type.' }),
  depends_on: z.array(batchOperationId).max(MAX_BATCH_OPERATIONS).default([]).meta({
    description: 'Operations that must have succeeded before this one runs, and whose results it may refer to.',
  }),
});
export type BatchOperation = z.output<typeof batchOperation>;

export const batchInput = z.strictObject({
  mode: z
    .enum(['parallel', 'sequential'])
    .default('parallel')
    .meta({ description: 'In the order given, or side by side as far as `depends_on` allows.' }),
  atomic: z
    .boolean()
    .default(false)
    .meta({ description: 'All or nothing, in the order given. Only writes that can be taken back may be part of it.' }),
  operations: z.array(batchOperation).min(1).max(MAX_BATCH_OPERATIONS),
});
export type BatchInput = z.output<typeof batchInput>;

export const batchResult = z.object({
  id: batchOperationId,
  status: z.number().int().meta({ description: 'The HTTP status the operation alone would have had.' }),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().meta({ description: 'JSON as it is, other text as a string; null where there is none.' }),
});
export type BatchResult = z.infer<typeof batchResult>;

/** In the order of the operations. */
export const batchAnswer = z.object({ results: z.array(batchResult) });
export type BatchAnswer = z.infer<typeof batchAnswer>;
