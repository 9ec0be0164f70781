import {
  buildRegion,
  chooseMarkScale,
  detectTimeResolution,
  fit,
  type FitDiagnostics,
  fitModelDispersion,
  fitSeverity,
  type Region,
  serialiseState,
  stateAt,
  withDispersion,
} from '#forecast';
import type { AmountKind, ModelScores } from '#contracts';
import { type Artefact, encodeArtefact } from './artefact.js';
import { backtestModel, type BacktestPlan } from './backtest.js';
import { HOUR_MS, type History, parseHistory, toSeries } from './history.js';

/** Below this many events in the learning window every model is a guess. */
const MIN_TRAINING_EVENTS = 100;
/** A history whose last event is older than this share of its span is a file, not a feed: its time ended with it. */
const FEED_GAP = 0.02;
const FEED_GAP_MIN_HOURS = 7 * 24;

export interface TrainInput {
  /** What `TrainingData.read` gave. */
  history: string;
  timeZone: string;
  amountKind: AmountKind;
  /** Milliseconds since 1970; null where the client named none. */
  from: number | null;
  to: number | null;
  now: number;
  backtest: BacktestPlan;
}

export type TrainOutput =
  | { refused: string }
  | {
      artefact: Uint8Array;
      state: Uint8Array;
      trainedFrom: number;
      trainedTo: number;
      dataUntil: number;
      events: number;
      cells: number;
      branchingRatio: number;
      parameters: Record<string, unknown>;
      diagnostics: Record<string, unknown>;
      scores: ModelScores | null;
      notes: string[];
    };

/** Reports how far it is, 0 to 1. */
export type Progress = (fraction: number, message: string) => void;

/** Fits a model to a history, judges it beside the baselines, and brings its state to the end of the data. */
export async function train(input: TrainInput, progress: Progress): Promise<TrainOutput> {
  const history = parseHistory(input.history);
  const span = learningSpan(history, input);
  const n = history.time.filter((time) => time >= span.from && time < span.to).length;
  if (n < MIN_TRAINING_EVENTS)
    return { refused: `There are ${n} events to learn from; at least ${MIN_TRAINING_EVENTS} are needed` };

  const resolution = detectTimeResolution(history.time, input.timeZone);
  const region = buildRegion(history.cell);
  const markScale = input.amountKind === 'none' ? 'none' : markScaleOf(history, input.amountKind);
  const { series } = toSeries(history, region, {
    resolution,
    timeZone: input.timeZone,
    markScale,
    now: input.now / HOUR_MS,
  });
  const fitOptions = { timeZone: input.timeZone, season: resolution.hourUsable ? ('auto' as const) : ('off' as const) };

  progress(0.02, 'fitting');
  const fitted = fit(series, region, {
    ...fitOptions,
    from: span.from,
    to: span.to,
    onProgress: (fraction, message) => progress(0.02 + 0.4 * fraction, message),
  });
  progress(0.45, 'fitting the dispersion');
  const model = withDispersion(fitted.model, fitModelDispersion(fitted.model, series));
  const severity = severityOf(history, region, input.amountKind);
  progress(0.5, 'testing against the baselines');
  const scores = await backtestModel(
    { region, series, timeZone: input.timeZone, from: span.from, to: span.to, fitOptions, plan: input.backtest },
    (fraction, message) => progress(0.5 + 0.48 * fraction, message),
  );

  const last = series.time.at(-1) ?? span.to;
  const artefact: Artefact = { model, markScale, resolution, timeZone: input.timeZone, severity };
  return {
    artefact: encodeArtefact(artefact),
    state: serialiseState(stateAt(model, series, last)),
    trainedFrom: span.from * HOUR_MS,
    trainedTo: span.to * HOUR_MS,
    dataUntil: (history.time.at(-1) ?? last) * HOUR_MS,
    events: n,
    cells: region.size,
    branchingRatio: model.branchingRatio,
    parameters: parametersOf(artefact),
    diagnostics: diagnosticsOf(fitted.diagnostics),
    scores,
    notes: notesOf(artefact, span, input.now, scores),
  };
}

/** In hours: from the first event (or what the client said) to now, or to the end of a history that has ended. */
function learningSpan(history: History, input: TrainInput): { from: number; to: number; ended: boolean } {
  const first = history.time[0] ?? 0;
  const last = history.time.at(-1) ?? 0;
  const from = input.from === null ? first : input.from / HOUR_MS;
  const until = Math.min(input.to ?? input.now, input.now) / HOUR_MS;
  const gap = until - last;
  const ended = input.to === null && gap > Math.max(FEED_GAP_MIN_HOURS, FEED_GAP * (last - first));
  // A moment after the last event, for the window is open at its end.
  return { from, to: ended ? last + 1 / 3600 : until, ended };
}

function markScaleOf(history: History, kind: AmountKind): Artefact['markScale'] {
  if (!history.amount.some((amount) => Number.isFinite(amount) && amount !== 0)) return 'none';
  return kind === 'magnitude' ? 'identity' : chooseMarkScale(history.amount);
}

function severityOf(history: History, region: Region, kind: AmountKind): Artefact['severity'] {
  if (kind !== 'amount' || !history.amount.some((amount) => amount > 0)) return undefined;
  const cells = Int32Array.from(history.cell, (cell) => region.indexOf(cell));
  const severity = fitSeverity({ amounts: history.amount, cells, size: region.size }, { kind: 'amount' });
  return severity.kind === 'amount' ? severity : undefined;
}

function parametersOf({ model, markScale, severity }: Artefact): Record<string, unknown> {
  const { kernel, dispersion } = model;
  return {
    branching_ratio: model.branchingRatio,
    half_lives_hours: [...kernel.halfLives],
    time_weights: [...kernel.timeWeights],
    space_weights: [...kernel.spaceWeights],
    gain: [...kernel.gain],
    alpha: kernel.alpha,
    reference_mark: kernel.referenceMark,
    mark_scale: markScale,
    background_per_day: 24 * model.background.reduce((sum, rate) => sum + rate, 0),
    hour_of_week: model.season ? [...model.season.week] : null,
    dispersion: Object.fromEntries([...dispersion.horizons].map((horizon, i) => [`${horizon}h`, dispersion.values[i]])),
    severity: severity ? { ...severity.summary, cap: severity.cap } : null,
  };
}

function diagnosticsOf(diagnostics: FitDiagnostics): Record<string, unknown> {
  return {
    log_likelihood_per_event: diagnostics.logLikelihoodPerEvent,
    iterations: diagnostics.iterations,
    converged: diagnostics.converged,
    seconds: diagnostics.seconds,
    background_events: diagnostics.backgroundEvents,
    hour_of_week_used: diagnostics.seasonUsed,
    mark_test: diagnostics.markTest,
    log_likelihood: diagnostics.rounds.map(({ name, logLikelihood }) => ({ round: name, values: logLikelihood })),
  };
}

const DAY_HOURS = 24;

function notesOf(
  { resolution, severity, model }: Artefact,
  span: { to: number; ended: boolean },
  now: number,
  scores: ModelScores | null,
): string[] {
  const notes = [
    'A forecast from reported events forecasts reports. Where people act on it, the next reports show their acting too.',
  ];
  if (!resolution.hourUsable)
    notes.push(
      resolution.resolution === 'day'
        ? 'The events carry a day and no hour: they are spread over their day, and nothing is said of hours.'
        : `${(100 * resolution.midnightShare).toFixed(1)} % of the events stand at midnight sharp, which stands for "some time that day": they are spread over it, and nothing is said of hours.`,
    );
  if (span.ended)
    notes.push(
      `The data ended ${Math.round((now / HOUR_MS - span.to) / DAY_HOURS)} days before the training. Forecasts for today rest on the background alone.`,
    );
  if (severity && severity.summary.missing > 0)
    notes.push(`${severity.summary.missing} events carry no amount and are taken to cost as much as the others.`);
  if (severity && severity.summary.capped > 0)
    notes.push(
      `Amounts above ${Math.round(severity.cap)} count as that much: ${severity.summary.capped} events, ${(100 * severity.summary.lossBeyondCap).toFixed(1)} % of the sum lies beyond.`,
    );
  if (model.season === null && resolution.hourUsable)
    notes.push('No rhythm of the week was found that is worth its parameters.');
  if (!scores) notes.push('The history is too short to test the model against the baselines.');
  return notes;
}
