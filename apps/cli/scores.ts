import type { ForecasterScore, Model, ModelScores } from '#contracts';
import { type Column, count, decimal, table } from './terminal.js';

/** The table of forecasters, the model first as the server orders them. */
export function scoreLines(scores: ModelScores): string[] {
  const shares = paiShares(scores);
  const columns: Column<ForecasterScore>[] = [
    { title: 'FORECASTER', value: (f) => f.name },
    { title: 'LOG SCORE', value: (f) => decimal(f.log_score_per_event, 4), right: true },
    { title: 'GAIN', value: (f) => signed(f.information_gain), right: true },
    {
      title: '95 % INTERVAL',
      value: (f) => (f.gain_interval === null ? '' : `${signed(f.gain_interval[0])} … ${signed(f.gain_interval[1])}`),
    },
    ...shares.map(({ key, percent }): Column<ForecasterScore> => ({
      title: `PAI ${percent} %`,
      value: (f) => decimal(f.pai[key], 2),
      right: true,
    })),
    { title: 'BRIER', value: (f) => decimal(f.brier, 5), right: true },
    {
      title: 'COVERAGE',
      value: (f) => (f.coverage === null ? '–' : `${(f.coverage * 100).toFixed(1)} %`),
      right: true,
    },
  ];
  const { windows, horizon_hours, events, from, to } = scores;
  return [
    `${count(windows)} forecasts of ${horizon_hours} h from ${from.slice(0, 10)} to ${to.slice(0, 10)}, ${count(events)} events`,
    ...table(scores.forecasters, columns),
    'GAIN: nats per event that the model gains over the forecaster; PAI: events caught per share of the area flagged.',
    scores.passes ? 'The model beats every baseline.' : `The model does not beat ${scores.loses_to.join(', ')}.`,
  ];
}

/** The shares of the area that PAI was taken at, smallest first, whether the server names them 0.01 or 1. */
function paiShares({ forecasters }: ModelScores): { key: string; percent: number }[] {
  const keys = new Set(forecasters.flatMap(({ pai }) => Object.keys(pai)));
  const fractions = [...keys].every((key) => Number.parseFloat(key) < 1);
  return [...keys]
    .map((key) => ({ key, percent: Number((Number.parseFloat(key) * (fractions ? 100 : 1)).toPrecision(3)) }))
    .sort((a, b) => a.percent - b.percent);
}

function signed(value: number | null): string {
  return value === null ? '' : `${value > 0 ? '+' : ''}${value.toFixed(3)}`;
}

/** A model's card in short. */
export function cardLines(model: Model): string[] {
  const lines = [
    `Model ${model.model_version} (${model.event_type}), ${model.status}`,
    `  fitted on    ${count(model.events)} events in ${count(model.cells)} cells, ${model.trained_from} to ${model.trained_to}`,
    `  branching    ${model.branching_ratio.toFixed(3)}  (events that each event brings about, on average)`,
  ];
  for (const note of model.notes) lines.push(`  note         ${note}`);
  if (model.scores === null) lines.push('  not scored yet: strisk backtest');
  else lines.push('', ...scoreLines(model.scores));
  return lines;
}
