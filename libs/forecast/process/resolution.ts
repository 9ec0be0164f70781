import { combineSeeds, hashString } from '../random.js';
import { localClock } from './clock.js';

export type TimeResolution = 'second' | 'minute' | 'hour' | 'day';

export interface ResolutionReport {
  /** The finest unit that most events' times really carry. */
  readonly resolution: TimeResolution;
  /** Share of events at exactly 00:00:00, local or UTC, whichever is larger. */
  readonly midnightShare: number;
  /** Which midnight that is. */
  readonly midnightZone: 'local' | 'utc';
  /**
   * True where a rhythm by the hour may be fitted: times finer than a day, and no heap of events at midnight that only stands for
   * "some time that day".
   */
  readonly hourUsable: boolean;
}

/** More than this share at one exact second of the day is a default, not a coincidence (1/86,400 would be chance). */
const MIDNIGHT_EXCESS = 0.03;
const MOSTLY = 0.9;

/**
 * What the times of a file are worth. Fitting an hour-of-week factor to events that carry a day and no hour puts a day's whole risk
 * into one hour: a fine likelihood and a worthless forecast. Files of mixed sources show it in part: a heap at midnight.
 *
 * @param times hours since the epoch.
 */
export function detectTimeResolution(times: ArrayLike<number>, timeZone = 'UTC'): ResolutionReport {
  const clock = localClock(timeZone);
  let local = 0;
  let utc = 0;
  let onHour = 0;
  let onMinute = 0;
  const n = times.length;
  for (let i = 0; i < n; i++) {
    const second = Math.round(times[i]! * 3_600_000) / 1000;
    const wall = second + Math.round(clock.offsetAt(times[i]!) * 3600);
    if (isMultiple(wall, 86_400)) local++;
    if (isMultiple(second, 86_400)) utc++;
    if (isMultiple(wall, 3600) || isMultiple(second, 3600)) onHour++;
    if (isMultiple(wall, 60)) onMinute++;
  }
  const midnightZone = local >= utc ? 'local' : 'utc';
  const midnightShare = n === 0 ? 0 : Math.max(local, utc) / n;
  let resolution: TimeResolution = 'second';
  if (midnightShare >= MOSTLY) resolution = 'day';
  else if (n > 0 && onHour / n >= MOSTLY) resolution = 'hour';
  else if (n > 0 && onMinute / n >= MOSTLY) resolution = 'minute';
  // Hourly times put 1/24 of their events at midnight by right.
  const expected = resolution === 'hour' ? 1 / 24 : resolution === 'minute' ? 1 / 1440 : 0;
  return {
    resolution,
    midnightShare,
    midnightZone,
    hourUsable: n > 0 && resolution !== 'day' && midnightShare < MIDNIGHT_EXCESS + 2.5 * expected,
  };
}

/**
 * Spreads events that carry no hour over their day: every event at exactly midnight gets a uniform time of the same day, the same
 * every time for its id and seed. Others stay. Returns new times, in the input's order (no longer sorted).
 *
 * Where `report.hourUsable` holds nothing is touched. Where it does not, fit with `season: 'off'`: spread times look precise and are not.
 */
export function spreadOverDay(
  times: ArrayLike<number>,
  ids: ArrayLike<string>,
  report: ResolutionReport,
  timeZone = 'UTC',
  seed = 0,
): Float64Array {
  const out = Float64Array.from(times);
  if (report.hourUsable) return out;
  const clock = localClock(report.midnightZone === 'utc' ? 'UTC' : timeZone);
  for (let i = 0; i < out.length; i++) {
    const t = out[i]!;
    const wall = Math.round((t + clock.offsetAt(t)) * 3_600_000) / 1000;
    if (!isMultiple(wall, 86_400)) continue;
    const { start, end } = clock.localDay(t);
    out[i] = start + ((end - start) * (combineSeeds(hashString(ids[i]!), seed) + 0.5)) / 4294967296;
  }
  return out;
}

function isMultiple(seconds: number, unit: number): boolean {
  return seconds % unit === 0;
}
