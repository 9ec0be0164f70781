import { createRandom } from '../random.js';
import { type BackgroundPrior, fitBackgroundPrior } from './background.js';
import { type EmParameters, type EmProblem, ExpectationMaximisation, type KernelPrior } from './em.js';
import { branchingRatio, type Kernel, markInfluence, meanInfluence, ratesOf } from './kernel.js';
import {
  defaultHalfLives,
  FitCancelledError,
  FitInputError,
  type FitOptions,
  type FitResult,
  type FitRound,
} from './fit-options.js';
import { nearbyFirst, pooledPrior, sparsePrior, widen } from './kernel-prior.js';
import { markGradient, maximiseAlpha } from './marks.js';
import { type Model, POISSON } from './model.js';
import type { Region } from './region.js';
import { detectTimeResolution } from './resolution.js';
import { buildRhythm, flatSeason, type Rhythm, rhythmMatters, type RhythmPrior, rhythmPrior } from './rhythm.js';
import { kernelMass, scanSeries } from './scan.js';
import { checkSeries, countBefore, type EventSeries, sliceSeries } from './series.js';

/** Chi-square with one degree of freedom beyond p = 0.001. */
const MARK_TEST_LIMIT = 10.83;

/**
 * Maximum (penalised) likelihood by EM.
 *
 * Three short pilot rounds decluster the events, and after each the priors are fitted anew: how strongly a cell's background leans on
 * its surroundings, whether there is a rhythm, whether marks matter. The last round keeps them fixed and runs to convergence. Within
 * a round the objective never falls. Marks that matter are tried with up to `markKnots` kernels, kept where BIC agrees.
 *
 * Costs one pass of O(events × disk × components) per value of α, then O(events × bases × components) per iteration. Memory: four
 * bytes for each of the latter.
 *
 * @throws {FitInputError} nothing to fit. @throws {SeriesError} malformed series. @throws {FitCancelledError} on request.
 */
export function fit(series: EventSeries, region: Region, options: FitOptions = {}): FitResult {
  return new Fit(series, region, options).run();
}

class Fit {
  private readonly started = performance.now();
  private readonly from: number;
  private readonly to: number;
  private readonly known: EventSeries;
  private readonly explained: EventSeries;
  private readonly first: number;
  private readonly rates: Float64Array;
  private readonly halfLives: Float64Array;
  private readonly rounds: FitRound[] = [];
  private iterations = 0;
  private converged = false;
  private markTest = 0;
  private rhythm: Rhythm | null = null;
  private alpha = 0;
  private readonly referenceMark: number;
  private readonly maxIterations: number;
  private readonly tolerance: number;
  private readonly cap: number;

  constructor(
    series: EventSeries,
    private readonly region: Region,
    private readonly options: FitOptions,
  ) {
    checkSeries(series, region);
    const count = series.time.length;
    if (count === 0) throw new FitInputError('no events to fit');
    const to = options.to ?? series.time[count - 1]! + 1e-3;
    const end = countBefore(series.time, to);
    let from = options.from ?? series.time[0]!;
    let first = countBefore(series.time, from);
    const most = options.maxEvents ?? 150_000;
    if (end - first > most) {
      first = end - most;
      from = series.time[first]!;
      // Events at the very instant of the new start stay together.
      first = countBefore(series.time, from);
    }
    if (!(to > from)) throw new FitInputError('the learning window is empty');
    if (end - first < 2)
      throw new FitInputError(`the learning window holds ${end - first} events; at least 2 are needed`);
    this.from = from;
    this.to = to;
    this.first = first;
    this.known = sliceSeries(series, 0, end);
    this.explained = sliceSeries(series, first, end);
    this.halfLives = options.halfLives ?? defaultHalfLives(to - from);
    this.rates = ratesOf(this.halfLives);
    this.maxIterations = options.maxIterations ?? 250;
    this.tolerance = options.tolerance ?? 2e-6;
    this.cap = options.maxBranchingRatio ?? 0.95;
    this.referenceMark = median(this.explained.mark);
  }

  run(): FitResult {
    const { explained, region, options } = this;
    const n = explained.time.length;
    const hours = this.to - this.from;
    const J = this.rates.length;
    let parameters: EmParameters = {
      background: new Float64Array(region.size).fill((0.7 * n) / hours / region.size),
      season: null,
      timeGain: new Float64Array(J).fill(0.3 / J),
      space: nearbyFirst(region),
    };
    let share: Float64Array = new Float64Array(n).fill(0.7);
    let knots: Float64Array = Float64Array.of(this.referenceMark);
    let data = this.features(knots);
    let backgroundPrior = this.priorOfBackground(this.drawBackground(share), hours);
    let priorOfRhythm: RhythmPrior | null = null;
    const sparse = sparsePrior(1, region.bases, J);

    // Pilot rounds.
    const pilots = 3;
    for (let pilot = 0; pilot < pilots; pilot++) {
      const em = this.em(data, parameters, backgroundPrior, priorOfRhythm, sparse);
      share = this.runRound(`pilot ${pilot + 1}`, em, 12, (0.3 * pilot) / pilots, 0.3 / pilots);
      parameters = em.parameters;
      if (pilot === 0) this.chooseRhythm(share, hours);
      if (this.rhythm !== null && parameters.season === null) parameters.season = flatSeason(this.rhythm.timeZone);
      if (this.improveAlpha(parameters, pilot)) data = this.features(knots);
      const drawn = this.drawBackground(share);
      backgroundPrior = this.priorOfBackground(drawn, hours);
      if (this.rhythm !== null) priorOfRhythm = rhythmPrior(this.rhythm, drawn);
    }

    // The last round, with one kernel.
    let em = this.em(data, parameters, backgroundPrior, priorOfRhythm, sparse);
    share = this.runRound('final', em, this.maxIterations, 0.3, this.alpha === 0 ? 0.7 : 0.25);
    parameters = em.parameters;
    const single = em.expect().logLikelihood;
    let logLikelihood = single;

    // And with a kernel per mark knot, where marks matter.
    const more = this.chooseKnots();
    if (more.length > 1) {
      const detailed = this.features(more);
      const wide = widen(parameters, more.length);
      const prior = pooledPrior(parameters, more.length, region.bases, J);
      const emMarks = this.em(detailed, wide, backgroundPrior, priorOfRhythm, prior);
      const shareMarks = this.runRound('final by mark', emMarks, this.maxIterations, 0.55, 0.45);
      const reached = emMarks.expect().logLikelihood;
      const extra = (more.length - 1) * (J + region.bases - 1);
      if (reached - single > 0.5 * extra * Math.log(n)) {
        [em, share, knots, logLikelihood, data] = [emMarks, shareMarks, more, reached, detailed];
        parameters = emMarks.parameters;
      }
    }
    options.onProgress?.(1, 'fitted');

    const kernel = this.kernelOf(parameters, knots);
    const influence = data.influence;
    let backgroundEvents = 0;
    for (const p of share) backgroundEvents += p;
    const model: Model = {
      region,
      kernel,
      background: parameters.background,
      season: parameters.season,
      influence,
      branchingRatio: branchingRatio(kernel, influence),
      trainedFrom: this.from,
      trainedTo: this.to,
      trainedEvents: n,
      dispersion: POISSON,
    };
    const { strength, ringDecay, floor } = backgroundPrior;
    return {
      model,
      diagnostics: {
        rounds: this.rounds,
        logLikelihoodPerEvent: logLikelihood / n,
        branchingRatio: model.branchingRatio,
        iterations: this.iterations,
        converged: this.converged,
        seconds: (performance.now() - this.started) / 1000,
        backgroundEvents,
        backgroundPrior: { strength, ringDecay, floor },
        markTest: this.markTest,
        seasonUsed: parameters.season !== null,
      },
    };
  }

  private em(
    data: FeatureData,
    parameters: EmParameters,
    backgroundPrior: BackgroundPrior,
    priorOfRhythm: RhythmPrior | null,
    kernelPrior: KernelPrior,
  ): ExpectationMaximisation {
    const problem: EmProblem = {
      events: this.explained.time.length,
      cell: this.explained.cell,
      Q: data.influence.length,
      bases: this.region.bases,
      J: this.rates.length,
      features: data.features,
      mass: data.mass,
      hours: this.to - this.from,
      rhythm: this.rhythm,
      backgroundPrior,
      rhythmPrior: priorOfRhythm,
      kernelPrior,
      influence: data.influence,
      maxBranchingRatio: this.cap,
    };
    return new ExpectationMaximisation(problem, parameters);
  }

  private runRound(name: string, em: ExpectationMaximisation, most: number, start: number, part: number): Float64Array {
    const objective: number[] = [];
    const logLikelihood: number[] = [];
    const n = this.explained.time.length;
    let share: Float64Array = new Float64Array(0);
    this.converged = false;
    for (let i = 0; i < most && !this.converged; i++) {
      if (this.options.isCancelled?.() === true) throw new FitCancelledError('the fit was cancelled');
      const step = em.iterate();
      share = step.share;
      objective.push(step.objective);
      logLikelihood.push(step.logLikelihood);
      this.iterations++;
      const last = objective.length - 1;
      this.converged = last > 3 && (objective[last]! - objective[last - 1]!) / n < this.tolerance;
      this.options.onProgress?.(start + (part * (i + 1)) / most, `${name}, iteration ${i + 1}`);
    }
    this.rounds.push({ name, objective, logLikelihood });
    return share;
  }

  /**
   * Which events are background, drawn by their shares (Zhuang, Ogata and Vere-Jones 2002). Priors are fitted to such counts: sums of
   * shares vary less than counts do and would make everything look smoother than it is.
   */
  private drawBackground(share: Float64Array): Float64Array {
    const random = createRandom(this.rounds.length + 1);
    return share.map((p) => (random.next() < p ? 1 : 0));
  }

  private priorOfBackground(drawn: Float64Array, hours: number): BackgroundPrior {
    const counts = new Float64Array(this.region.size);
    for (let e = 0; e < drawn.length; e++) counts[this.explained.cell[e]!]! += drawn[e]!;
    return fitBackgroundPrior(this.region, counts, hours);
  }

  private chooseRhythm(share: Float64Array, hours: number): void {
    const { options, explained } = this;
    const wanted = options.season ?? 'auto';
    const timeZone = options.timeZone ?? 'UTC';
    if (wanted === 'off' || hours < 14 * 24) return;
    if (!detectTimeResolution(explained.time, timeZone).hourUsable) return;
    const rhythm = buildRhythm(timeZone, options.months ?? false, explained.time, this.from, this.to);
    if (wanted === 'on' || rhythmMatters(rhythm, share)) this.rhythm = rhythm;
  }

  /** After a pilot round: tests whether marks matter (once), and moves α. Returns whether α moved enough to compute features again. */
  private improveAlpha(parameters: EmParameters, pilot: number): boolean {
    const wanted = this.options.marks ?? 'auto';
    if (wanted === 'off') return false;
    const spread = standardDeviation(this.explained.mark);
    if (spread === 0) return false;
    if (pilot > 0 && this.alpha === 0) return false;
    const input = {
      region: this.region,
      known: this.known,
      first: this.first,
      rates: this.rates,
      from: this.from,
      to: this.to,
      parameters,
      rhythm: this.rhythm,
      referenceMark: this.referenceMark,
    };
    const before = this.alpha;
    // EM moves α by a part of the way each time; a few steps in a row, each with fresh responsibilities, come close.
    for (let step = 0; step < 6; step++) {
      const gradient = markGradient(input, this.alpha);
      if (pilot === 0 && step === 0) {
        this.markTest = gradient.information > 0 ? gradient.score ** 2 / gradient.information : 0;
        if (wanted === 'auto' && this.markTest < MARK_TEST_LIMIT) return false;
      }
      const next = maximiseAlpha(gradient, this.alpha, this.referenceMark);
      const moved = Math.abs(next - this.alpha) * spread;
      this.alpha = next;
      if (moved < 0.003) break;
    }
    return this.alpha !== before;
  }

  /**
   * Knots of the marks: the lowest mark, then the marks below which 70 % and 97 % of all influence lies. Large events are rare but
   * bring much; quantiles of influence, not of events, put the knots where there is something to learn.
   */
  private chooseKnots(): Float64Array {
    const most = Math.min(4, Math.max(1, this.options.markKnots ?? 3));
    if (this.alpha === 0 || most === 1) return Float64Array.of(this.referenceMark);
    const marks = Float64Array.from(this.explained.mark).sort();
    const weights = marks.map((mark) => Math.exp(this.alpha * (mark - this.referenceMark)));
    const total = weights.reduce((a, b) => a + b, 0);
    const levels = [[], [], [0, 0.8], [0, 0.7, 0.97], [0, 0.45, 0.8, 0.98]][most]!;
    const knots: number[] = [];
    let sum = 0;
    for (let i = 0; i < marks.length && knots.length < levels.length; i++) {
      sum += weights[i]!;
      if (sum / total >= levels[knots.length]! && (knots.length === 0 || marks[i]! > knots[knots.length - 1]!))
        knots.push(marks[i]!);
    }
    return Float64Array.from(knots);
  }

  private features(knots: Float64Array): FeatureData {
    const { region, known, first, rates } = this;
    const shape = { knots, alpha: this.alpha, referenceMark: this.referenceMark };
    const Q = knots.length;
    const channels = Array.from({ length: Q }, () => new Float64Array(known.time.length));
    const one = new Float64Array(Q);
    for (let i = 0; i < known.time.length; i++) {
      markInfluence(shape, known.mark[i]!, one);
      for (let q = 0; q < Q; q++) channels[q]![i] = one[q]!;
    }
    const D = Q * region.bases * rates.length;
    const features = new Float32Array(this.explained.time.length * D);
    scanSeries(region, known, rates, channels, first, (event, values) => features.set(values, (event - first) * D));
    return {
      features,
      mass: kernelMass(region, known, rates, channels, this.from, this.to),
      influence: meanInfluence(shape, this.explained.mark),
    };
  }

  private kernelOf(parameters: EmParameters, knots: Float64Array): Kernel {
    const J = this.rates.length;
    const Q = knots.length;
    const gain = new Float64Array(Q);
    const timeWeights = new Float64Array(Q * J);
    for (let q = 0; q < Q; q++) {
      for (let j = 0; j < J; j++) gain[q]! += parameters.timeGain[q * J + j]!;
      for (let j = 0; j < J; j++)
        timeWeights[q * J + j] = gain[q]! > 0 ? parameters.timeGain[q * J + j]! / gain[q]! : 1 / J;
    }
    return {
      halfLives: this.halfLives,
      knots,
      alpha: this.alpha,
      referenceMark: this.referenceMark,
      gain,
      timeWeights,
      spaceWeights: parameters.space,
    };
  }
}

interface FeatureData {
  readonly features: Float32Array;
  readonly mass: Float64Array;
  readonly influence: Float64Array;
}

function median(values: Float64Array): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)]!;
}

function standardDeviation(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let square = 0;
  for (const value of values) square += (value - mean) ** 2 / values.length;
  return Math.sqrt(square);
}
