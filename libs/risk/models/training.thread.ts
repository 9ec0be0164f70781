import type { MessagePort } from 'node:worker_threads';
import { type Artefact, decodeArtefact } from './artefact.js';
import { backtestModel, type BacktestPlan } from './backtest.js';
import { HOUR_MS, parseHistory, toSeries } from './history.js';
import { train as trainModel, type TrainInput, type TrainOutput } from './train.js';
import type { ModelScores } from '#contracts';

/** Runs in a thread: what piscina calls by name. Messages on the port tell how far it is. */
type WithPort<T> = T & { port: MessagePort };

const reporter = (port: MessagePort) => (fraction: number, message: string) => port.postMessage({ fraction, message });

export async function train({ port, ...input }: WithPort<TrainInput>): Promise<TrainOutput> {
  return trainModel(input, reporter(port));
}

export interface BacktestInput {
  history: string;
  artefact: Uint8Array;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  plan: BacktestPlan;
}

/** Tests the way a model was fitted, over the span it was fitted on: each window is forecast by a fit on what came before. */
export async function backtest({ port, ...input }: WithPort<BacktestInput>): Promise<ModelScores | null> {
  const artefact: Artefact = decodeArtefact(input.artefact);
  const { region } = artefact.model;
  const to = input.to / HOUR_MS;
  const { series } = toSeries(parseHistory(input.history), region, { ...artefact, now: to });
  return backtestModel(
    {
      region,
      series,
      timeZone: artefact.timeZone,
      from: input.from / HOUR_MS,
      to,
      fitOptions: { timeZone: artefact.timeZone, season: artefact.resolution.hourUsable ? 'auto' : 'off' },
      plan: input.plan,
    },
    reporter(port),
  );
}
