import { lnGamma } from '../distributions/index.js';
import type { Region } from './region.js';

/**
 * Prior of the background rates: μ_c is drawn from a gamma distribution with mode-like centre `mean[c]` and weight `strength`, in
 * events. A cell with many background events keeps its own rate; one with few or none leans on its surroundings, and none is zero.
 */
export interface BackgroundPrior {
  /** Smoothed background of each cell's surroundings, events per hour; > 0. */
  readonly mean: Float64Array;
  /** How many events the surroundings count for. */
  readonly strength: number;
  /** What was chosen: decay of the kernel per ring, and share of the regional mean in it. */
  readonly ringDecay: number;
  readonly floor: number;
}

const RING_DECAYS = [0.15, 0.3, 0.5, 0.7, 0.9] as const;
const FLOORS = [0.005, 0.02, 0.08, 0.3] as const;
const STRENGTHS = [0.2, 0.35, 0.6, 1, 1.7, 3, 5, 9, 16, 30, 60, 120, 250] as const;

/**
 * Fits the prior to declustered counts by empirical Bayes. For every bandwidth and floor a cell's surroundings (the cell itself left
 * out) predict its count; the combination and the strength with the largest negative binomial likelihood win. Only events of the
 * learning window enter.
 *
 * @param counts background events per cell (fractions allowed).
 * @param exposure ∫ s(t) dt over the learning window, hours.
 */
export function fitBackgroundPrior(region: Region, counts: Float64Array, exposure: number): BackgroundPrior {
  const size = region.size;
  let total = 0;
  for (const count of counts) total += count;
  const overall = Math.max(total, 1) / size;
  const sums = ringSums(region, counts);
  const surroundings = new Float64Array(size);
  const mean = new Float64Array(size);
  let best = { score: -Infinity, ringDecay: 0.5, floor: 0.08, strength: 1 };
  for (const ringDecay of RING_DECAYS) {
    spread(region, sums, ringDecay, overall, surroundings);
    for (const floor of FLOORS) {
      const scale = centre(surroundings, floor, overall, total, mean);
      for (const strength of STRENGTHS) {
        const score = negativeBinomial(counts, mean, scale, strength);
        if (score > best.score) best = { score, ringDecay, floor, strength };
      }
    }
  }
  spread(region, sums, best.ringDecay, overall, surroundings);
  const scale = centre(surroundings, best.floor, overall, total, mean);
  for (let c = 0; c < size; c++) mean[c] = (mean[c]! * scale) / exposure;
  return { mean, strength: best.strength, ringDecay: best.ringDecay, floor: best.floor };
}

/** Sum and number of cells by ring 1..R around every cell: `[c * R + r - 1]`. */
function ringSums(region: Region, counts: Float64Array): { sum: Float64Array; cells: Float64Array } {
  const { size, rings, ringStart, ringCells } = region;
  const sum = new Float64Array(size * rings);
  const cells = new Float64Array(size * rings);
  for (let c = 0; c < size; c++) {
    for (let r = 1; r <= rings; r++) {
      const at = c * (rings + 1) + r;
      let value = 0;
      for (let k = ringStart[at]!; k < ringStart[at + 1]!; k++) value += counts[ringCells[k]!]!;
      sum[c * rings + r - 1] = value;
      cells[c * rings + r - 1] = ringStart[at + 1]! - ringStart[at]!;
    }
  }
  return { sum, cells };
}

function spread(
  region: Region,
  sums: { sum: Float64Array; cells: Float64Array },
  decay: number,
  overall: number,
  out: Float64Array,
): void {
  const { size, rings } = region;
  for (let c = 0; c < size; c++) {
    let value = 0;
    let weight = 0;
    for (let r = 0, kernel = 1; r < rings; r++, kernel *= decay) {
      value += kernel * sums.sum[c * rings + r]!;
      weight += kernel * sums.cells[c * rings + r]!;
    }
    out[c] = weight > 0 ? value / weight : overall;
  }
}

/** Mixes the floor in; returns the factor that brings the total back to the counts' total. */
function centre(surroundings: Float64Array, floor: number, overall: number, total: number, out: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < out.length; c++) {
    out[c] = (1 - floor) * surroundings[c]! + floor * overall;
    sum += out[c]!;
  }
  return Math.max(total, 1) / sum;
}

/** ln P of counts that are Poisson with a gamma-distributed mean (shape `strength`, centre `mean · scale`), constants left out. */
export function negativeBinomial(counts: Float64Array, mean: Float64Array, scale: number, strength: number): number {
  const atZero = lnGamma(strength);
  let score = 0;
  for (let c = 0; c < counts.length; c++) {
    const m = mean[c]! * scale;
    const n = counts[c]!;
    score -= (strength + n) * Math.log1p(m / strength);
    if (n > 0) score += lnGamma(strength + n) - atZero + n * Math.log(m / strength);
  }
  return score;
}

/** The rates that maximise Σ N_c ln μ_c − μ_c ∫s plus the prior's k ln μ_c − k μ_c / m_c. */
export function updateBackground(
  counts: Float64Array,
  exposure: number,
  prior: BackgroundPrior,
  out: Float64Array,
): void {
  const { mean, strength } = prior;
  for (let c = 0; c < out.length; c++) out[c] = (counts[c]! + strength) / (exposure + strength / mean[c]!);
}

/** The prior's part of the objective that {@link updateBackground} climbs. */
export function backgroundPenalty(background: Float64Array, prior: BackgroundPrior): number {
  let sum = 0;
  for (let c = 0; c < background.length; c++) {
    sum += prior.strength * (Math.log(background[c]! / prior.mean[c]!) - background[c]! / prior.mean[c]!);
  }
  return sum;
}
