import { areasKm2, centersOf, neighbourIndex } from '#geo';
import { InvalidArgument, requireFinite, requireSameLength } from '../distributions/check.js';
import { countBefore, type EventSeries, sliceSeries } from '../process/series.js';
import type { SpatialFrame, TrainingData } from './types.js';

const EARTH_RADIUS_KM = 6371.0088;

/** The frame of a list of H3 cells: exact areas in km², neighbours within two rings, centres on the sphere. */
export function h3Frame(cells: readonly string[]): SpatialFrame {
  const { lat, lon } = centersOf(cells);
  const xyz = new Float64Array(3 * cells.length);
  for (let i = 0; i < cells.length; i++) {
    const phi = ((lat[i] as number) * Math.PI) / 180;
    const lambda = ((lon[i] as number) * Math.PI) / 180;
    xyz[3 * i] = EARTH_RADIUS_KM * Math.cos(phi) * Math.cos(lambda);
    xyz[3 * i + 1] = EARTH_RADIUS_KM * Math.cos(phi) * Math.sin(lambda);
    xyz[3 * i + 2] = EARTH_RADIUS_KM * Math.sin(phi);
  }
  const { offsets, members } = neighbourIndex(cells, 2);
  return { size: cells.length, areas: areasKm2(cells), disk: { offsets, members }, xyz };
}

/**
 * The frame of square cells of one size on a plane, given by whole column and row numbers; the 5 × 5 block around a
 * cell stands for its two rings.
 *
 * @param sizeKm side of a cell, km.
 * @throws InvalidArgument naming `rows` or the cell listed twice.
 */
export function squareFrame(columns: ArrayLike<number>, rows: ArrayLike<number>, sizeKm: number): SpatialFrame {
  requireSameLength('rows', rows, 'columns', columns);
  const position = new Map<string, number>();
  const xyz = new Float64Array(3 * columns.length);
  for (let i = 0; i < columns.length; i++) {
    const key = `${columns[i]},${rows[i]}`;
    if (position.has(key)) throw new InvalidArgument(`columns[${i}]`, `cell ${key} is listed twice`);
    position.set(key, i);
    xyz[3 * i] = (columns[i] as number) * sizeKm;
    xyz[3 * i + 1] = (rows[i] as number) * sizeKm;
  }
  const offsets = new Int32Array(columns.length + 1);
  const members: number[] = [];
  for (let i = 0; i < columns.length; i++) {
    for (let dx = -2; dx <= 2; dx++) {
      for (let dy = -2; dy <= 2; dy++) {
        const at = position.get(`${(columns[i] as number) + dx},${(rows[i] as number) + dy}`);
        if (at !== undefined) members.push(at);
      }
    }
    offsets[i + 1] = members.length;
  }
  return { size: columns.length, disk: { offsets, members: Int32Array.from(members) }, xyz };
}

/**
 * Checks a series against a number of cells: same lengths, finite times in order, cells from 0 to `size` − 1.
 *
 * @throws InvalidArgument naming the argument and position.
 */
export function assertEvents(events: EventSeries, size: number): void {
  const { time, cell, mark } = events;
  requireSameLength('events.cell', cell, 'events.time', time);
  requireSameLength('events.mark', mark, 'events.time', time);
  for (let i = 0; i < time.length; i++) {
    const t = time[i] as number;
    if (!Number.isFinite(t)) requireFinite(`events.time[${i}]`, t);
    if (i > 0 && t < (time[i - 1] as number)) {
      throw new InvalidArgument(`events.time[${i}]`, 'is earlier than the one before it; events must be in time order');
    }
    const at = cell[i] as number;
    if (!(at >= 0 && at < size)) {
      throw new InvalidArgument(`events.cell[${i}]`, `must be a cell from 0 to ${size - 1}, got ${at}`);
    }
  }
}

/** Checks training data: a frame with cells, `from` before `to`, and events within them. Throws InvalidArgument. */
export function assertTraining(train: TrainingData): void {
  const { frame, events, from, to } = train;
  requireFinite('train.from', from);
  requireFinite('train.to', to);
  if (from >= to) throw new InvalidArgument('train.to', `${to} must be after train.from ${from}`);
  if (frame.size === 0) throw new InvalidArgument('train.frame', 'has no cells');
  assertEvents(events, frame.size);
  const { time } = events;
  const last = time.length - 1;
  if (last < 0) return;
  if ((time[0] as number) < from) throw new InvalidArgument('events.time[0]', 'is before train.from');
  if ((time[last] as number) >= to) {
    throw new InvalidArgument(`events.time[${last}]`, 'is not before train.to: a forecaster would see the future');
  }
}

/** The events with from <= t < to, as views on the same memory. */
export function eventsBetween(events: EventSeries, from: number, to: number): EventSeries {
  return sliceSeries(events, countBefore(events.time, from), countBefore(events.time, to));
}

/** Events per cell. */
export function countByCell(cells: ArrayLike<number>, size: number): Float64Array {
  const counts = new Float64Array(size);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] as number;
    counts[cell] = (counts[cell] as number) + 1;
  }
  return counts;
}
