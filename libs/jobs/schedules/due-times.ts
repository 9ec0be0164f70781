import { Cron } from 'croner';

/** When a schedule is due: at the times of a cron line in a time zone, or every so often counted from an anchor. */
export type Timing =
  { cron: string; timeZone: string } | { everyMs: number; /** Milliseconds since 1970. */ anchor: number };

/** What is done about due times that passed while nobody looked: none of them, the latest, or the latest `most`. */
export type CatchUp = { policy: 'skip' } | { policy: 'last' } | { policy: 'all'; most: number };

/**
 * The first due time strictly after a moment; both in milliseconds since 1970.
 * An interval keeps to its anchor and so does not drift, however late it was looked at.
 * @throws Error where the cron line or the zone is not one, or the line names a day that never comes
 */
export function dueAfter(timing: Timing, after: number): number {
  if ('everyMs' in timing) {
    const { everyMs, anchor } = timing;
    return anchor + (Math.floor((after - anchor) / everyMs) + 1) * everyMs;
  }
  // Not cron-parser, which comes with BullMQ: it gives up where clocks change by half an hour (Lord Howe Island).
  const next = new Cron(timing.cron, { timezone: timing.timeZone }).nextRun(new Date(after));
  if (!next) throw new RangeError(`"${timing.cron}" is never due again`);
  return next.getTime();
}

/** The next due times after a moment, earliest first; milliseconds since 1970. */
export function preview(timing: Timing, after: number, many: number): number[] {
  const times: number[] = [];
  for (let at = after; times.length < many;) {
    at = dueAfter(timing, at);
    times.push(at);
  }
  return times;
}

/**
 * Which due times are fired now, earliest first, and when the schedule is due next.
 * `next` never goes back: a clock that was set back fires nothing a second time.
 * @param due the earliest due time that has not been dealt with, milliseconds since 1970
 * @param graceMs how late a due time may be before it counts as missed, so that an ordinary delay skips nothing
 */
export function firings(
  timing: Timing,
  catchUp: CatchUp,
  due: number,
  now: number,
  graceMs: number,
): { fire: number[]; next: number } {
  const keep = catchUp.policy === 'all' ? catchUp.most : 1;
  const fire: number[] = [];
  let next = due;
  while (next <= now) {
    if (catchUp.policy !== 'skip' || now - next <= graceMs) {
      fire.push(next);
      // Of many that are in time, `skip` drops none.
      if (catchUp.policy !== 'skip' && fire.length > keep) fire.shift();
    }
    next = dueAfter(timing, next);
  }
  return { fire, next };
}
