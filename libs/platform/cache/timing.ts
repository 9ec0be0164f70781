/** How far a value's life may be from what its definition says, to either side: values made together do not die together. */
const JITTER = 0.1;

/** Loads are taken to be due this many load times before the end at the earliest; the chance before that is below 1e-8. */
const EARLIEST_LOADS = 19;

/**
 * @param random uniform in [0, 1)
 * @returns milliseconds, within a tenth of `ttlMs`
 */
export function jittered(ttlMs: number, random: number): number {
  return ttlMs * (1 - JITTER + 2 * JITTER * random);
}

/**
 * Whether to make a value anew before it ends, so that it never ends for all who want it at once: XFetch of Vattani,
 * Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8), 2015. The longer a value takes
 * to make, the earlier; `loadMs` is the paper's delta, its beta is 1.
 * @param random uniform in [0, 1)
 */
export function isDueEarly(now: number, freshUntil: number, loadMs: number, random: number): boolean {
  // 1 - random: the logarithm of 0 would make any value due.
  return now - loadMs * Math.log(1 - random) >= freshUntil;
}

/** Before this moment `isDueEarly` need not be asked. */
export function earliestDue(freshUntil: number, loadMs: number): number {
  return freshUntil - EARLIEST_LOADS * loadMs;
}
