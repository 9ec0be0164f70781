import { z } from 'zod';
import { plainText, utcTime } from './common.js';

const dryRun = z
  .boolean()
  .default(false)
  .meta({ description: '`true`: nothing is changed, and the result says what would be.' });
const days = z.int().min(1).max(36_500);

export const archiveParams = z.strictObject({
  older_than_days: days
    .optional()
    .meta({ description: 'Whole days (UTC) that a kept assessment is old at least; as the platform has it: 90.' }),
  dry_run: dryRun,
});

export const archiveResult = z.object({
  dry_run: z.boolean(),
  before: utcTime.meta({ description: 'Assessments that were issued before it belong into the archive.' }),
  days: z.int().meta({ description: 'Days that have any.' }),
  rows: z
    .int()
    .meta({ description: 'Assessments of cells, moved by this attempt; one before it may have moved others.' }),
});

export const retentionParams = z.strictObject({ dry_run: dryRun });

const expired = z
  .object({ before: utcTime.meta({ description: 'Older ones go.' }), rows: z.int() })
  .nullable()
  .meta({ description: 'null: the namespace keeps them for ever.' });
export const retentionResult = z.object({
  dry_run: z.boolean(),
  events: expired,
  assessments: expired,
  risks: expired,
});

export const eraseParams = z.strictObject({
  entity_id: plainText.min(1).max(128).meta({ description: 'Whose events are erased.' }),
  dry_run: dryRun,
});

export const eraseResult = z.object({
  dry_run: z.boolean(),
  events: z.int(),
  parked: z.int().meta({ description: 'Events that the event store had refused and that were set aside.' }),
});
