import { negativeBinomial } from './background.js';
import { HOURS_OF_WEEK, localClock } from './clock.js';
import { type Season, seasonExposure, simplexWeights } from './season.js';

/** What the fit of s(t) needs of the learning window: which factor each event meets, and how long each lasted. */
export interface Rhythm {
  readonly timeZone: string;
  readonly months: boolean;
  /** Hour of week and month of every learning event. */
  readonly hour: Int16Array;
  readonly month: Int8Array;
  /** Hours of the window in each (hour of week, month), `[k * 12 + month]`. */
  readonly exposure: Float64Array;
}

/** Prior of the factors: pseudo-events laid out over hours of the week and over months. */
export interface RhythmPrior {
  /** 168 pseudo-counts, and 12. */
  readonly week: Float64Array;
  readonly year: Float64Array;
}

/** Pseudo-events per hour of the week behind the product of day and hour: which of these, the data says. */
const WEEK_STRENGTHS = [10, 20, 40, 80, 160, 320, 640, 1280, 2560] as const;
/** Pseudo-events per hour of the day and day of the week behind 1, and per month. */
const DAY_STRENGTH = 10;
const MONTH_STRENGTH = 50;

export function buildRhythm(timeZone: string, months: boolean, time: Float64Array, from: number, to: number): Rhythm {
  const clock = localClock(timeZone);
  return {
    timeZone,
    months,
    hour: Int16Array.from(time, (t) => clock.hourOfWeek(t)),
    month: Int8Array.from(time, (t) => clock.month(t)),
    exposure: seasonExposure(clock, from, to),
  };
}

export function flatSeason(timeZone: string): Season {
  return { timeZone, week: new Float64Array(HOURS_OF_WEEK).fill(1), year: new Float64Array(12).fill(1) };
}

/** s at each learning event, into `out`; and ∫ s over the window, returned. */
export function applySeason(rhythm: Rhythm, season: Season, out: Float64Array): number {
  for (let e = 0; e < out.length; e++) out[e] = season.week[rhythm.hour[e]!]! * season.year[rhythm.month[e]!]!;
  let integral = 0;
  for (let k = 0; k < HOURS_OF_WEEK; k++) {
    for (let m = 0; m < 12; m++) integral += rhythm.exposure[k * 12 + m]! * season.week[k]! * season.year[m]!;
  }
  return integral;
}

/**
 * Shrinkage of the rhythm. Hours of the week are pulled towards the product of their hour of the day and their day of the week, which
 * themselves are pulled towards 1: a namespace with a hundred events gets a flat week, one with ten thousand its own. How hard they
 * are pulled is empirical Bayes: the strength under which the counts about the product are likeliest.
 *
 * @param share 1 for learning events taken as background, 0 for the others (drawn, so that the counts vary as counts do).
 */
export function rhythmPrior(rhythm: Rhythm, share: Float64Array): RhythmPrior {
  const counts = countWeek(rhythm, share);
  const { day, hour, exposed } = marginals(rhythm, counts, DAY_STRENGTH);
  const product = new Float64Array(HOURS_OF_WEEK);
  const expected = new Float64Array(HOURS_OF_WEEK);
  for (let k = 0; k < HOURS_OF_WEEK; k++) {
    product[k] = hour[k % 24]! * day[Math.floor(k / 24)]!;
    expected[k] = exposed[k]! * product[k]!;
  }
  let strength = 0;
  let best = -Infinity;
  for (const candidate of WEEK_STRENGTHS) {
    const value = negativeBinomial(counts, expected, 1, candidate);
    if (value > best) [best, strength] = [value, candidate];
  }
  const week = product.map((value) => strength * value);
  return { week, year: new Float64Array(12).fill(MONTH_STRENGTH) };
}

/**
 * Whether hour and day tell enough to be worth their 29 parameters (BIC): the likelihood gained by the product of the two over a flat
 * week, against ½ · 29 · ln n.
 */
export function rhythmMatters(rhythm: Rhythm, share: Float64Array): boolean {
  const counts = countWeek(rhythm, share);
  const { day, hour } = marginals(rhythm, counts, DAY_STRENGTH);
  let gain = 0;
  let total = 0;
  for (let k = 0; k < HOURS_OF_WEEK; k++) {
    total += counts[k]!;
    gain += counts[k]! * Math.log(hour[k % 24]! * day[Math.floor(k / 24)]!);
  }
  return total > 1 && gain > 0.5 * 29 * Math.log(total);
}

function countWeek(rhythm: Rhythm, share: Float64Array): Float64Array {
  const counts = new Float64Array(HOURS_OF_WEEK);
  for (let e = 0; e < share.length; e++) counts[rhythm.hour[e]!]! += share[e]!;
  return counts;
}

/** Factors of the day of the week and the hour of the day, each of mean about 1, and what each hour of the week would count at 1. */
function marginals(
  rhythm: Rhythm,
  counts: Float64Array,
  strength: number,
): { day: Float64Array; hour: Float64Array; exposed: Float64Array } {
  const day = new Float64Array(7);
  const hour = new Float64Array(24);
  const dayHours = new Float64Array(7);
  const hourHours = new Float64Array(24);
  const exposed = new Float64Array(HOURS_OF_WEEK);
  let total = 0;
  let hours = 0;
  for (let k = 0; k < HOURS_OF_WEEK; k++) {
    let exposure = 0;
    for (let m = 0; m < 12; m++) exposure += rhythm.exposure[k * 12 + m]!;
    day[Math.floor(k / 24)]! += counts[k]!;
    hour[k % 24]! += counts[k]!;
    dayHours[Math.floor(k / 24)]! += exposure;
    hourHours[k % 24]! += exposure;
    total += counts[k]!;
    hours += exposure;
    exposed[k] = exposure;
  }
  const rate = Math.max(total, 1e-9) / hours;
  for (let d = 0; d < 7; d++) day[d] = (day[d]! + strength) / (dayHours[d]! * rate + strength);
  for (let h = 0; h < 24; h++) hour[h] = (hour[h]! + strength) / (hourHours[h]! * rate + strength);
  return { day, hour, exposed: exposed.map((value) => value * rate) };
}

/** One conditional maximisation of the factors given the background's total rate (events per hour): week first, then months. */
export function updateSeason(
  rhythm: Rhythm,
  season: Season,
  share: Float64Array,
  rate: number,
  prior: RhythmPrior,
): Season {
  const weekCounts = Float64Array.from(prior.week);
  const weekExposure = new Float64Array(HOURS_OF_WEEK);
  for (let e = 0; e < share.length; e++) weekCounts[rhythm.hour[e]!]! += share[e]!;
  for (let k = 0; k < HOURS_OF_WEEK; k++) {
    for (let m = 0; m < 12; m++) weekExposure[k]! += rate * rhythm.exposure[k * 12 + m]! * season.year[m]!;
  }
  const week = simplexWeights(weekCounts, weekExposure, HOURS_OF_WEEK);
  if (!rhythm.months) return { timeZone: season.timeZone, week, year: season.year };

  const yearCounts = Float64Array.from(prior.year);
  const yearExposure = new Float64Array(12);
  for (let e = 0; e < share.length; e++) yearCounts[rhythm.month[e]!]! += share[e]!;
  for (let k = 0; k < HOURS_OF_WEEK; k++) {
    for (let m = 0; m < 12; m++) yearExposure[m]! += rate * rhythm.exposure[k * 12 + m]! * week[k]!;
  }
  return { timeZone: season.timeZone, week, year: simplexWeights(yearCounts, yearExposure, 12) };
}

/** The prior's part of the objective that {@link updateSeason} climbs. */
export function rhythmPenalty(season: Season, prior: RhythmPrior): number {
  let sum = 0;
  for (let k = 0; k < HOURS_OF_WEEK; k++) sum += prior.week[k]! * Math.log(season.week[k]!);
  for (let m = 0; m < 12; m++) sum += prior.year[m]! * Math.log(season.year[m]!);
  return sum;
}
