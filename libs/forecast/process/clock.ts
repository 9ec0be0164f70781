/**
 * Local time by arithmetic. `Intl` knows the zone rules but costs microseconds a call; a zone changes its offset a few times a year,
 * so the changes are looked up once and kept, and everything else is a binary search in a short table.
 */
const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday; with this shift hour 0 of the week is Monday 00:00. */
const WEEK_SHIFT = 3 * 24;
export const HOURS_OF_WEEK = 168;
/** 1800 and 2200: beyond them the nearest known offset serves, so that one absurd time does not search through millennia. */
const EARLIEST = -1_490_184;
const LATEST = 2_016_216;

/** Raised for a zone the runtime does not know. */
export class TimeZoneError extends Error {
  override readonly name = 'TimeZoneError';
}

/** A stretch of time with one UTC offset: from `start` (hours since the epoch, UTC) until the next one begins. */
interface OffsetSpan {
  readonly start: number;
  /** Local minus UTC, hours. */
  readonly offset: number;
}

/** A zone's clock. Times are hours since the epoch, UTC; local times are the same count on the wall clock. */
export interface LocalClock {
  readonly timeZone: string;
  /** Local minus UTC at `t`, hours. */
  offsetAt(t: number): number;
  /** Local hour of the week at `t`: 0 is Monday 00:00–01:00, 167 Sunday 23:00–24:00. */
  hourOfWeek(t: number): number;
  /** Local month at `t`: 0 is January. */
  month(t: number): number;
  /** Cuts `[from, to)` where the offset changes: calls back with each piece and its offset. */
  forEachSpan(from: number, to: number, visit: (from: number, to: number, offset: number) => void): void;
  /** UTC instants of local midnight at the start of the day that holds `t`, and of the next one (23 to 25 hours apart). */
  localDay(t: number): { start: number; end: number };
}

const clocks = new Map<string, LocalClock>();

/**
 * The clock of an IANA zone, made once per zone.
 * @throws {TimeZoneError} unknown zone.
 */
export function localClock(timeZone: string): LocalClock {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = makeClock(timeZone);
    clocks.set(timeZone, clock);
  }
  return clock;
}

function makeClock(timeZone: string): LocalClock {
  const offsetFromIntl = intlOffset(timeZone);
  let spans: OffsetSpan[] = [];
  let knownFrom = Infinity;
  let knownTo = -Infinity;

  /** Looks the changes up for a range that covers `[from, to]`, in whole years so that it seldom has to grow. */
  const learn = (from: number, to: number): void => {
    const year = 8766;
    const low = Math.min(knownFrom, Math.floor(from / year) * year - year);
    const high = Math.max(knownTo, Math.ceil(to / year) * year + year);
    spans = findChanges(offsetFromIntl, low, high);
    knownFrom = low;
    knownTo = high;
  };
  const spanIndex = (time: number): number => {
    if (!Number.isFinite(time)) throw new RangeError(`not a time: ${time}`);
    const t = Math.min(LATEST, Math.max(EARLIEST, time));
    if (!(t >= knownFrom && t < knownTo)) learn(t, t);
    let low = 0;
    let high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (spans[middle]!.start <= t) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const offsetAt = (t: number): number => {
    const i = spanIndex(t);
    return spans[i]!.offset;
  };

  return {
    timeZone,
    offsetAt,
    hourOfWeek: (t) => hourOfWeekLocal(t + offsetAt(t)),
    month: (t) => new Date((t + offsetAt(t)) * HOUR_MS).getUTCMonth(),
    forEachSpan: (from, to, visit) => {
      if (!(from < to)) return;
      if (from < knownFrom || to >= knownTo) learn(Math.max(EARLIEST, from), Math.min(LATEST, to));
      for (let i = spanIndex(from), start = from; start < to; i++) {
        const end = Math.min(to, spans[i + 1]?.start ?? Infinity);
        visit(start, end, spans[i]!.offset);
        start = end;
      }
    },
    localDay: (t) => {
      const localStart = Math.floor((t + offsetAt(t)) / 24) * 24;
      return { start: fromLocal(localStart, offsetAt), end: fromLocal(localStart + 24, offsetAt) };
    },
  };
}

/** Hour of the week of a local time (hours since the epoch on the wall clock). */
export function hourOfWeekLocal(local: number): number {
  const hour = (Math.floor(local) + WEEK_SHIFT) % HOURS_OF_WEEK;
  return hour < 0 ? hour + HOURS_OF_WEEK : hour;
}

/** The instant of a wall-clock time. Where the clock jumps over it, the instant just after the jump; where it comes twice, the first. */
function fromLocal(local: number, offsetAt: (t: number) => number): number {
  const before = offsetAt(local - offsetAt(local) - 12);
  const first = local - before;
  if (offsetAt(first) === before) return first;
  return local - offsetAt(first);
}

function intlOffset(timeZone: string): (t: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
  } catch (cause) {
    throw new TimeZoneError(`unknown time zone: ${timeZone}`, { cause });
  }
  return (t) => {
    const instant = Math.floor((t * HOUR_MS) / 1000) * 1000;
    const parts: Record<string, string> = {};
    for (const part of format.formatToParts(instant)) parts[part.type] = part.value;
    const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year']);
    const wall = new Date(0);
    wall.setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']));
    wall.setUTCHours(Number(parts['hour']), Number(parts['minute']), Number(parts['second']));
    return (wall.getTime() - instant) / HOUR_MS;
  };
}

/** Offsets are sampled every ten days and a change between two samples is found by halving, to the second. */
function findChanges(offsetFromIntl: (t: number) => number, from: number, to: number): OffsetSpan[] {
  const step = 240;
  const spans: OffsetSpan[] = [{ start: -Infinity, offset: offsetFromIntl(from) }];
  let last = spans[0]!.offset;
  for (let t = from; t < to; t += step) {
    const end = Math.min(to, t + step);
    const offset = offsetFromIntl(end);
    if (offset === last) continue;
    let low = t;
    let high = end;
    while (high - low > 1 / 3600) {
      const middle = (low + high) / 2;
      if (offsetFromIntl(middle) === last) low = middle;
      else high = middle;
    }
    spans.push({ start: Math.round(high * 60) / 60, offset });
    last = offset;
  }
  return spans;
}
