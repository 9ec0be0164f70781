import type { EmParameters, KernelPrior } from './em.js';
import type { Region } from './region.js';

/** Pseudo-events that hold a knot's kernels to the pooled one. */
const POOLING = 20;
/** Pseudo-exposure without successors: see {@link KernelPrior}. */
const SPARSITY = 2;

/** No pooled kernel yet: only the pull towards no successors. */
export function sparsePrior(Q: number, bases: number, J: number): KernelPrior {
  return {
    timeCounts: new Float64Array(Q * J),
    spaceCounts: new Float64Array(Q * bases),
    rate: new Float64Array(Q).fill(SPARSITY),
  };
}

/** The kernel of all marks, as pseudo-events at every knot. */
export function pooledPrior(pooled: EmParameters, Q: number, bases: number, J: number): KernelPrior {
  const gain = pooled.timeGain.reduce((a, b) => a + b, 0);
  const timeCounts = new Float64Array(Q * J);
  const spaceCounts = new Float64Array(Q * bases);
  for (let i = 0; i < timeCounts.length; i++) timeCounts[i] = gain > 0 ? (POOLING * pooled.timeGain[i % J]!) / gain : 0;
  for (let i = 0; i < spaceCounts.length; i++) spaceCounts[i] = POOLING * pooled.space[i % bases]!;
  return { timeCounts, spaceCounts, rate: new Float64Array(Q).fill(gain > 0 ? POOLING / gain : SPARSITY) };
}

/** The same kernel at every knot: where a round by mark starts from. */
export function widen(parameters: EmParameters, Q: number): EmParameters {
  const repeat = (row: Float64Array): Float64Array => {
    const out = new Float64Array(row.length * Q);
    for (let q = 0; q < Q; q++) out.set(row, q * row.length);
    return out;
  };
  return {
    background: parameters.background.slice(),
    season: parameters.season,
    timeGain: repeat(parameters.timeGain),
    space: repeat(parameters.space),
  };
}

/**
 * Where EM starts: most influence near the event. Slow and far components look like background, and along that ridge EM hardly
 * moves; from this side it ends with no more of them than the data asks for.
 */
export function nearbyFirst(region: Region): Float64Array {
  const weights = Float64Array.from({ length: region.bases }, (_, b) =>
    b <= region.rings ? 0.4 ** b : 0.4 ** (region.rings + 1),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
