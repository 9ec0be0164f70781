import { z } from 'zod';
import { type EventSeries, type Region, type ResolutionReport, seriesOf, spreadOverDay, toMark } from '#forecast';

export const HOUR_MS = 3_600_000;

/** Events as columns, in order of time. */
export interface History {
  /** Hours since 1970. */
  time: Float64Array;
  /** H3 index of each. */
  cell: string[];
  /** NaN where none was given. */
  amount: Float64Array;
  id: string[];
}

const columns = z.tuple([
  z.array(z.number()),
  z.array(z.string()),
  z.array(z.number().nullable()),
  z.array(z.string()),
]);

/** Reads what `TrainingData.read` gave. */
export function parseHistory(text: string): History {
  // An empty result is an empty document to the server, not four empty columns.
  const parsed: unknown = text.trim() === '' ? [] : JSON.parse(text);
  const [time, cell, amount, id] = columns.parse(
    Array.isArray(parsed) && parsed.length === 0 ? [[], [], [], []] : parsed,
  );
  return {
    time: Float64Array.from(time, (milliseconds) => milliseconds / HOUR_MS),
    cell,
    amount: Float64Array.from(amount, (value) => value ?? Number.NaN),
    id,
  };
}

/**
 * The events of a history that lie in a region, as the process takes them: those of a file that carries no hours are
 * spread over their day, amounts become marks. An event spread past `now` is taken to be now.
 */
export function toSeries(
  history: History,
  region: Region,
  options: { resolution: ResolutionReport; timeZone: string; markScale: 'identity' | 'log1p' | 'none'; now: number },
): { series: EventSeries; outside: number } {
  const times = spreadOverDay(history.time, history.id, options.resolution, options.timeZone);
  const events: { time: number; cell: number; mark: number }[] = [];
  for (let i = 0; i < times.length; i++) {
    const cell = region.indexOf(history.cell[i] ?? '');
    if (cell < 0) continue;
    const mark = options.markScale === 'none' ? 0 : toMark(history.amount[i] ?? Number.NaN, options.markScale);
    events.push({ time: Math.min(times[i] ?? 0, options.now), cell, mark });
  }
  return { series: seriesOf(events), outside: times.length - events.length };
}
