import { z } from 'zod';
import { eventType, pageQuery, paged, plainText, timestamp, utcTime } from './common.js';

export const modelStatus = z.enum(['candidate', 'active', 'retired']).meta({ id: 'ModelStatus' });

export const trainParams = z
  .strictObject({
    event_type: eventType
      .optional()
      .meta({ description: 'Where the namespace has one, that one; `all` for their union.' }),
    from: timestamp.optional(),
    to: timestamp.optional(),
    min_amount: z.number().optional().meta({ description: 'Events below it are left out.' }),
    activate: z
      .boolean()
      .default(false)
      .meta({ description: 'Put the model into service when it beats every baseline.' }),
    force: z
      .boolean()
      .default(false)
      .meta({ description: 'Put it into service even where it loses to one; the card says so.' }),
  })
  .meta({ id: 'TrainInput', examples: [{ event_type: 'fire', activate: true }] });
export type TrainParams = z.output<typeof trainParams>;

export const backtestParams = z.strictObject({
  model_version: plainText.min(1).max(200),
  windows: z.number().int().min(1).max(200).default(12),
  horizon_hours: z.number().int().min(1).max(720).default(24),
});
export type BacktestParams = z.output<typeof backtestParams>;
export const backtestInput = backtestParams.omit({ model_version: true }).meta({ id: 'BacktestInput' });

export const activateInput = z
  .strictObject({
    force: z
      .boolean()
      .default(false)
      .meta({ description: 'Even where the model loses to a baseline; its card says so.' }),
  })
  .meta({ id: 'ActivateInput' });

/** How one forecaster did over the backtest's windows. */
export const forecasterScore = z
  .object({
    name: z.string(),
    log_score_per_event: z.number().nullable(),
    information_gain: z
      .number()
      .nullable()
      .meta({ description: 'Nats per event that the model gains over this forecaster; null for the model itself.' }),
    gain_interval: z.tuple([z.number(), z.number()]).nullable(),
    pai: z.record(z.string(), z.number().nullable()),
    brier: z.number().nullable(),
    coverage: z.number().nullable(),
  })
  .meta({ id: 'ForecasterScore' });
export type ForecasterScore = z.infer<typeof forecasterScore>;

export const modelScores = z
  .object({
    windows: z.int(),
    horizon_hours: z.int(),
    from: utcTime,
    to: utcTime,
    events: z.int(),
    forecasters: z.array(forecasterScore),
    passes: z.boolean(),
    loses_to: z.array(z.string()),
  })
  .meta({ id: 'ModelScores' });
export type ModelScores = z.infer<typeof modelScores>;

export const modelSummary = z
  .object({
    model_version: z.string(),
    event_type: z.string(),
    status: modelStatus,
    created_at: utcTime,
    activated_at: utcTime.nullable(),
    trained_from: utcTime,
    trained_to: utcTime,
    events: z.int(),
    cells: z.int(),
    branching_ratio: z.number().meta({ description: 'Events that one event sets off, directly; below 1.' }),
    passes: z.boolean().nullable().meta({ description: 'Whether it beats every baseline; null before it was scored.' }),
  })
  .meta({ id: 'ModelSummary' });
export type ModelSummary = z.infer<typeof modelSummary>;
export const modelPage = paged(modelSummary);
export const modelsQuery = z.strictObject({ ...pageQuery, event_type: eventType.optional() });
export type ModelsQuery = z.output<typeof modelsQuery>;

/** The model card: what it is, what it was fitted on, how well it does beside the baselines, what it cannot say. */
export const model = modelSummary
  .extend({
    parameters: z.record(z.string(), z.unknown()),
    diagnostics: z.record(z.string(), z.unknown()),
    scores: modelScores.nullable(),
    notes: z.array(z.string()).meta({ description: 'What the model cannot say.' }),
  })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof model>;
