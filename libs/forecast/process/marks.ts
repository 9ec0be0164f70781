import type { EmParameters } from './em.js';
import type { Region } from './region.js';
import { applySeason, type Rhythm } from './rhythm.js';
import { scanSeries } from './scan.js';
import type { EventSeries } from './series.js';

export interface MarkInput {
  readonly region: Region;
  /** Events up to the end of the window; those before `first` are history. */
  readonly known: EventSeries;
  readonly first: number;
  readonly rates: Float64Array;
  readonly from: number;
  readonly to: number;
  /** One kernel (Q = 1). */
  readonly parameters: EmParameters;
  readonly rhythm: Rhythm | null;
  readonly referenceMark: number;
}

export interface MarkGradient {
  /** Σ over triggered events of the expected (m − m_ref) of their parent: what α trades against the mass. */
  readonly parentMarks: number;
  /** Expected mass each event brings to the window per unit of its influence: `mass[i] · e^{α (m_i − m_ref)}` is its offspring. */
  readonly massPerInfluence: Float64Array;
  readonly marks: Float64Array;
  /** Derivative of the log-likelihood by α, and an upper bound of the information in it. */
  readonly score: number;
  readonly information: number;
}

/**
 * Derivative of the log-likelihood by α with everything else held (Fisher's identity: it equals that of EM's lower bound). The state
 * runs with a second channel that carries (m − m_ref), so the expected mark of each event's parent comes out of the same pass.
 */
export function markGradient(input: MarkInput, alpha: number): MarkGradient {
  const { region, known, first, rates, parameters, referenceMark } = input;
  const n = known.time.length;
  const weight = new Float64Array(n);
  const weightedMark = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const d = known.mark[i]! - referenceMark;
    weight[i] = Math.exp(alpha * d);
    weightedMark[i] = weight[i]! * d;
  }
  const J = rates.length;
  const D = region.bases * J;
  const theta = new Float64Array(D);
  for (let b = 0; b < region.bases; b++) {
    for (let j = 0; j < J; j++) theta[b * J + j] = parameters.space[b]! * parameters.timeGain[j]!;
  }
  const seasonFactor = new Float64Array(n - first).fill(1);
  if (input.rhythm !== null && parameters.season !== null) applySeason(input.rhythm, parameters.season, seasonFactor);

  let parentMarks = 0;
  scanSeries(region, known, rates, [weight, weightedMark], first, (event, features) => {
    let triggered = 0;
    let marked = 0;
    for (let d = 0; d < D; d++) {
      triggered += theta[d]! * features[d]!;
      marked += theta[d]! * features[D + d]!;
    }
    parentMarks += marked / (parameters.background[known.cell[event]!]! * seasonFactor[event - first]! + triggered);
  });

  const massPerInfluence = new Float64Array(n);
  const part = new Float64Array(J);
  for (let i = 0; i < n; i++) {
    const t = known.time[i]!;
    const start = Math.max(0, input.from - t);
    const length = input.to - Math.max(input.from, t);
    for (let j = 0; j < J; j++) part[j] = Math.exp(-rates[j]! * start) * -Math.expm1(-rates[j]! * length);
    let sum = 0;
    for (let b = 0; b < region.bases; b++) {
      let inside = 0;
      for (let j = 0; j < J; j++) inside += theta[b * J + j]! * part[j]!;
      sum += inside * region.share[known.cell[i]! * region.bases + b]!;
    }
    massPerInfluence[i] = sum;
  }
  let score = parentMarks;
  let information = 0;
  for (let i = 0; i < n; i++) {
    const d = known.mark[i]! - referenceMark;
    score -= weightedMark[i]! * massPerInfluence[i]!;
    information += weightedMark[i]! * d * massPerInfluence[i]!;
  }
  return { parentMarks, massPerInfluence, marks: known.mark, score, information };
}

/**
 * The α that maximises EM's lower bound α Σ E[m_parent − m_ref] − Σ e^{α (m_i − m_ref)} mass_i: concave, so Newton steps with
 * halving reach it. The bound lies below the likelihood and touches it at the current α, so the likelihood rises.
 */
export function maximiseAlpha(gradient: MarkGradient, start: number, referenceMark: number): number {
  const { parentMarks, massPerInfluence, marks } = gradient;
  const bound = (alpha: number): { value: number; slope: number; curve: number } => {
    let value = alpha * parentMarks;
    let slope = parentMarks;
    let curve = 0;
    for (let i = 0; i < marks.length; i++) {
      const d = marks[i]! - referenceMark;
      const mass = massPerInfluence[i]! * Math.exp(alpha * d);
      value -= mass;
      slope -= d * mass;
      curve += d * d * mass;
    }
    return { value, slope, curve };
  };
  let alpha = start;
  let at = bound(alpha);
  for (let i = 0; i < 50; i++) {
    if (!(at.curve > 0)) break;
    let step = at.slope / at.curve;
    let next = bound(alpha + step);
    while (!(next.value >= at.value) && Math.abs(step) > 1e-12) {
      step /= 2;
      next = bound(alpha + step);
    }
    if (!(next.value >= at.value)) break;
    alpha += step;
    at = next;
    if (Math.abs(step) < 1e-9) break;
  }
  return alpha;
}
