import { z } from 'zod';
import { eventType, pageQuery, paged, plainText, timestamp } from './common.js';

export const modelStatus = z.enum(['candidate', 'active', 'retired']);

export const trainParams = z.strictObject({
  event_type: eventType.optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
  min_amount: z.number().optional(),
  /** Put the model into service when it beats every baseline. */
  activate: z.boolean().default(false),
  /** Put it into service even where it loses to one; the card says so. */
  force: z.boolean().default(false),
});
export type TrainParams = z.output<typeof trainParams>;

export const backtestParams = z.strictObject({
  model_version: plainText.min(1).max(200),
  windows: z.number().int().min(1).max(200).default(12),
  horizon_hours: z.number().int().min(1).max(720).default(24),
});
export type BacktestParams = z.output<typeof backtestParams>;
export const backtestInput = backtestParams.omit({ model_version: true });

export const activateInput = z.strictObject({ force: z.boolean().default(false) });

/** How one forecaster did over the backtest's windows. */
export const forecasterScore = z.object({
  name: z.string(),
  log_score_per_event: z.number().nullable(),
  /** Nats per event that the model gains over this forecaster; null for the model itself. */
  information_gain: z.number().nullable(),
  gain_interval: z.tuple([z.number(), z.number()]).nullable(),
  pai: z.record(z.string(), z.number().nullable()),
  brier: z.number().nullable(),
  coverage: z.number().nullable(),
});
export type ForecasterScore = z.infer<typeof forecasterScore>;

export const modelScores = z.object({
  windows: z.number(),
  horizon_hours: z.number(),
  from: z.string(),
  to: z.string(),
  events: z.number(),
  forecasters: z.array(forecasterScore),
  passes: z.boolean(),
  loses_to: z.array(z.string()),
});
export type ModelScores = z.infer<typeof modelScores>;

export const modelSummary = z.object({
  model_version: z.string(),
  event_type: z.string(),
  status: modelStatus,
  created_at: z.string(),
  activated_at: z.string().nullable(),
  trained_from: z.string(),
  trained_to: z.string(),
  events: z.number(),
  cells: z.number(),
  branching_ratio: z.number(),
  passes: z.boolean().nullable(),
});
export type ModelSummary = z.infer<typeof modelSummary>;
export const modelPage = paged(modelSummary);
export const modelsQuery = z.strictObject({ ...pageQuery, event_type: eventType.optional() });
export type ModelsQuery = z.output<typeof modelsQuery>;

/** The model card: what it is, what it was fitted on, how well it does beside the baselines, what it cannot say. */
export const model = modelSummary.extend({
  parameters: z.record(z.string(), z.unknown()),
  diagnostics: z.record(z.string(), z.unknown()),
  scores: modelScores.nullable(),
  notes: z.array(z.string()),
});
export type Model = z.infer<typeof model>;
