/** What a text says of a time: `wall` is its clock reading as if it were UTC (ms), `offset` what it says of its zone (ms), NaN for nothing. */
export interface TimeParts {
  wall: number;
  offset: number;
  /** The text is a day without a time of day. */
  dayOnly: boolean;
}

/** Whether 3/4/2020 is the 4th of March (month first) or the 3rd of April (day first); null: not known, such texts are refused. */
export type DayOrder = 'month-first' | 'day-first' | null;

const MINUTE = 60_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads the ways in which files write times: ISO 8601 and its relatives (`2011-01-01 05:49:17.23`, basic `20110101T0549Z`), dates
 * with slashes, dots or month names, 12-hour clocks. Fills `into` and returns true, or returns false for what is no time.
 */
export function readTime(text: string, order: DayOrder, into: TimeParts): boolean {
  return readIso(text, into) || readBasic(text, into) || readLoose(text, order, into);
}

/** The common case, by character codes: every row of a large file passes here. */
export function readIso(text: string, into: TimeParts): boolean {
  const n = text.length;
  if (n < 10) return false;
  const separator = text.charCodeAt(4);
  if ((separator !== 45 && separator !== 47) || text.charCodeAt(7) !== separator) return false;
  const century = two(text, 0);
  const years = two(text, 2);
  const day = dayOf(century < 0 || years < 0 ? -1 : century * 100 + years, two(text, 5), two(text, 8));
  if (Number.isNaN(day)) return false;
  into.offset = Number.NaN;
  into.dayOnly = n === 10;
  into.wall = day;
  if (n === 10) return true;
  const t = text.charCodeAt(10);
  if (n < 16 || (t !== 84 && t !== 32 && t !== 116) || text.charCodeAt(13) !== 58) return false;
  const hour = two(text, 11);
  const minute = two(text, 14);
  let at = 16;
  let second = 0;
  if (text.charCodeAt(16) === 58) {
    second = two(text, 17);
    at = 19;
  }
  let fraction = 0;
  const point = text.charCodeAt(at);
  if (at === 19 && (point === 46 || point === 44)) {
    let scale = 100;
    let i = 20;
    for (; i < n; i++) {
      const digit = text.charCodeAt(i) - 48;
      if (digit < 0 || digit > 9) break;
      fraction += digit * scale;
      scale /= 10;
    }
    if (i === 20) return false;
    at = i;
  }
  const clock = clockOf(hour, minute, second, Math.floor(fraction + 1e-6));
  if (Number.isNaN(clock)) return false;
  into.wall = day + clock;
  return at === n || readOffset(text, at, into);
}

/** `20110101`, `20110101T054917`, `20110101 0549Z`. */
function readBasic(text: string, into: TimeParts): boolean {
  const match = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?(?:\.(\d+))?(.*))?$/.exec(text);
  if (match === null) return false;
  const [, year, month, dayText, hour, minute, second, fraction, zone = ''] = match;
  const day = dayOf(Number(year), Number(month), Number(dayText));
  if (Number.isNaN(day)) return false;
  into.offset = Number.NaN;
  into.dayOnly = hour === undefined;
  const clock = hour === undefined ? 0 : clockOf(Number(hour), Number(minute), Number(second ?? 0), millis(fraction));
  if (Number.isNaN(clock)) return false;
  into.wall = day + clock;
  return zone === '' || readOffset(zone, 0, into);
}

const NUMERIC_DATE = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:,?[ T]+(.+))?$/;
const YEAR_FIRST = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(.+))?$/;
const NAMED_MONTH_FIRST =
  /^(?:[a-z]{3,9},? +)?([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})(?:,?(?: at)? +(.+))?$/i;
const NAMED_DAY_FIRST = /^(?:[a-z]{3,9},? +)?(\d{1,2})[ -]([a-z]{3,9})\.?[ -](\d{4})(?:,?[ T]+(.+))?$/i;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?: *([ap])\.?m\.?)?(.*)$/i;
const SHORT_CLOCK = /^(\d{1,2})(\d{2})$/;

function readLoose(text: string, order: DayOrder, into: TimeParts): boolean {
  const numeric = NUMERIC_DATE.exec(text);
  if (numeric !== null) {
    const [, a, separator, b, year, rest] = numeric;
    const dayFirst = separator === '.' || order === 'day-first';
    if (!dayFirst && order === null) return false;
    return finish(Number(year), Number(dayFirst ? b : a), Number(dayFirst ? a : b), rest, into);
  }
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst !== null)
    return finish(Number(yearFirst[1]), Number(yearFirst[2]), Number(yearFirst[3]), yearFirst[4], into);
  const monthFirst = NAMED_MONTH_FIRST.exec(text);
  if (monthFirst !== null)
    return finish(Number(monthFirst[3]), monthOf(monthFirst[1]), Number(monthFirst[2]), monthFirst[4], into);
  const dayFirst = NAMED_DAY_FIRST.exec(text);
  if (dayFirst !== null)
    return finish(Number(dayFirst[3]), monthOf(dayFirst[2]), Number(dayFirst[1]), dayFirst[4], into);
  return false;
}

function finish(
  year: number,
  month: number,
  dayOfMonth: number,
  clockText: string | undefined,
  into: TimeParts,
): boolean {
  const day = dayOf(year, month, dayOfMonth);
  if (Number.isNaN(day)) return false;
  into.offset = Number.NaN;
  into.dayOnly = clockText === undefined;
  into.wall = day;
  return clockText === undefined || readClock(clockText, into);
}

/** Adds a time of day (`5:49`, `05:49:17 PM`, `1430`) to `into.wall`, with the offset that may follow it. */
function readClock(text: string, into: TimeParts): boolean {
  const short = SHORT_CLOCK.exec(text);
  if (short !== null) {
    const clock = clockOf(Number(short[1]), Number(short[2]), 0, 0);
    into.wall += clock;
    return !Number.isNaN(clock);
  }
  const match = CLOCK.exec(text);
  if (match === null) return false;
  const [, hourText, minute, second, fraction, half, zone = ''] = match;
  let hour = Number(hourText);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return false;
    hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  const clock = clockOf(hour, Number(minute), Number(second ?? 0), millis(fraction));
  into.wall += clock;
  if (Number.isNaN(clock)) return false;
  return zone.trim() === '' || readOffset(zone, 0, into);
}

/** `Z`, `UTC`, `GMT`, `+02:00`, `-0730`, `+02`, blanks before them allowed. */
function readOffset(text: string, from: number, into: TimeParts): boolean {
  const first = text.charCodeAt(from);
  if ((first === 90 || first === 122) && from + 1 === text.length) {
    into.offset = 0;
    return true;
  }
  const rest = text.slice(from).trim();
  if (/^(z|utc|gmt)$/i.test(rest)) {
    into.offset = 0;
    return true;
  }
  const match = /^(?:utc|gmt)?([+-])(\d{2}):?(\d{2})?$/i.exec(rest);
  if (match === null) return false;
  const hours = Number(match[2]);
  const minutes = Number(match[3] ?? 0);
  if (hours > 18 || minutes > 59) return false;
  into.offset = (match[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * MINUTE;
  return true;
}

/**
 * The order of day and month that a column's texts give away: a first number above 12 is a day, a second one too. `undecided` where
 * dates with slashes or dashes are there and none of them tells; null where there are none.
 */
export function dayOrderOf(texts: readonly string[]): DayOrder | 'undecided' {
  let seen = false;
  let dayFirst = false;
  let monthFirst = false;
  let halfDays = false;
  for (const text of texts) {
    const match = NUMERIC_DATE.exec(text.trim());
    if (match === null || match[2] === '.') continue;
    seen = true;
    if (Number(match[1]) > 12) dayFirst = true;
    else if (Number(match[3]) > 12) monthFirst = true;
    else if (match[2] === '/' && /\d *[ap]\.?m\.?$/i.test(match[5] ?? '')) halfDays = true;
  }
  if (!seen) return null;
  // A clock with am and pm beside slashes is the American way; it speaks only where no number does.
  if (!dayFirst && !monthFirst && halfDays) return 'month-first';
  if (dayFirst === monthFirst) return 'undecided';
  return dayFirst ? 'day-first' : 'month-first';
}

function dayOf(year: number, month: number, day: number): number {
  if (!(year >= 1000 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > (MONTH_DAYS[month - 1] as number)) return Number.NaN;
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return Number.NaN;
  return Date.UTC(year, month - 1, day);
}

/** A second of 60 is taken: leap seconds have it, and catalogs that round seconds up. */
function clockOf(hour: number, minute: number, second: number, millisecond: number): number {
  const midnight = hour === 24 && minute === 0 && second === 0;
  if (!((hour >= 0 && hour <= 23) || midnight) || !(minute >= 0 && minute <= 59) || !(second >= 0 && second <= 60))
    return Number.NaN;
  return hour * 3_600_000 + minute * MINUTE + second * 1000 + millisecond;
}

function monthOf(name: string | undefined): number {
  return MONTHS.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1;
}

function millis(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000 + 1e-6);
}

function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}
