import { type Kernel, markInfluence, ratesOf } from './kernel.js';
import type { Model } from './model.js';
import type { Region } from './region.js';
import { kernelMass, scanSeries } from './scan.js';
import { seasonAt, seasonIntegral } from './season.js';
import { countBefore, type EventSeries, sliceSeries } from './series.js';

/** Log-likelihood of a span under fixed parameters. */
export interface SpanScore {
  readonly events: number;
  /** (Σ ln λ(t_i, c_i) − ∫ Σ_c λ) / n over the span, λ in events per hour and cell; NaN without events. */
  readonly perEvent: number;
  /** ∫ Σ_c λ over the span: events expected. */
  readonly expected: number;
  /** λ(t_i, c_i) at each event of the span, events per hour, conditional on the events before it. */
  readonly intensity: Float64Array;
}

/**
 * Scores events `from ≤ t < to` under a model, each conditional on all events strictly before it; parameters stay as fitted. The
 * series holds the history before `from` too (all of it that should count).
 */
export function score(model: Model, series: EventSeries, from: number, to: number): SpanScore {
  const { region, kernel, background, season } = model;
  const end = countBefore(series.time, to);
  const first = Math.min(end, countBefore(series.time, from));
  const known = sliceSeries(series, 0, end);
  const rates = ratesOf(kernel.halfLives);
  const channels = influenceChannels(kernel, known.mark);
  const theta = kernelWeights(kernel, region);
  const intensity = new Float64Array(end - first);
  let logSum = 0;
  scanSeries(region, known, rates, channels, first, (event, features) => {
    let value = background[known.cell[event]!]! * seasonAt(season, known.time[event]!);
    for (let d = 0; d < theta.length; d++) value += theta[d]! * features[d]!;
    intensity[event - first] = value;
    logSum += Math.log(value);
  });
  let expected = seasonIntegral(season, from, to) * background.reduce((a, b) => a + b, 0);
  const mass = kernelMass(region, known, rates, channels, from, to);
  for (let d = 0; d < theta.length; d++) expected += theta[d]! * mass[d]!;
  return { events: end - first, perEvent: (logSum - expected) / (end - first), expected, intensity };
}

/** φ_q(m) e^{α (m − m_ref)} of every mark, one array per knot. */
export function influenceChannels(kernel: Kernel, marks: Float64Array): Float64Array[] {
  const channels = Array.from({ length: kernel.knots.length }, () => new Float64Array(marks.length));
  const one = new Float64Array(kernel.knots.length);
  for (let i = 0; i < marks.length; i++) {
    markInfluence(kernel, marks[i]!, one);
    for (let q = 0; q < one.length; q++) channels[q]![i] = one[q]!;
  }
  return channels;
}

/** θ[q, b, j] = K_q w_{q,j} a_{q,b}, laid out like the features of a scan. */
export function kernelWeights(kernel: Kernel, region: Region): Float64Array {
  const Q = kernel.knots.length;
  const J = kernel.halfLives.length;
  const { bases } = region;
  const theta = new Float64Array(Q * bases * J);
  for (let q = 0; q < Q; q++) {
    for (let b = 0; b < bases; b++) {
      for (let j = 0; j < J; j++) {
        theta[(q * bases + b) * J + j] =
          kernel.gain[q]! * kernel.timeWeights[q * J + j]! * kernel.spaceWeights[q * bases + b]!;
      }
    }
  }
  return theta;
}

/**
 * Historical rate of each cell, events per hour: half its own count in `[from, to)`, half of 0.9 × the mean count of the other cells
 * within two rings plus 0.1 × the mean of all cells, scaled to the total. The yardstick of the gains this library reports.
 */
export function smoothedHistoricalRate(region: Region, series: EventSeries, from: number, to: number): Float64Array {
  const { size, rings, ringStart, ringCells } = region;
  const counts = new Float64Array(size);
  let total = 0;
  for (let i = countBefore(series.time, from); i < series.time.length && series.time[i]! < to; i++) {
    counts[series.cell[i]!]!++;
    total++;
  }
  const rate = new Float64Array(size);
  let sum = 0;
  for (let c = 0; c < size; c++) {
    let near = 0;
    let cells = 0;
    const start = ringStart[c * (rings + 1) + 1]!;
    const stop = ringStart[c * (rings + 1) + 1 + Math.min(2, rings)]!;
    for (let k = start; k < stop; k++) {
      near += counts[ringCells[k]!]!;
      cells++;
    }
    rate[c] = 0.5 * counts[c]! + 0.5 * (0.9 * (cells > 0 ? near / cells : 0) + (0.1 * total) / size);
    sum += rate[c]!;
  }
  if (sum > 0) for (let c = 0; c < size; c++) rate[c]! *= total / sum / (to - from);
  return rate;
}

/** Scores a rate that does not change with time (events per hour and cell) in the way of {@link score}. */
export function scoreRate(rate: Float64Array, series: EventSeries, from: number, to: number): SpanScore {
  const first = countBefore(series.time, from);
  const end = countBefore(series.time, to);
  const intensity = new Float64Array(end - first);
  let logSum = 0;
  for (let i = first; i < end; i++) {
    intensity[i - first] = rate[series.cell[i]!]!;
    logSum += Math.log(intensity[i - first]!);
  }
  const expected = rate.reduce((a, b) => a + b, 0) * (to - from);
  return { events: end - first, perEvent: (logSum - expected) / (end - first), expected, intensity };
}
