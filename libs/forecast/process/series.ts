import { latLngToCell } from 'h3-js';
import type { Region } from './region.js';

/** Events of one kind in a region, in order of time. All three arrays have the same length. */
export interface EventSeries {
  /** Hours since 1970-01-01T00:00Z, ascending. */
  readonly time: Float64Array;
  /** Region index of the event's cell. */
  readonly cell: Int32Array;
  /** The mark that may set how much an event sets off (a magnitude, the logarithm of an amount); 0 where there is none. */
  readonly mark: Float64Array;
}

/** Raised when a series is not sorted, holds NaN, or points outside its region. */
export class SeriesError extends Error {
  override readonly name = 'SeriesError';
}

export interface RawEvent {
  /** Hours since the epoch. */
  readonly time: number;
  /** H3 cell at the region's resolution; `lat` and `lon` are used where it is missing. */
  readonly cell?: string;
  readonly lat?: number;
  readonly lon?: number;
  readonly mark?: number;
}

/** Sorts events by time and looks their cells up. Events outside the region are left out and counted in `outside`. */
export function buildSeries(events: Iterable<RawEvent>, region: Region): { series: EventSeries; outside: number } {
  const kept: { time: number; cell: number; mark: number }[] = [];
  let outside = 0;
  for (const event of events) {
    const name = event.cell ?? latLngToCell(event.lat ?? Number.NaN, event.lon ?? Number.NaN, region.resolution);
    const cell = region.indexOf(name);
    if (cell < 0) outside++;
    else kept.push({ time: event.time, cell, mark: event.mark ?? 0 });
  }
  return { series: seriesOf(kept), outside };
}

/** A series from events that already carry region indexes, in any order. Ties keep an order that does not depend on the input's. */
export function seriesOf(events: readonly { time: number; cell: number; mark: number }[]): EventSeries {
  const sorted = [...events].sort((a, b) => a.time - b.time || a.cell - b.cell || a.mark - b.mark);
  return {
    time: Float64Array.from(sorted, (event) => event.time),
    cell: Int32Array.from(sorted, (event) => event.cell),
    mark: Float64Array.from(sorted, (event) => event.mark),
  };
}

/** @throws {SeriesError} lengths differ, times descend or are not finite, cells lie outside the region, marks are not finite. */
export function checkSeries(series: EventSeries, region: Region): void {
  const { time, cell, mark } = series;
  if (cell.length !== time.length || mark.length !== time.length)
    throw new SeriesError('time, cell and mark differ in length');
  let last = -Infinity;
  for (let i = 0; i < time.length; i++) {
    const t = time[i]!;
    if (!Number.isFinite(t)) throw new SeriesError(`time of event ${i} is not finite`);
    if (t < last) throw new SeriesError(`event ${i} is earlier than the one before it`);
    last = t;
    const c = cell[i]!;
    if (c < 0 || c >= region.size) throw new SeriesError(`event ${i} has cell ${c}, the region has ${region.size}`);
    if (!Number.isFinite(mark[i]!)) throw new SeriesError(`mark of event ${i} is not finite`);
  }
}

/** Number of events with time < t (binary search). */
export function countBefore(time: Float64Array, t: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time[middle]! < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The events `from ≤ i < to` by position; the arrays are views, not copies. */
export function sliceSeries(series: EventSeries, from: number, to: number): EventSeries {
  return {
    time: series.time.subarray(from, to),
    cell: series.cell.subarray(from, to),
    mark: series.mark.subarray(from, to),
  };
}

/**
 * The scale on which amounts act as marks. Magnitudes and other values that are logarithms already (all within −10..12) stay as
 * they are; money and the like enter as ln(1 + amount). Missing and negative amounts count as 0.
 */
export function chooseMarkScale(amounts: Iterable<number>): 'identity' | 'log1p' {
  for (const amount of amounts) if (Number.isFinite(amount) && (amount > 12 || amount < -10)) return 'log1p';
  return 'identity';
}

/** One amount on the chosen scale. */
export function toMark(amount: number, scale: 'identity' | 'log1p'): number {
  if (!Number.isFinite(amount)) return 0;
  return scale === 'identity' ? amount : Math.log1p(Math.max(0, amount));
}
