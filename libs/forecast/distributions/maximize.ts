import { InvalidArgument } from './check.js';

/**
 * Maximum of a smooth function on [from, to]: a coarse grid finds the hill, golden-section search its top. Throws
 * InvalidArgument where the bounds are not in order.
 */
export function maximize(
  f: (x: number) => number,
  from: number,
  to: number,
  tolerance = 1e-7,
): { at: number; value: number } {
  if (!(from < to)) throw new InvalidArgument('to', `must be above ${from}, got ${String(to)}`);
  const steps = 24;
  let peak = 0;
  let highest = -Infinity;
  for (let i = 0; i <= steps; i++) {
    const value = f(from + ((to - from) * i) / steps);
    if (value > highest) {
      highest = value;
      peak = i;
    }
  }
  const width = (to - from) / steps;
  let low = Math.max(from, from + (peak - 1) * width);
  let high = Math.min(to, from + (peak + 1) * width);
  const golden = (Math.sqrt(5) - 1) / 2;
  let left = high - golden * (high - low);
  let right = low + golden * (high - low);
  let atLeft = f(left);
  let atRight = f(right);
  while (high - low > tolerance) {
    if (atLeft >= atRight) {
      high = right;
      right = left;
      atRight = atLeft;
      left = high - golden * (high - low);
      atLeft = f(left);
    } else {
      low = left;
      left = right;
      atLeft = atRight;
      right = low + golden * (high - low);
      atRight = f(right);
    }
  }
  const at = 0.5 * (low + high);
  const value = f(at);
  return value >= highest ? { at, value } : { at: from + ((to - from) * peak) / steps, value: highest };
}
