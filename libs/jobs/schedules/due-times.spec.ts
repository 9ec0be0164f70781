import { describe, expect, it } from 'vitest';
import { dueAfter, firings, preview } from './due-times.js';

const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);
const iso = (times: number[]) => times.map((time) => new Date(time).toISOString());

/** The due times of "minute hour * * *", found by asking every minute what the clock on the wall shows. */
function byTheWall(zone: string, hour: number, minute: number, from: number, to: number): number[] {
  const wall = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  const shown = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  const times: number[] = [];
  for (let time = from + MINUTE; time <= to; time += MINUTE) if (wall.format(time) === shown) times.push(time);
  return times;
}

describe('due times', () => {
  it.each(['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'])(
    'shows the same hour on the wall in %s before and after its clocks change',
    (zone) => {
      for (const start of ['2026-03-01T00:00:00Z', '2026-09-20T00:00:00Z']) {
        const from = at(start);
        const wall = byTheWall(zone, 9, 17, from, from + 40 * 24 * 60 * MINUTE);
        expect(wall.length).toBeGreaterThan(38);
        expect(preview({ cron: '17 9 * * *', timeZone: zone }, from, wall.length)).toEqual(wall);
      }
    },
  );

  it('is due once on the day that lacks its hour, and once on the day that has it twice', () => {
    const daily = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    const day = (times: number[]) => iso(times).map((time) => time.slice(0, 10));
    expect(day(preview(daily, at('2026-03-28T12:00:00Z'), 2))).toEqual(['2026-03-29', '2026-03-30']);
    expect(day(preview(daily, at('2026-10-24T12:00:00Z'), 2))).toEqual(['2026-10-25', '2026-10-26']);
  });

  it('keeps an interval to its anchor, before it too', () => {
    const timing = { everyMs: 7 * MINUTE, anchor: at('2026-01-01T00:00:00Z') };
    expect(iso([dueAfter(timing, at('2026-01-01T00:07:00Z'))])).toEqual(['2026-01-01T00:14:00.000Z']);
    expect(iso([dueAfter(timing, at('2025-12-31T23:59:00Z'))])).toEqual(['2026-01-01T00:00:00.000Z']);
  });

  it.each([
    ['61 * * * *', 'UTC'],
    ['nonsense', 'UTC'],
    ['0 0 30 2 *', 'UTC'],
    ['* * * * *', 'Mars/Olympus'],
  ])('refuses %s in %s', (cron, timeZone) => {
    expect(() => dueAfter({ cron, timeZone }, 0)).toThrow();
  });
});

describe('catching up', () => {
  const timing = { everyMs: 10, anchor: 0 };

  it.each([
    [{ policy: 'skip' as const }, []],
    [{ policy: 'last' as const }, [50]],
    [{ policy: 'all' as const, most: 3 }, [30, 40, 50]],
    [{ policy: 'all' as const, most: 9 }, [10, 20, 30, 40, 50]],
  ])('%o after a time away', (catchUp, fire) => {
    expect(firings(timing, catchUp, 10, 58, 5)).toEqual({ fire, next: 60 });
  });

  it('does not skip what is only a little late', () => {
    expect(firings(timing, { policy: 'skip' }, 10, 53, 5)).toEqual({ fire: [50], next: 60 });
  });

  it('fires nothing while a clock that was set back catches up', () => {
    expect(firings(timing, { policy: 'all', most: 9 }, 60, 12, 5)).toEqual({ fire: [], next: 60 });
  });
});
