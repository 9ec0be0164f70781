import { z } from 'zod';
import { namespaceId, paged, plainText } from './common.js';

export const scope = z.enum(['events:write', 'risk:read', 'risk:write', 'jobs', 'admin']);
export type Scope = z.infer<typeof scope>;
export const SCOPES: readonly Scope[] = scope.options;

export const amountKind = z.enum(['amount', 'magnitude', 'none']);
export type AmountKind = z.infer<typeof amountKind>;

const probability = z.number().gt(0).lt(1);
export const levelThresholds = z
  .strictObject({ MODERATE: probability, HIGH: probability, CRITICAL: probability })
  .refine((levels) => levels.MODERATE < levels.HIGH && levels.HIGH < levels.CRITICAL, {
    message: 'must rise: MODERATE < HIGH < CRITICAL',
  });
export type LevelThresholds = z.infer<typeof levelThresholds>;
export const DEFAULT_LEVELS: LevelThresholds = { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 };

const timeZone = z
  .string()
  .max(64)
  .refine((zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }, 'must be an IANA time zone such as America/Toronto');

export const namespaceInput = z.strictObject({
  namespace_id: namespaceId,
  name: plainText.trim().min(1).max(200).optional(),
  h3_resolution: z.number().int().min(3).max(10).default(7),
  time_zone: timeZone.default('UTC'),
  levels: levelThresholds.default(DEFAULT_LEVELS),
  amount_kind: amountKind.default('amount'),
});
export type NamespaceInput = z.output<typeof namespaceInput>;

/** The resolution and time zone are part of what is stored and fitted, so they do not change. */
export const namespacePatch = z.strictObject({
  name: plainText.trim().min(1).max(200).optional(),
  levels: levelThresholds.optional(),
});
export type NamespacePatch = z.infer<typeof namespacePatch>;

export const namespace = z.object({
  namespace_id: namespaceId,
  name: z.string(),
  h3_resolution: z.number(),
  time_zone: z.string(),
  levels: levelThresholds,
  amount_kind: amountKind,
  created_at: z.string(),
  version: z.number(),
});
export type Namespace = z.infer<typeof namespace>;
export const namespacePage = paged(namespace);

export const tokenInput = z.strictObject({
  name: plainText.trim().min(1).max(200),
  scopes: z.array(scope).min(1).max(SCOPES.length),
  expires_in_days: z.number().int().min(1).max(3650).default(365),
});
export type TokenInput = z.output<typeof tokenInput>;

export const token = z.object({
  token_id: z.string(),
  namespace_id: namespaceId.nullable(),
  name: z.string(),
  scopes: z.array(scope),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});
export type Token = z.infer<typeof token>;
export const tokenPage = paged(token);

/** The secret is shown in this answer and never again. */
export const createdToken = token.extend({ token: z.string() });
export type CreatedToken = z.infer<typeof createdToken>;

/** `GET /tokens/self`: who am I, and what may I do. */
export const tokenSelf = z.object({ token_id: z.string(), name: z.string(), scopes: z.array(scope), namespace });
export type TokenSelf = z.infer<typeof tokenSelf>;
