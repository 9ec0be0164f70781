export const DAY_MS = 86_400_000;

/** The beginning of the day, in UTC, that lies so many whole days before that of `now`; milliseconds since 1970. */
export const daysBefore = (now: number, days: number): number => (Math.floor(now / DAY_MS) - days) * DAY_MS;

/** A day in days since 1970: how many of its rows are meant, and how many there are in all. */
export interface DayOfRows {
  day: number;
  rows: number;
  among: number;
}

/** Neighbouring days that are worked through at once; milliseconds since 1970, `to` not with it. */
export interface Span {
  from: number;
  to: number;
  rows: number;
}

/**
 * Puts days together as long as no more than `most` rows lie in them and between them. Each statement that deletes costs
 * a store the same however little it finds; and one that has to read too much does not end in time.
 * @param days in rising order
 * @returns spans that begin and end with a day of which rows are meant
 */
export function spansOf(days: readonly DayOfRows[], most: number): Span[] {
  const spans: Span[] = [];
  let size = 0;
  let between = 0;
  for (const { day, rows, among } of days) {
    const last = spans.at(-1);
    if (rows === 0) between += among;
    else {
      const from = day * DAY_MS;
      const to = from + DAY_MS;
      if (last && size + between + among <= most) {
        last.to = to;
        last.rows += rows;
        size += between + among;
      } else {
        spans.push({ from, to, rows });
        size = among;
      }
      between = 0;
    }
  }
  return spans;
}
