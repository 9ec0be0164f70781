import {
  DispersionAccumulator,
  countQuantiles,
  type DispersionFit,
  fitDispersion,
  InvalidArgument,
  probabilitiesOfAny,
} from '../distributions/index.js';
import { createRandom } from '../random.js';
import {
  areaScore,
  type AreaScore,
  BrierAccumulator,
  combineAreaScores,
  combineCoverage,
  combinePit,
  type Coverage,
  coverage,
  type ForecastAtEvents,
  numberTest,
  pitHistogram,
  type PitHistogram,
  pointLogLikelihood,
  poissonLogLikelihood,
  randomizedPit,
  ratesAtEvents,
} from '../scoring/index.js';
import type { ConditionalScore, Forecaster, ForecasterScore, WindowScore } from './types.js';

/** Windows' totals say little of their own variance before there are this many. */
const ENOUGH_TOTALS = 8;

/** A test window and what happened in it. */
export interface TestWindow {
  readonly from: number;
  readonly to: number;
  /** Cells of its events, in time order. */
  readonly cells: ArrayLike<number>;
  /** Events per cell. */
  readonly observed: Float64Array;
}

/** Scores of one forecaster, added up window by window at a memory that grows with the events, not with the cells. */
export class Tally {
  private readonly windows: WindowScore[] = [];
  private readonly rates: Float64Array[] = [];
  private readonly intensities: Float64Array[] = [];
  private readonly areaHits: AreaScore[][] = [];
  private readonly brier = new BrierAccumulator();
  private readonly coverages: Coverage[] = [];
  private readonly pits: PitHistogram[] = [];
  private readonly dispersion = new DispersionAccumulator();
  private readonly random;
  private integral = 0;
  private everConditional = true;
  private impossible = 0;
  private newest: DispersionFit = { dispersion: 1, gain: 0, pairs: 0, impossible: 0 };

  constructor(
    private readonly forecaster: Forecaster,
    private readonly areaShares: readonly number[],
    private readonly areas: Float64Array | undefined,
    seed: number,
  ) {
    this.random = createRandom(seed);
  }

  /** Takes a window's forecast in. Throws InvalidArgument naming the forecaster where it is no forecast. */
  add(window: TestWindow, expected: Float64Array, conditional: ConditionalScore | undefined): void {
    const { observed, cells } = window;
    this.assertForecast(expected, observed.length);
    const rates = ratesAtEvents(expected, cells);
    for (const rate of rates) if (rate === 0) this.impossible++;
    // Probabilities of this window come from the dispersion of the windows before it: no look ahead here either.
    const phi = this.newest.dispersion;
    this.brier.add(probabilitiesOfAny(expected, phi), observed);
    const [lower, upper] = countQuantiles(expected, [0.05, 0.95], phi) as [Uint32Array, Uint32Array];
    this.coverages.push(coverage(lower, upper, observed));
    this.pits.push(pitHistogram(randomizedPit(expected, observed, phi, this.random)));
    this.areaHits.push(this.areaShares.map((share) => areaScore(expected, observed, share, this.areas)));
    this.rates.push(rates);
    if (conditional === undefined) this.everConditional = false;
    else {
      if (conditional.intensity.length !== cells.length) {
        throw new InvalidArgument(
          this.forecaster.name,
          `gave ${conditional.intensity.length} intensities for ${cells.length} events`,
        );
      }
      this.intensities.push(conditional.intensity);
      this.integral += conditional.integral;
    }
    this.windows.push({
      from: window.from,
      to: window.to,
      expected: expected.reduce((a, b) => a + b, 0),
      observed: cells.length,
      logScore: poissonLogLikelihood(expected, observed),
      dispersion: phi,
    });
    this.dispersion.add(expected, observed);
    this.newest = this.dispersion.fit();
  }

  private assertForecast(expected: Float64Array, size: number): void {
    const { name } = this.forecaster;
    if (expected.length !== size) {
      throw new InvalidArgument(name, `gave ${expected.length} expected counts for ${size} cells`);
    }
    expected.forEach((value, c) => {
      if (!(value >= 0 && value < Infinity)) {
        throw new InvalidArgument(name, `gave an expected count of ${value} for cell ${c}`);
      }
    });
  }

  /** Expected counts at the events of all windows: what the comparison tests read. */
  atEvents(): ForecastAtEvents {
    return { rates: concatenate(this.rates), total: this.windows.reduce((sum, w) => sum + w.expected, 0) };
  }

  /** Conditional intensities at the events of all windows; undefined where any window had none. */
  conditionalAtEvents(): ForecastAtEvents | undefined {
    return this.everConditional ? { rates: concatenate(this.intensities), total: this.integral } : undefined;
  }

  /** The score of all windows. */
  result(parameters: Readonly<Record<string, number>>, fits: number): ForecasterScore {
    const { windows } = this;
    const expected = windows.reduce((sum, w) => sum + w.expected, 0);
    const observed = windows.reduce((sum, w) => sum + w.observed, 0);
    const totals = fitDispersion(
      windows.map((w) => w.expected),
      windows.map((w) => w.observed),
    );
    const ofTotals = windows.length < ENOUGH_TOTALS ? this.newest.dispersion : totals.dispersion;
    const point = this.conditionalAtEvents();
    return {
      name: this.forecaster.name,
      role: this.forecaster.role,
      windows,
      expected,
      observed,
      logScore: windows.reduce((sum, w) => sum + w.logScore, 0),
      ...(point !== undefined && observed > 0 && { pointScore: pointLogLikelihood(point.rates, point.total) }),
      impossible: this.impossible,
      area: this.areaShares.map((_, k) => combineAreaScores(this.areaHits.map((hits) => hits[k] as AreaScore))),
      brier: this.brier.result(),
      coverage: combineCoverage(this.coverages),
      pit: combinePit(this.pits),
      numberTest: {
        poisson: numberTest(expected, observed),
        dispersed: numberTest(expected, observed, ofTotals),
        dispersion: ofTotals,
      },
      dispersion: this.newest,
      parameters,
      fits,
    };
  }
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
