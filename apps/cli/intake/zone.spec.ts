import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { Zone } from './zone.js';

const wall = (text: string) => Date.parse(`${text}Z`);
const at = (zone: string, text: string) => {
  const reader = Zone.named(zone);
  return [new Date(reader.toInstant(wall(text))).toISOString(), reader.lastCase];
};

describe('Zone', () => {
  it.each([
    ['UTC', '2024-07-01T12:00', '2024-07-01T12:00:00.000Z', 'exact'],
    ['+05:30', '2024-07-01T12:00', '2024-07-01T06:30:00.000Z', 'exact'],
    ['-03:00', '2024-07-01T12:00', '2024-07-01T15:00:00.000Z', 'exact'],
    ['Europe/Berlin', '2024-01-15T12:00', '2024-01-15T11:00:00.000Z', 'exact'],
    ['Europe/Berlin', '2024-07-15T12:00', '2024-07-15T10:00:00.000Z', 'exact'],
    // Set forward on 2024-03-31 at 02:00 to 03:00.
    ['Europe/Berlin', '2024-03-31T01:59', '2024-03-31T00:59:00.000Z', 'exact'],
    ['Europe/Berlin', '2024-03-31T02:30', '2024-03-31T01:30:00.000Z', 'skipped'],
    ['Europe/Berlin', '2024-03-31T03:00', '2024-03-31T01:00:00.000Z', 'exact'],
    // Set back on 2024-10-27 at 03:00 to 02:00.
    ['Europe/Berlin', '2024-10-27T01:59', '2024-10-26T23:59:00.000Z', 'exact'],
    ['Europe/Berlin', '2024-10-27T02:30', '2024-10-27T00:30:00.000Z', 'ambiguous'],
    ['Europe/Berlin', '2024-10-27T03:00', '2024-10-27T02:00:00.000Z', 'exact'],
    ['America/Toronto', '2011-11-06T01:30', '2011-11-06T05:30:00.000Z', 'ambiguous'],
    // Midnight itself was skipped.
    ['America/Sao_Paulo', '2018-11-04T00:00', '2018-11-04T03:00:00.000Z', 'skipped'],
    // Half an hour of daylight saving, and a whole day left out.
    ['Australia/Lord_Howe', '2024-04-07T01:45', '2024-04-06T14:45:00.000Z', 'ambiguous'],
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-30T22:00:00.000Z', 'skipped'],
  ])('%s %s', (zone, local, instant, kind) => expect(at(zone, local)).toEqual([instant, kind]));

  it('agrees with luxon over 20 years, every 7 h 13 min, wherever the time is neither skipped nor shown twice', () => {
    for (const name of [
      'America/Toronto',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Casablanca',
    ]) {
      const zone = Zone.named(name);
      let odd = 0;
      for (let t = Date.UTC(2005, 0, 1); t < Date.UTC(2025, 0, 1); t += 433 * 60_000) {
        const instant = zone.toInstant(t);
        if (zone.lastCase !== 'exact') {
          odd++;
          continue;
        }
        const back = DateTime.fromMillis(instant, { zone: name });
        if (back.toMillis() + back.offset * 60_000 !== t) throw new Error(`${name} ${new Date(t).toISOString()}`);
      }
      expect(odd).toBeLessThan(30);
    }
  });

  it.each(['Mars/Olympus', 'local', 'system', '', 'EST5EDT4'])('refuses %j', (name) => {
    expect(() => Zone.named(name)).toThrow(/not a time zone/);
  });
});
