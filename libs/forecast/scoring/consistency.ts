import {
  InvalidArgument,
  requireCounts,
  requireInteger,
  requireNonNegative,
  requirePositive,
  requireRates,
  requireSameLength,
} from '../distributions/check.js';
import { countCdf } from '../distributions/counts.js';
import { lnFactorial } from '../distributions/special.js';
import { createRandom, type Random } from '../random.js';
import { poissonLogLikelihood } from './likelihood.js';

/** The N-test: whether as many events came as were expected. */
export interface NumberTest {
  /** P(at least as many as observed). Small: too few were forecast. */
  readonly delta1: number;
  /** P(at most as many as observed). Small: too many were forecast. */
  readonly delta2: number;
  readonly expected: number;
  readonly observed: number;
}

/**
 * N-test of CSEP (Zechar et al. 2010): δ1 = 1 − F(N − 1), δ2 = F(N). With `dispersion` 1 the number is Poisson; with
 * more it is negative binomial with variance = dispersion × expected, which is right for clustered events.
 */
export function numberTest(expected: number, observed: number, dispersion = 1): NumberTest {
  requireNonNegative('expected', expected);
  requireInteger('observed', observed, 0);
  return {
    delta1: 1 - countCdf(observed - 1, expected, dispersion),
    delta2: countCdf(observed, expected, dispersion),
    expected,
    observed,
  };
}

/** A consistency test by simulation: how the observed log-likelihood stands among those of simulated catalogues. */
export interface LikelihoodTest {
  /** Share of simulations whose log-likelihood is at most the observed one. Small: the observation surprises. */
  readonly quantile: number;
  /** Log-likelihood of the observation, nats. */
  readonly observed: number;
  /** Log-likelihoods of the simulated catalogues, in ascending order. */
  readonly simulated: Float64Array;
}

/** How a test by simulation is drawn. */
export interface SimulationOptions {
  /** Number of simulated catalogues; the quantile's error is about sqrt(q (1 − q) / simulations). */
  readonly simulations?: number;
  /** The same seed gives the same quantile. */
  readonly seed?: number;
}

/** Running totals for drawing a cell with a chance proportional to its rate. */
function cumulate(rates: ArrayLike<number>): Float64Array {
  let sum = 0;
  return Float64Array.from({ length: rates.length }, (_, i) => (sum += rates[i] as number));
}

/** First cell whose running total exceeds `target`: cells of rate 0 are never met. */
function locate(totals: Float64Array, target: number): number {
  let low = 0;
  let high = totals.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((totals[middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function simulate(
  rates: Float64Array,
  observed: ArrayLike<number>,
  numberOfEvents: (random: Random) => number,
  options: SimulationOptions,
): LikelihoodTest {
  const { simulations = 1000, seed = 1 } = options;
  requireInteger('simulations', simulations, 1);
  const random = createRandom(seed);
  const totals = cumulate(rates);
  const total = totals.length === 0 ? 0 : (totals[totals.length - 1] as number);
  const logRate = rates.map(Math.log);
  const observedScore = poissonLogLikelihood(rates, observed);
  const counts = new Uint32Array(rates.length);
  const simulated = new Float64Array(simulations);
  for (let s = 0; s < simulations; s++) {
    const events = numberOfEvents(random);
    const touched: number[] = [];
    for (let k = 0; k < events; k++) {
      const cell = locate(totals, random.next() * total);
      if (counts[cell] === 0) touched.push(cell);
      counts[cell] = (counts[cell] as number) + 1;
    }
    // Only cells with events differ from −Σλ, and clearing those alone keeps a simulation independent of the grid's size.
    let score = -total;
    for (const cell of touched) {
      const count = counts[cell] as number;
      score += count * (logRate[cell] as number) - lnFactorial(count);
      counts[cell] = 0;
    }
    simulated[s] = score;
  }
  simulated.sort();
  // The sums run in another order than the observed one's: equal catalogues must not be split by rounding.
  const limit = observedScore + 1e-9 * Math.max(1, Math.abs(observedScore));
  let atMost = 0;
  for (const score of simulated) if (score <= limit) atMost++;
  return { quantile: atMost / simulations, observed: observedScore, simulated };
}

function assertInputs(expected: ArrayLike<number>, observed: ArrayLike<number>): { total: number; events: number } {
  requireSameLength('observed', observed, 'expected', expected);
  requireRates('expected', expected);
  requireCounts('observed', observed);
  let total = 0;
  let events = 0;
  for (let i = 0; i < expected.length; i++) {
    total += expected[i] as number;
    events += observed[i] as number;
  }
  if (events > 0 && total === 0) throw new InvalidArgument('expected', 'is 0 everywhere, but events were observed');
  return { total, events };
}

/** L-test (Schorlemmer et al. 2007): the joint likelihood, with the number of simulated events Poisson. */
export function likelihoodTest(
  expected: ArrayLike<number>,
  observed: ArrayLike<number>,
  options: SimulationOptions = {},
): LikelihoodTest {
  const { total } = assertInputs(expected, observed);
  return simulate(Float64Array.from(expected), observed, (random) => random.poisson(total), options);
}

/** CL-test (Werner et al. 2011): the joint likelihood, with as many simulated events as were observed. */
export function conditionalLikelihoodTest(
  expected: ArrayLike<number>,
  observed: ArrayLike<number>,
  options: SimulationOptions = {},
): LikelihoodTest {
  const { events } = assertInputs(expected, observed);
  return simulate(Float64Array.from(expected), observed, () => events, options);
}

/**
 * S-test (Zechar et al. 2010): whether the events lie where the forecast has them, the rates scaled to the observed
 * number. `expected` and `observed` are summed over everything but space beforehand.
 */
export function spatialTest(
  expected: ArrayLike<number>,
  observed: ArrayLike<number>,
  options: SimulationOptions = {},
): LikelihoodTest {
  const { total, events } = assertInputs(expected, observed);
  requirePositive('sum of expected', total);
  const scaled = Float64Array.from({ length: expected.length }, (_, i) => ((expected[i] as number) * events) / total);
  return simulate(scaled, observed, () => events, options);
}
