import { hourOfWeekLocal, HOURS_OF_WEEK, localClock, type LocalClock } from './clock.js';

/**
 * The rhythm of the background: s(t) = week[hour of week] · year[month], both on the namespace's wall clock and each of mean 1.
 * A season of ones, or `null` in its place, means no rhythm.
 */
export interface Season {
  readonly timeZone: string;
  /** 168 factors, mean 1; index 0 is Monday 00:00–01:00 local. */
  readonly week: Float64Array;
  /** 12 factors, mean 1, January first; all ones unless the fit was asked for months. */
  readonly year: Float64Array;
}

/** s(t), dimensionless. `null` gives 1. */
export function seasonAt(season: Season | null, t: number): number {
  if (season === null) return 1;
  const clock = localClock(season.timeZone);
  return season.week[clock.hourOfWeek(t)]! * season.year[clock.month(t)]!;
}

/** ∫ s over `[from, to]`, hours: exact, whatever the clock does in between. 0 where `to ≤ from`. */
export function seasonIntegral(season: Season | null, from: number, to: number): number {
  if (!(to > from)) return 0;
  if (season === null) return to - from;
  const { week, year } = season;
  const months = !year.every((factor) => factor === 1);
  const before = new Float64Array(HOURS_OF_WEEK + 1);
  for (let k = 0; k < HOURS_OF_WEEK; k++) before[k + 1] = before[k]! + week[k]!;
  /** ∫ week over local time from the start of some week. */
  const upTo = (local: number): number => {
    const hours = Math.floor(local);
    const k = hourOfWeekLocal(local);
    return ((hours - k) / HOURS_OF_WEEK) * before[HOURS_OF_WEEK]! + before[k]! + (local - hours) * week[k]!;
  };
  let sum = 0;
  localClock(season.timeZone).forEachSpan(from, to, (start, end, offset) => {
    if (!months) {
      sum += upTo(end + offset) - upTo(start + offset);
      return;
    }
    for (let local = start + offset; local < end + offset;) {
      const date = new Date(local * 3_600_000);
      const nextMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / 3_600_000;
      const stop = Math.min(end + offset, nextMonth);
      sum += year[date.getUTCMonth()]! * (upTo(stop) - upTo(local));
      local = stop;
    }
  });
  return sum;
}

/** ∫ s over [from, from + h] for every h in 0..hours: one pass, for surfaces that answer any horizon. */
export function seasonCumulative(season: Season | null, from: number, hours: number): Float64Array {
  const sums = new Float64Array(hours + 1);
  for (let h = 1; h <= hours; h++) sums[h] = sums[h - 1]! + seasonIntegral(season, from + h - 1, from + h);
  return sums;
}

/** Hours that `[from, to]` spends in each (hour of week, month): `exposure[k * 12 + month]`. */
export function seasonExposure(clock: LocalClock, from: number, to: number): Float64Array {
  const exposure = new Float64Array(HOURS_OF_WEEK * 12);
  clock.forEachSpan(from, to, (start, end, offset) => {
    const stop = end + offset;
    let local = start + offset;
    let month = -1;
    let monthEnds = -Infinity;
    while (local < stop) {
      if (local >= monthEnds) {
        const date = new Date(local * 3_600_000);
        month = date.getUTCMonth();
        monthEnds = Date.UTC(date.getUTCFullYear(), month + 1, 1) / 3_600_000;
      }
      const next = Math.min(stop, Math.floor(local) + 1);
      exposure[hourOfWeekLocal(local) * 12 + month]! += next - local;
      local = next;
    }
  });
  return exposure;
}

/**
 * Solves x_k = N_k / (H_k + ν) for the ν that makes Σ x_k = total: the maximum of Σ N_k ln x_k − H_k x_k on a simplex.
 * It is the closed-form step of every set of weights with a fixed sum. N must be ≥ 0 with a positive sum, H ≥ 0.
 */
export function simplexWeights(counts: Float64Array, exposure: Float64Array, total: number): Float64Array {
  let sum = 0;
  let lowest = -Infinity;
  for (let k = 0; k < counts.length; k++) {
    sum += counts[k]!;
    // Every x_k is at most the total, so ν ≥ N_k / total − H_k for each k.
    if (counts[k]! > 0) lowest = Math.max(lowest, counts[k]! / total - exposure[k]!);
  }
  const out = new Float64Array(counts.length);
  if (!(sum > 0)) return out.fill(total / counts.length);
  let low = lowest;
  let high = Math.max(sum / total, low + 1);
  const excess = (nu: number): number => {
    let x = -total;
    for (let k = 0; k < counts.length; k++) if (counts[k]! > 0) x += counts[k]! / (exposure[k]! + nu);
    return x;
  };
  while (excess(high) > 0) high = high > 0 ? high * 2 + 1 : high / 2 + 1;
  for (let i = 0; i < 200 && high - low > 1e-15 * (Math.abs(high) + Math.abs(low)); i++) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  let reached = 0;
  for (let k = 0; k < counts.length; k++) {
    out[k] = counts[k]! > 0 ? counts[k]! / (exposure[k]! + high) : 0;
    reached += out[k]!;
  }
  for (let k = 0; k < counts.length; k++) out[k]! *= total / reached;
  return out;
}
