import type { ForecasterScore, ModelScores } from '#contracts';
import {
  beatsBaselines,
  type EventSeries,
  type FitOptions,
  h3Frame,
  processForecaster,
  type Region,
  runBacktest,
  standardForecasters,
} from '#forecast';
import { HOUR_MS } from './history.js';

export interface BacktestPlan {
  /** Test windows. */
  windows: number;
  /** Length of each, hours. */
  horizon: number;
}

export interface BacktestSubject {
  region: Region;
  series: EventSeries;
  timeZone: string;
  /** Hours since 1970. */
  from: number;
  to: number;
  fitOptions: Pick<FitOptions, 'timeZone' | 'season'>;
  plan: BacktestPlan;
}

const AREA_SHARES = [0.01, 0.02, 0.05];
/** At least this much of the span is kept for the first fit. */
const FIRST_TRAINING = 0.5;
const MODEL = 'model';

/**
 * Judges the model beside all baselines over the last windows of its span: fitted before the first one, forecasting
 * each from all that had happened by then. null where the span is too short for two windows.
 */
export async function backtestModel(
  subject: BacktestSubject,
  progress: (fraction: number, message: string) => void,
): Promise<ModelScores | null> {
  const { region, series, from, to, plan } = subject;
  const windows = Math.min(plan.windows, Math.floor(((to - from) * (1 - FIRST_TRAINING)) / plan.horizon));
  if (windows < 2) return null;
  const result = await runBacktest(
    {
      frame: h3Frame(region.cells),
      events: series,
      forecasters: [
        processForecaster({ region, name: MODEL, fit: subject.fitOptions }),
        ...standardForecasters(subject.timeZone),
      ],
      from,
      to,
      horizon: plan.horizon,
      origins: windows,
      // Fits are dear: one before the first window; the state is brought forward to each.
      refitEvery: windows,
      areaShares: AREA_SHARES,
    },
    { onProgress: ({ fraction, message }) => progress(fraction, message) },
  );
  const verdict = beatsBaselines(result, MODEL);
  return {
    windows: result.origins,
    horizon_hours: result.horizon,
    from: new Date((result.to - result.origins * result.horizon) * HOUR_MS).toISOString(),
    to: new Date(result.to * HOUR_MS).toISOString(),
    events: result.events,
    passes: verdict.passes,
    loses_to: verdict.losesTo.map(({ baseline }) => baseline),
    forecasters: result.scores.map((score): ForecasterScore => {
      const against = result.comparisons.find(
        ({ forecaster, baseline }) => forecaster === MODEL && baseline === score.name,
      );
      return {
        name: score.name,
        log_score_per_event: result.events === 0 ? null : finite(score.logScore / result.events),
        information_gain: against ? finite(against.gain.gain) : null,
        gain_interval: against ? [finiteOr0(against.gain.lower), finiteOr0(against.gain.upper)] : null,
        pai: Object.fromEntries(score.area.map(({ pai }, i) => [`${100 * (AREA_SHARES[i] ?? 0)}%`, finite(pai)])),
        brier: finite(score.brier.score),
        coverage: finite(score.coverage.inside),
      };
    }),
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);
const finiteOr0 = (value: number) => (Number.isFinite(value) ? value : 0);
