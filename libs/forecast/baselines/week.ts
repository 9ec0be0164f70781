import { maximize } from '../distributions/maximize.js';
import { lnGamma } from '../distributions/special.js';
import { HOURS_OF_WEEK, hourOfWeekLocal, type LocalClock, localClock } from '../process/clock.js';
import { detectTimeResolution } from '../process/resolution.js';

/** Hours that [from, to) spends in each local hour of the week (0 is Monday 00:00); sums to `to − from`. */
export function weekExposure(from: number, to: number, clock: LocalClock): Float64Array {
  const exposure = new Float64Array(HOURS_OF_WEEK);
  clock.forEachSpan(from, to, (start, end, offset) => {
    for (let local = start + offset; local < end + offset;) {
      const next = Math.min(end + offset, Math.floor(local) + 1);
      const slot = hourOfWeekLocal(local);
      exposure[slot] = (exposure[slot] as number) + (next - local);
      local = next;
    }
  });
  return exposure;
}

/** Log-likelihood by which differences must explain the counts better than none: about the 2 % point of chance. */
const LEAST_GAIN = 2;

/**
 * Gamma–Poisson shrinkage: counts n with expectations e are taken as Poisson(e s), s ~ Gamma with mean m and strength
 * k; k is found by maximum marginal likelihood and the posterior means (k m + n) / (k + e) returned. Thin data or no
 * real differences give k large and factors near m.
 */
function shrink(counts: Float64Array, expectations: Float64Array, centre: Float64Array): Float64Array {
  const logMarginal = (x: number): number => {
    const k = Math.exp(x);
    let sum = 0;
    for (let i = 0; i < counts.length; i++) {
      const shape = k * (centre[i] as number);
      const e = expectations[i] as number;
      if (e === 0) continue;
      const n = counts[i] as number;
      sum += lnGamma(shape + n) - lnGamma(shape) - shape * Math.log1p(e / k) - n * Math.log1p(k / e);
    }
    return sum;
  };
  const flat = Math.log(1e7);
  const best = maximize(logMarginal, Math.log(0.1), flat, 1e-3);
  // A handful of events always seems to have a rhythm: it must explain them clearly better than none.
  const k = Math.exp(best.value - logMarginal(flat) < LEAST_GAIN ? flat : best.at);
  return Float64Array.from(counts, (n, i) => (k * (centre[i] as number) + n) / (k + (expectations[i] as number)));
}

/**
 * Factor of each slot of the week, mean 1 over the training span, shrunk towards 1 where data is thin: first the hour
 * of day and the day of week each towards 1, then the slot towards their product. Where the times carry a day and no hour,
 * the hour of day is left at 1: its factor would put a whole day's risk into one hour.
 *
 * @param times event times within [from, to).
 */
export function weekFactors(
  times: ArrayLike<number>,
  from: number,
  to: number,
  timeZone = 'UTC',
): { readonly factors: Float64Array; readonly daily: boolean } {
  const clock = localClock(timeZone);
  const exposure = weekExposure(from, to, clock);
  const counts = new Float64Array(HOURS_OF_WEEK);
  for (let i = 0; i < times.length; i++) {
    const slot = clock.hourOfWeek(times[i] as number);
    counts[slot] = (counts[slot] as number) + 1;
  }
  const perHour = times.length / (to - from);
  const expectations = exposure.map((hours) => hours * perHour);
  const daily = !detectTimeResolution(times, timeZone).hourUsable;
  if (times.length === 0) return { factors: new Float64Array(HOURS_OF_WEEK).fill(1), daily };

  const margin = (groups: number, groupOf: (slot: number) => number): Float64Array => {
    const n = new Float64Array(groups);
    const e = new Float64Array(groups);
    for (let slot = 0; slot < HOURS_OF_WEEK; slot++) {
      const g = groupOf(slot);
      n[g] = (n[g] as number) + (counts[slot] as number);
      e[g] = (e[g] as number) + (expectations[slot] as number);
    }
    return shrink(n, e, new Float64Array(groups).fill(1));
  };
  const day = margin(7, (slot) => Math.floor(slot / 24));
  const dayOf = Float64Array.from({ length: HOURS_OF_WEEK }, (_, slot) => day[Math.floor(slot / 24)] as number);
  let factors: Float64Array = dayOf;
  if (!daily) {
    const hour = margin(24, (slot) => slot % 24);
    factors = shrink(
      counts,
      expectations,
      dayOf.map((d, slot) => d * (hour[slot % 24] as number)),
    );
  }
  let mean = 0;
  for (let slot = 0; slot < HOURS_OF_WEEK; slot++)
    mean += ((factors[slot] as number) * (exposure[slot] as number)) / (to - from);
  return { factors: factors.map((f) => f / mean), daily };
}
