import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { NamespacesService } from '#access';
import { ALL_EVENT_TYPES, MAX_CLOCK_SKEW_MS, type ModelScores } from '#contracts';
import { HandlesJob, type JobContext, type JobHandler, type JobParams, type JobResult } from '#jobs';
import { AppError, Threads } from '#platform';
import { EventsService } from '../events/events.service.js';
import { ModelsService } from './models.service.js';
import type { TrainInput, TrainOutput } from './train.js';
import type { BacktestInput } from './training.thread.js';
import { TrainingData } from './training-data.js';

const THREAD = new URL('./training.thread.js', import.meta.url);
const MIN_TIME = Date.UTC(1900, 0, 1);
/** The test a fresh model has to pass before it may serve. */
const ENTRY_TEST = { windows: 28, horizon: 24 };
const progressMessage = z.object({ fraction: z.number(), message: z.string() });

const reportTo = (context: JobContext) => (message: unknown) => {
  const { fraction, message: text } = progressMessage.parse(message);
  context.progress(Math.round(1000 * fraction) / 10, text);
};

@Injectable()
@HandlesJob('model.train')
export class TrainHandler implements JobHandler<'model.train'> {
  constructor(
    private readonly namespaces: NamespacesService,
    private readonly events: EventsService,
    private readonly models: ModelsService,
    private readonly data: TrainingData,
    private readonly threads: Threads,
  ) {}

  async run(params: JobParams<'model.train'>, context: JobContext): Promise<JobResult<'model.train'>> {
    const { namespaceId, signal } = context;
    const namespace = await this.namespaces.require(namespaceId);
    const eventType = await this.events.resolveType(namespaceId, params.event_type);
    if (eventType !== ALL_EVENT_TYPES) await this.requireType(namespaceId, eventType);
    const now = Date.now();
    const untilSeq = await this.data.position(namespaceId);
    const minAmount = params.min_amount ?? null;
    const from = params.from === undefined ? null : Date.parse(params.from);
    const to = params.to === undefined ? null : Date.parse(params.to);
    context.progress(0, 'reading the events');
    // All of it, also what lies outside the span to learn from: the state that forecasts start from holds everything, and
    // what a sender's fast clock has put a little into the future.
    const history = await this.data.read(
      { namespaceId, eventType, from: MIN_TIME, to: now + MAX_CLOCK_SKEW_MS, minAmount, afterSeq: 0, untilSeq },
      signal,
    );
    const output = await this.threads.run<TrainInput, TrainOutput>(
      THREAD,
      'train',
      { history, timeZone: namespace.timeZone, amountKind: namespace.amountKind, from, to, now, backtest: ENTRY_TEST },
      { signal, onProgress: reportTo(context) },
    );
    if ('refused' in output) throw new AppError('TRAINING_DATA_TOO_THIN', output.refused);
    const modelVersion = await this.models.keep({
      namespaceId,
      eventType,
      artefact: Buffer.from(output.artefact),
      trainedFrom: new Date(output.trainedFrom),
      trainedTo: new Date(output.trainedTo),
      events: output.events,
      cells: output.cells,
      branchingRatio: output.branchingRatio,
      minAmount,
      parameters: output.parameters,
      diagnostics: output.diagnostics,
      scores: output.scores,
      notes: output.notes,
      state: Buffer.from(output.state),
      ingestSeq: String(untilSeq),
      dataUntil: new Date(output.dataUntil),
    });
    const activated = params.activate ? await this.activate(context, modelVersion, params.force) : undefined;
    return {
      model_version: modelVersion,
      event_type: eventType,
      events: output.events,
      branching_ratio: output.branchingRatio,
      passes: output.scores?.passes ?? null,
      loses_to: output.scores?.loses_to ?? [],
      activated: activated === undefined,
      ...(activated === undefined ? {} : { not_activated_because: activated }),
    };
  }

  /** @returns why it was not; undefined where it was */
  private async activate(context: JobContext, modelVersion: string, force: boolean): Promise<string | undefined> {
    const by = { namespaceId: context.namespaceId, tokenId: context.tokenId, requestId: context.requestId ?? '' };
    try {
      await this.models.activate(by, modelVersion, force);
      return undefined;
    } catch (error) {
      if (error instanceof AppError && error.code === 'MODEL_LOSES_TO_BASELINE') return error.message;
      throw error;
    }
  }

  private async requireType(namespaceId: string, eventType: string): Promise<void> {
    const types = await this.events.types(namespaceId);
    if (types.some(({ event_type }) => event_type === eventType)) return;
    throw new AppError('EVENT_TYPE_UNKNOWN', `The namespace has no events of type "${eventType}"`);
  }
}

@Injectable()
@HandlesJob('model.backtest')
export class BacktestHandler implements JobHandler<'model.backtest'> {
  constructor(
    private readonly models: ModelsService,
    private readonly data: TrainingData,
    private readonly threads: Threads,
  ) {}

  async run(params: JobParams<'model.backtest'>, context: JobContext): Promise<JobResult<'model.backtest'>> {
    const { namespaceId, signal } = context;
    const model = await this.models.require(namespaceId, params.model_version);
    const from = model.trainedFrom.getTime();
    const to = model.trainedTo.getTime();
    const untilSeq = await this.data.position(namespaceId);
    const { eventType, minAmount } = model;
    const history = await this.data.read(
      { namespaceId, eventType, from, to, minAmount, afterSeq: 0, untilSeq },
      signal,
    );
    const plan = { windows: params.windows, horizon: params.horizon_hours };
    const scores = await this.threads.run<BacktestInput, ModelScores | null>(
      THREAD,
      'backtest',
      { history, artefact: await this.models.artefact(namespaceId, params.model_version), from, to, plan },
      { signal, onProgress: reportTo(context) },
    );
    if (!scores)
      throw new AppError(
        'TRAINING_DATA_TOO_THIN',
        `The history is too short for windows of ${params.horizon_hours} hours`,
      );
    return { model_version: params.model_version, scores };
  }
}
