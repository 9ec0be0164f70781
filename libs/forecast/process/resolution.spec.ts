import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { localClock } from './clock.js';
import { detectTimeResolution, spreadOverDay } from './resolution.js';

const portland = new URL('../../../../shared/data/portland_2012_2017.csv', import.meta.url);
const start = Date.parse('2020-01-01T00:00:00Z') / 3_600_000;

function times(n: number, draw: (random: ReturnType<typeof createRandom>) => number): Float64Array {
  const random = createRandom(4);
  return Float64Array.from({ length: n }, () => start + draw(random)).sort();
}

describe('detectTimeResolution', () => {
  it.each([
    ['second', (r: ReturnType<typeof createRandom>) => Math.floor(r.next() * 3e7) / 3600, 'second', true],
    ['minute', (r: ReturnType<typeof createRandom>) => Math.floor(r.next() * 5e5) / 60, 'minute', true],
    ['hour', (r: ReturnType<typeof createRandom>) => Math.floor(r.next() * 8000), 'hour', true],
    ['day', (r: ReturnType<typeof createRandom>) => 24 * Math.floor(r.next() * 365), 'day', false],
  ] as const)('recognises times to the %s', (_, draw, resolution, usable) => {
    const report = detectTimeResolution(times(5000, draw));
    expect(report.resolution).toBe(resolution);
    expect(report.hourUsable).toBe(usable);
  });

  it('sees a heap at midnight among good times', () => {
    const report = detectTimeResolution(
      times(5000, (r) => (r.next() < 0.15 ? 24 * Math.floor(r.next() * 365) : Math.floor(r.next() * 3e7) / 3600)),
    );
    expect(report.resolution).toBe('second');
    expect(report.midnightShare).toBeGreaterThan(0.12);
    expect(report.hourUsable).toBe(false);
  });

  it('sees days that begin at local midnight, through changes of the clock', () => {
    const clock = localClock('America/Toronto');
    const days = Float64Array.from({ length: 700 }, (_, i) => clock.localDay(start + 24 * i + 12).start);
    const report = detectTimeResolution(days, 'America/Toronto');
    expect(report).toMatchObject({ resolution: 'day', midnightZone: 'local', hourUsable: false });
  });

  it('has nothing to say about no events', () => {
    expect(detectTimeResolution([])).toMatchObject({ midnightShare: 0, hourUsable: false });
  });
});

describe('spreadOverDay', () => {
  it('spreads day-long times evenly over their own day, the same every time, whatever their order', () => {
    const days = times(20_000, (r) => 24 * Math.floor(r.next() * 365));
    const ids = Array.from(days, (_, i) => `id-${i}`);
    const report = detectTimeResolution(days);
    const spread = spreadOverDay(days, ids, report);
    const byHour = new Float64Array(24);
    spread.forEach((t, i) => {
      expect(Math.floor(t / 24)).toBe(days[i]! / 24);
      byHour[Math.floor(t) % 24]!++;
    });
    for (const count of byHour) expect(Math.abs(count / (20_000 / 24) - 1)).toBeLessThan(0.15);
    expect(spreadOverDay(days, ids, report)).toEqual(spread);
    expect(spreadOverDay(days.slice().reverse(), [...ids].reverse(), report).reverse()).toEqual(spread);
    expect(spreadOverDay(days, ids, report, 'UTC', 1)).not.toEqual(spread);
  });

  it('leaves good times alone, and the good ones among bad', () => {
    const good = times(1000, (r) => Math.floor(r.next() * 3e7) / 3600);
    expect(spreadOverDay(good, Array.from(good, String), detectTimeResolution(good))).toEqual(good);
    const mixed = Float64Array.from(good, (t, i) => (i % 2 === 0 ? Math.floor(t / 24) * 24 : t));
    const spread = spreadOverDay(
      mixed,
      Array.from(mixed, (_, i) => `m${i}`),
      detectTimeResolution(mixed),
    );
    mixed.forEach((t, i) => (i % 2 === 0 ? expect(spread[i]).not.toBe(t) : expect(spread[i]).toBe(t)));
  });

  it('keeps to the local day', () => {
    const clock = localClock('America/Toronto');
    const day = clock.localDay(Date.parse('2024-03-10T12:00:00Z') / 3_600_000);
    const days = new Float64Array(500).fill(day.start);
    const ids = Array.from(days, (_, i) => `x${i}`);
    for (const t of spreadOverDay(days, ids, detectTimeResolution(days, 'America/Toronto'), 'America/Toronto')) {
      expect(t).toBeGreaterThanOrEqual(day.start);
      expect(t).toBeLessThan(day.end);
    }
  });
});

describe.skipIf(!existsSync(portland))('on the Portland data', () => {
  it('finds that they carry no hour', () => {
    const rows = readFileSync(portland, 'utf8').trimEnd().split('\n').slice(1);
    const events = rows.map((row) => Date.parse(`${row.split(',')[1]}T00:00:00Z`) / 3_600_000);
    expect(detectTimeResolution(events, 'America/Los_Angeles')).toMatchObject({ resolution: 'day', hourUsable: false });
  });
});
