import { z } from 'zod';
import { namespaceId, paged, pageQuery, plainText, timestamp } from './common.js';

/** One change: who made it, by which request, and what was there before and after. */
export const auditEntry = z
  .object({
    audit_id: z.string(),
    at: z.string().meta({ format: 'date-time' }),
    action: z.string().describe('What was done, as `resource.verb`: `risk.patch`, `token.rotate`'),
    subject: z.string().describe('The id of what was changed'),
    namespace_id: namespaceId.nullable(),
    token_id: z.string().nullable().describe('Whose token; null for what the platform did by itself'),
    request_id: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntry>;
export const auditPage = paged(auditEntry).meta({ id: 'AuditPage' });

export const auditQuery = z.strictObject({
  ...pageQuery,
  action: plainText.min(1).max(100).optional(),
  subject: plainText.min(1).max(200).optional(),
  token_id: z.uuid().optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
});
export type AuditQuery = z.output<typeof auditQuery>;
