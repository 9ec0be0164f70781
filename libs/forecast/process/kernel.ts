/**
 * How one event raises the intensity of others: the sum over mark knots q of
 *
 *     φ_q(m) e^{α (m − m_ref)} · K_q · Σ_j w_{q,j} β_j e^{−β_j Δt} · Σ_b a_{q,b} f_b(c | c_i)
 *
 * With one knot φ ≡ 1 and this is κ(m) = K e^{α (m − m_ref)} with one time kernel and one space kernel. With more, φ_q are the linear
 * hat functions over `knots`: large events then reach farther and fade otherwise than small ones, each knot with its own kernels, and
 * marks between two knots mix the two.
 */
export interface Kernel {
  /** Half-lives of the time components, hours, ascending; length J. */
  readonly halfLives: Float64Array;
  /** Mark knots, ascending; length Q ≥ 1. */
  readonly knots: Float64Array;
  /** Mark influence α, per unit of mark. */
  readonly alpha: number;
  readonly referenceMark: number;
  /** Direct successors K_q of an event at knot q, before the factor e^{α (m − m_ref)}; length Q. */
  readonly gain: Float64Array;
  /** Time weights w_{q,j}, each row of sum 1: `timeWeights[q * J + j]`. */
  readonly timeWeights: Float64Array;
  /** Space weights a_{q,b}, each row of sum 1: `spaceWeights[q * bases + b]`. */
  readonly spaceWeights: Float64Array;
}

/** β_j = ln 2 / half-life, per hour. */
export function ratesOf(halfLives: Float64Array): Float64Array {
  return Float64Array.from(halfLives, (half) => Math.LN2 / half);
}

/** `count` half-lives spaced evenly on a log scale from `shortest` to `longest`, hours. */
export function logSpaced(shortest: number, longest: number, count: number): Float64Array {
  const ratio = count > 1 ? Math.log(longest / shortest) / (count - 1) : 0;
  return Float64Array.from({ length: count }, (_, j) => shortest * Math.exp(ratio * j));
}

/**
 * Hat functions of a mark over the knots: writes φ_q(m) e^{α (m − m_ref)} into `out[0..Q)`. Beyond the outer knots the hat stays at 1
 * (the exponential still grows).
 */
export function markInfluence(
  kernel: Pick<Kernel, 'knots' | 'alpha' | 'referenceMark'>,
  mark: number,
  out: Float64Array,
): void {
  const { knots } = kernel;
  const scale = kernel.alpha === 0 ? 1 : Math.exp(kernel.alpha * (mark - kernel.referenceMark));
  out.fill(0);
  const last = knots.length - 1;
  if (last === 0 || mark <= knots[0]!) {
    out[0] = scale;
    return;
  }
  if (mark >= knots[last]!) {
    out[last] = scale;
    return;
  }
  let q = 0;
  while (mark >= knots[q + 1]!) q++;
  const x = (mark - knots[q]!) / (knots[q + 1]! - knots[q]!);
  out[q] = scale * (1 - x);
  out[q + 1] = scale * x;
}

/** Direct successors expected of one event with this mark, κ(m), inside and outside the region. */
export function expectedSuccessors(kernel: Kernel, mark: number): number {
  const influence = new Float64Array(kernel.knots.length);
  markInfluence(kernel, mark, influence);
  let sum = 0;
  for (let q = 0; q < influence.length; q++) sum += influence[q]! * kernel.gain[q]!;
  return sum;
}

/** Mean of φ_q(m) e^{α (m − m_ref)} over marks: what an event of unknown mark brings, length Q. All zero without marks given. */
export function meanInfluence(
  kernel: Pick<Kernel, 'knots' | 'alpha' | 'referenceMark'>,
  marks: Float64Array,
): Float64Array {
  const mean = new Float64Array(kernel.knots.length);
  const one = new Float64Array(kernel.knots.length);
  for (const mark of marks) {
    markInfluence(kernel, mark, one);
    for (let q = 0; q < one.length; q++) mean[q]! += one[q]! / marks.length;
  }
  return mean;
}

/** Mean number of direct successors of an event, given the mean influence of its mark: below 1 the process dies out. */
export function branchingRatio(kernel: Pick<Kernel, 'gain'>, influence: Float64Array): number {
  let sum = 0;
  for (let q = 0; q < influence.length; q++) sum += influence[q]! * kernel.gain[q]!;
  return sum;
}
