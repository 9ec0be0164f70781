import { DateTime } from 'luxon';
import { expect, it } from 'vitest';
import { createRandom } from '#forecast';
import { hourOfWeekAt } from './hour-of-week.js';

it.each([
  ['2026-03-02T00:00:00Z', 'UTC', 0],
  ['2026-03-01T23:59:59Z', 'UTC', 167],
  // Clocks go forward in Toronto on 2026-03-08 at 2 and back on 2026-11-01 at 2.
  ['2026-03-08T06:59:00Z', 'America/Toronto', 6 * 24 + 1],
  ['2026-03-08T07:00:00Z', 'America/Toronto', 6 * 24 + 3],
  ['2026-11-01T05:30:00Z', 'America/Toronto', 6 * 24 + 1],
  ['2026-11-01T06:30:00Z', 'America/Toronto', 6 * 24 + 1],
  ['2026-11-01T07:00:00Z', 'America/Toronto', 6 * 24 + 2],
  ['2026-03-02T18:29:59Z', 'Asia/Kolkata', 23],
  ['2026-03-02T18:30:00Z', 'Asia/Kolkata', 24],
])('%s in %s is hour %i', (time, zone, hour) => expect(hourOfWeekAt(Date.parse(time), zone)).toBe(hour));

it('agrees with a calendar at any time, everywhere', () => {
  const random = createRandom(9);
  for (const zone of [
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Pacific/Kiritimati',
    'Australia/Lord_Howe',
  ])
    for (let i = 0; i < 60; i++) {
      const time = Math.floor(Date.UTC(1950, 0, 1) + random.next() * 80 * 365 * 86_400_000);
      const local = DateTime.fromMillis(time, { zone });
      expect(hourOfWeekAt(time, zone), `${time} ${zone}`).toBe((local.weekday - 1) * 24 + local.hour);
    }
});
