/**
 * What the marks of events are: `amount` adds up (money, people, litres), `magnitude` is a logarithm and must never be
 * summed, `none` says nothing.
 */
export type MarkKind = 'amount' | 'magnitude' | 'none';

/** Fewer finite marks than this are not enough to call them logarithms. */
const ENOUGH = 30;

/**
 * Guesses the kind of marks, for a namespace that has not said it.
 *
 * `none`: no finite mark, or all of them 0. `magnitude`: at least 30 finite marks, all from −5 to 10.5, at least three
 * in ten not whole, at most one in five exactly 0, and no heavy tail: the 99th percentile is below four times the
 * median (a median below 1 counting as 1). Everything else is `amount`. Losses given in millions can look like
 * magnitudes in every respect but the last; where it matters, the kind is to be said and not guessed.
 *
 * @param marks NaN where missing.
 */
export function detectMarkKind(marks: ArrayLike<number>): MarkKind {
  const finite = Float64Array.from(marks).filter(Number.isFinite).sort();
  const n = finite.length;
  const lowest = finite[0];
  const highest = finite[n - 1];
  if (lowest === undefined || highest === undefined || (lowest === 0 && highest === 0)) return 'none';
  if (n < ENOUGH || lowest < -5 || highest > 10.5) return 'amount';
  let broken = 0;
  let zeros = 0;
  for (const value of finite) {
    if (value === 0) zeros++;
    else if (!Number.isInteger(value)) broken++;
  }
  if (broken < 0.3 * n || zeros > 0.2 * n) return 'amount';
  const median = finite[n >> 1] as number;
  const far = finite[Math.floor(0.99 * n)] as number;
  return far < 4 * Math.max(median, 1) ? 'magnitude' : 'amount';
}
