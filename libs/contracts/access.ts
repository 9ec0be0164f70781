import { z } from 'zod';
import { namespaceId, paged, plainText, utcTime } from './common.js';

export const scope = z.enum(['events:write', 'risk:read', 'risk:write', 'jobs', 'admin']).meta({ id: 'Scope' });
export type Scope = z.infer<typeof scope>;
export const SCOPES: readonly Scope[] = scope.options;

export const amountKind = z.enum(['amount', 'magnitude', 'none']).meta({
  id: 'AmountKind',
  description: 'What `amount` of an event is: a loss or count that adds up, a magnitude that does not, or nothing.',
});
export type AmountKind = z.infer<typeof amountKind>;

const probability = z.number().gt(0).lt(1);
export const levelThresholds = z
  .strictObject({ MODERATE: probability, HIGH: probability, CRITICAL: probability })
  .refine((levels) => levels.MODERATE < levels.HIGH && levels.HIGH < levels.CRITICAL, {
    message: 'must rise: MODERATE < HIGH < CRITICAL',
  })
  .meta({
    id: 'LevelThresholds',
    description: 'From which probability on a level begins. They rise: MODERATE < HIGH < CRITICAL.',
    examples: [{ MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 }],
  });
export type LevelThresholds = z.infer<typeof levelThresholds>;
export const DEFAULT_LEVELS: LevelThresholds = { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 };

const keptDays = z.int().min(1).max(36_500).nullable();
/** For how many days a namespace keeps what. */
export const retention = z
  .strictObject({
    events_days: keptDays.meta({ description: 'Events, by their time.' }),
    assessments_days: keptDays.meta({ description: 'What surfaces said of cells, by the time they were issued.' }),
    risks_days: keptDays.meta({ description: 'Risks, by the time since which they are resolved or expired.' }),
  })
  .meta({
    id: 'Retention',
    description: 'Whole days (UTC) after which the job `retention` deletes; null: never.',
    examples: [{ events_days: 3650, assessments_days: 730, risks_days: null }],
  });
export type Retention = z.infer<typeof retention>;
export const KEEP_FOR_EVER: Retention = { events_days: null, assessments_days: null, risks_days: null };

export const timeZone = z
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
  }, 'must be an IANA time zone such as America/Toronto')
  .meta({ description: 'An IANA time zone.', examples: ['America/Toronto'] });

export const namespaceInput = z
  .strictObject({
    namespace_id: namespaceId,
    name: plainText.trim().min(1).max(200).optional().meta({ description: 'The id where it is left out.' }),
    h3_resolution: z
      .number()
      .int()
      .min(3)
      .max(10)
      .default(7)
      .meta({ description: 'Resolution of the grid. Fixed once the namespace is made.' }),
    time_zone: timeZone.default('UTC'),
    levels: levelThresholds.default(DEFAULT_LEVELS),
    amount_kind: amountKind.default('amount'),
    retention: retention.partial().optional(),
  })
  .meta({ id: 'NamespaceInput', examples: [{ namespace_id: 'toronto', name: 'Toronto', h3_resolution: 7 }] });
export type NamespaceInput = z.output<typeof namespaceInput>;

/** The resolution and time zone are part of what is stored and fitted, so they do not change. */
export const namespacePatch = z
  .strictObject({
    name: plainText.trim().min(1).max(200).optional(),
    levels: levelThresholds.optional(),
    retention: retention.partial().optional().meta({ description: 'What is left out stays as it is.' }),
  })
  .meta({ id: 'NamespacePatch', examples: [{ levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 } }] });
export type NamespacePatch = z.infer<typeof namespacePatch>;

export const namespaceDeletion = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: '`true`: also when it holds events, which are deleted with it.' }),
});
export type NamespaceDeletion = z.output<typeof namespaceDeletion>;

export const namespace = z
  .object({
    namespace_id: namespaceId,
    name: z.string(),
    h3_resolution: z.int(),
    time_zone: z.string(),
    levels: levelThresholds,
    amount_kind: amountKind,
    retention,
    created_at: utcTime,
    version: z.int().meta({ description: 'Rises with every change; its `ETag`.' }),
  })
  .meta({
    id: 'Namespace',
    examples: [
      {
        namespace_id: 'toronto',
        name: 'Toronto',
        h3_resolution: 7,
        time_zone: 'America/Toronto',
        levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
        amount_kind: 'amount',
        retention: { events_days: 3650, assessments_days: 730, risks_days: null },
        created_at: '2026-01-31T08:00:00.000Z',
        version: 1,
      },
    ],
  });
export type Namespace = z.infer<typeof namespace>;
export const namespacePage = paged(namespace);

export const tokenInput = z
  .strictObject({
    name: plainText.trim().min(1).max(200).meta({ description: 'Who or what uses it, for people.' }),
    scopes: z.array(scope).min(1).max(SCOPES.length),
    expires_in_days: z.number().int().min(1).max(3650).default(365),
  })
  .meta({ id: 'TokenInput', examples: [{ name: 'Duty desk', scopes: ['risk:read', 'risk:write'] }] });
export type TokenInput = z.output<typeof tokenInput>;

/** `POST /tokens/{token_id}/rotate`; no body at all is the same as an empty one. */
export const rotateInput = z
  .strictObject({
    grace_seconds: z.number().int().min(0).max(86_400).default(0).describe('Seconds the old secret stays good'),
  })
  .default({ grace_seconds: 0 });
export type RotateInput = z.output<typeof rotateInput>;

export const token = z
  .object({
    token_id: z.string(),
    namespace_id: namespaceId.nullable().meta({ description: "null: an administrator's, for every namespace." }),
    name: z.string(),
    scopes: z.array(scope),
    created_at: utcTime,
    expires_at: utcTime.nullable(),
    revoked_at: utcTime.nullable(),
  })
  .meta({
    id: 'Token',
    examples: [
      {
        token_id: '0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34',
        namespace_id: 'toronto',
        name: 'Duty desk',
        scopes: ['risk:read', 'risk:write'],
        created_at: '2026-01-31T08:00:00.000Z',
        expires_at: '2027-01-31T08:00:00.000Z',
        revoked_at: null,
      },
    ],
  });
export type Token = z.infer<typeof token>;
export const tokenPage = paged(token);

/** The secret is shown in this answer and never again. */
export const createdToken = token
  .extend({ token: z.string().meta({ description: 'The secret, shown in this answer and never again.' }) })
  .meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof createdToken>;

/** `GET /tokens/self`: who am I, and what may I do. */
export const tokenSelf = z
  .object({ token_id: z.string(), name: z.string(), scopes: z.array(scope), namespace })
  .meta({ id: 'TokenSelf' });
export type TokenSelf = z.infer<typeof tokenSelf>;
