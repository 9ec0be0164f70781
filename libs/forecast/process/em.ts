import { type BackgroundPrior, backgroundPenalty, updateBackground } from './background.js';
import { applySeason, type Rhythm, rhythmPenalty, type RhythmPrior, updateSeason } from './rhythm.js';
import { type Season, simplexWeights } from './season.js';

/** The parameters EM moves: θ[q, b, j] = timeGain[q, j] · space[q, b]. */
export interface EmParameters {
  background: Float64Array;
  season: Season | null;
  /** K_q w_{q,j}, laid out `[q * J + j]`. */
  timeGain: Float64Array;
  /** a_{q,b}, each row of sum 1: `[q * bases + b]`. */
  space: Float64Array;
}

/** What stays fixed while EM runs: the data as features, and the priors. */
export interface EmProblem {
  readonly events: number;
  readonly cell: Int32Array;
  readonly Q: number;
  readonly bases: number;
  readonly J: number;
  /** Features of each event, `[e * D + (q * bases + b) * J + j]` with D = Q · bases · J. */
  readonly features: Float32Array;
  /** What each feature integrates to over the window, length D. */
  readonly mass: Float64Array;
  readonly hours: number;
  readonly rhythm: Rhythm | null;
  readonly backgroundPrior: BackgroundPrior;
  readonly rhythmPrior: RhythmPrior | null;
  readonly kernelPrior: KernelPrior;
  /** Mean influence of an event per knot, and the largest branching ratio allowed. */
  readonly influence: Float64Array;
  readonly maxBranchingRatio: number;
}

/**
 * Prior of the kernels: gamma on every K w_j and Dirichlet on the space weights, as pseudo-events. With no pooled kernel it is the
 * exponential distribution: `rate` events' worth of exposure without a successor, which closes components the data says nothing of.
 */
export interface KernelPrior {
  /** Pseudo-successors per (q, j) and per (q, b). */
  readonly timeCounts: Float64Array;
  readonly spaceCounts: Float64Array;
  /** Pseudo-exposure per knot. */
  readonly rate: Float64Array;
}

export interface EStep {
  /** Log-likelihood of the window, nats. */
  logLikelihood: number;
  /** Log-likelihood plus the priors' log density (constants left out): what never falls. */
  objective: number;
  /** Probability that an event is background. */
  share: Float64Array;
}

/** Expectation–maximisation over one problem. Every `iterate` raises the objective or leaves it where it was. */
export class ExpectationMaximisation {
  private readonly share: Float64Array;
  private readonly seasonFactor: Float64Array;
  private readonly theta: Float64Array;
  private readonly responsibility: Float64Array;
  private seasonHours: number;

  constructor(
    private readonly problem: EmProblem,
    readonly parameters: EmParameters,
  ) {
    this.share = new Float64Array(problem.events);
    this.seasonFactor = new Float64Array(problem.events).fill(1);
    this.theta = new Float64Array(problem.mass.length);
    this.responsibility = new Float64Array(problem.mass.length);
    this.seasonHours = problem.hours;
    this.refreshSeason();
    this.refreshTheta();
  }

  /** E-step at the current parameters, then one conditional maximisation of each block. Returns the value *before* the step. */
  iterate(): EStep {
    const step = this.expect();
    this.maximise();
    return step;
  }

  /** The E-step alone. */
  expect(): EStep {
    const { problem, theta, share, seasonFactor, responsibility } = this;
    const { events, features, cell } = problem;
    const { background } = this.parameters;
    const D = theta.length;
    responsibility.fill(0);
    let logLikelihood = 0;
    for (let e = 0, at = 0; e < events; e++, at += D) {
      const own = background[cell[e]!]! * seasonFactor[e]!;
      let triggered = 0;
      for (let d = 0; d < D; d++) triggered += theta[d]! * features[at + d]!;
      const intensity = own + triggered;
      logLikelihood += Math.log(intensity);
      const inverse = 1 / intensity;
      share[e] = own * inverse;
      if (triggered > 0) for (let d = 0; d < D; d++) responsibility[d]! += features[at + d]! * inverse;
    }
    for (const rate of background) logLikelihood -= rate * this.seasonHours;
    for (let d = 0; d < D; d++) {
      logLikelihood -= theta[d]! * problem.mass[d]!;
      responsibility[d]! *= theta[d]!;
    }
    return { logLikelihood, objective: logLikelihood + this.penalty(), share };
  }

  private maximise(): void {
    const { problem, parameters, share } = this;
    const counts = new Float64Array(parameters.background.length);
    for (let e = 0; e < problem.events; e++) counts[problem.cell[e]!]! += share[e]!;
    updateBackground(counts, this.seasonHours, problem.backgroundPrior, parameters.background);
    if (problem.rhythm !== null && problem.rhythmPrior !== null && parameters.season !== null) {
      let rate = 0;
      for (const value of parameters.background) rate += value;
      parameters.season = updateSeason(problem.rhythm, parameters.season, share, rate, problem.rhythmPrior);
      this.refreshSeason();
    }
    this.updateTimeGain();
    this.updateSpace();
    this.refreshTheta();
  }

  /** K w given a: closed form, and under the bound on the branching ratio with its Lagrange multiplier found by halving. */
  private updateTimeGain(): void {
    const { Q, bases, J, mass, influence, maxBranchingRatio, kernelPrior } = this.problem;
    const { timeGain, space } = this.parameters;
    const counts = new Float64Array(Q * J);
    const exposure = new Float64Array(Q * J);
    for (let q = 0; q < Q; q++) {
      for (let j = 0; j < J; j++) {
        let n = kernelPrior.timeCounts[q * J + j]!;
        let g = kernelPrior.rate[q]!;
        for (let b = 0; b < bases; b++) {
          const d = (q * bases + b) * J + j;
          n += this.responsibility[d]!;
          g += space[q * bases + b]! * mass[d]!;
        }
        counts[q * J + j] = n;
        exposure[q * J + j] = g;
      }
    }
    const ratio = (multiplier: number): number => {
      let sum = 0;
      for (let i = 0; i < counts.length; i++) {
        const m = influence[Math.floor(i / J)]!;
        if (counts[i]! > 0) sum += (m * counts[i]!) / (exposure[i]! + multiplier * m);
      }
      return sum;
    };
    let multiplier = 0;
    if (ratio(0) > maxBranchingRatio) {
      let high = 1;
      while (ratio(high) > maxBranchingRatio) high *= 2;
      let low = 0;
      for (let i = 0; i < 100; i++) {
        multiplier = (low + high) / 2;
        if (ratio(multiplier) > maxBranchingRatio) low = multiplier;
        else high = multiplier;
      }
      multiplier = high;
    }
    for (let i = 0; i < counts.length; i++) {
      const m = influence[Math.floor(i / J)]!;
      timeGain[i] = counts[i]! > 0 ? counts[i]! / (exposure[i]! + multiplier * m) : 0;
    }
  }

  /** a given K w: maximum on the simplex. */
  private updateSpace(): void {
    const { Q, bases, J, mass, kernelPrior } = this.problem;
    const { timeGain, space } = this.parameters;
    for (let q = 0; q < Q; q++) {
      const counts = new Float64Array(bases);
      const exposure = new Float64Array(bases);
      let found = 0;
      for (let b = 0; b < bases; b++) {
        let n = kernelPrior.spaceCounts[q * bases + b]!;
        let g = 0;
        for (let j = 0; j < J; j++) {
          const d = (q * bases + b) * J + j;
          n += this.responsibility[d]!;
          g += timeGain[q * J + j]! * mass[d]!;
        }
        counts[b] = n;
        exposure[b] = g;
        found += n;
      }
      if (found > 0) space.set(simplexWeights(counts, exposure, 1), q * bases);
    }
  }

  private refreshTheta(): void {
    const { Q, bases, J } = this.problem;
    const { timeGain, space } = this.parameters;
    for (let q = 0; q < Q; q++) {
      for (let b = 0; b < bases; b++) {
        for (let j = 0; j < J; j++) this.theta[(q * bases + b) * J + j] = space[q * bases + b]! * timeGain[q * J + j]!;
      }
    }
  }

  private refreshSeason(): void {
    const { rhythm } = this.problem;
    const { season } = this.parameters;
    if (rhythm !== null && season !== null) this.seasonHours = applySeason(rhythm, season, this.seasonFactor);
  }

  private penalty(): number {
    const { problem, parameters } = this;
    const { kernelPrior, J } = problem;
    let sum = backgroundPenalty(parameters.background, problem.backgroundPrior);
    if (problem.rhythmPrior !== null && parameters.season !== null)
      sum += rhythmPenalty(parameters.season, problem.rhythmPrior);
    for (let i = 0; i < parameters.timeGain.length; i++) {
      const n = kernelPrior.timeCounts[i]!;
      if (n > 0) sum += n * Math.log(parameters.timeGain[i]!);
      sum -= kernelPrior.rate[Math.floor(i / J)]! * parameters.timeGain[i]!;
    }
    for (let i = 0; i < parameters.space.length; i++) {
      const n = kernelPrior.spaceCounts[i]!;
      if (n > 0) sum += n * Math.log(parameters.space[i]!);
    }
    return sum;
  }
}
