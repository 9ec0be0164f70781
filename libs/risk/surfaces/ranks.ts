/**
 * Percentile, 0 to 100, of each value among all: the share of the others that are smaller, ties counted half. A lone
 * value stands at 50.
 */
export function percentiles(values: ArrayLike<number>): Uint8Array {
  const n = values.length;
  const sorted = Float64Array.from(values).sort();
  const out = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const value = values[i] ?? 0;
    const below = lowerBound(sorted, value, false);
    const notAbove = lowerBound(sorted, value, true);
    out[i] = n === 1 ? 50 : Math.round((100 * (below + (notAbove - below - 1) / 2)) / (n - 1));
  }
  return out;
}

/** How many of the ascending values are smaller than `value`; with `orEqual`, smaller or equal. */
function lowerBound(sorted: Float64Array, value: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = sorted[middle] ?? Infinity;
    if (orEqual ? at <= value : at < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
