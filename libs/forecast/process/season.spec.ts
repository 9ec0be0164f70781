import { describe, expect, it } from 'vitest';
import { localClock, TimeZoneError } from './clock.js';
import { type Season, seasonAt, seasonCumulative, seasonExposure, seasonIntegral, simplexWeights } from './season.js';

const hours = (text: string): number => Date.parse(text) / 3_600_000;

function formatted(timeZone: string, t: number): { weekday: string; hour: number; month: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: 'numeric',
    month: 'numeric',
    hourCycle: 'h23',
  })
    .formatToParts(t * 3_600_000)
    .reduce<Record<string, string>>((all, part) => ({ ...all, [part.type]: part.value }), {});
  return { weekday: parts['weekday']!, hour: Number(parts['hour']), month: Number(parts['month']) };
}

function season(timeZone: string, months = false): Season {
  const week = Float64Array.from({ length: 168 }, (_, k) => 1 + 0.8 * Math.sin(k * 1.7) * Math.cos(k * 0.3));
  const mean = week.reduce((a, b) => a + b, 0) / 168;
  const year = months
    ? Float64Array.from({ length: 12 }, (_, m) => 1 + 0.3 * Math.sin((m * Math.PI) / 6))
    : new Float64Array(12).fill(1);
  return { timeZone, week: week.map((value) => value / mean), year };
}

describe('localClock', () => {
  const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

  it.each(['UTC', 'America/Toronto', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/Sao_Paulo'])(
    'agrees with Intl in %s, on and off the hour, over decades',
    (zone) => {
      const clock = localClock(zone);
      for (let i = 0; i < 3000; i++) {
        const t = hours('1985-01-01T00:00:00Z') + i * 131.37;
        const expected = formatted(zone, t);
        expect(clock.hourOfWeek(t)).toBe(days.indexOf(expected.weekday) * 24 + expected.hour);
        expect(clock.month(t)).toBe(expected.month - 1);
      }
    },
  );

  it('changes at the second the zone does', () => {
    const clock = localClock('America/New_York');
    const spring = hours('2024-03-10T07:00:00Z');
    expect(clock.offsetAt(spring - 1 / 3600)).toBe(-5);
    expect(clock.offsetAt(spring)).toBe(-4);
  });

  it('knows days of 23, 24 and 25 hours', () => {
    const clock = localClock('America/Toronto');
    const length = (text: string): number => {
      const { start, end } = clock.localDay(hours(text));
      expect(start).toBeLessThanOrEqual(hours(text));
      return end - start;
    };
    expect(length('2024-03-10T12:00:00Z')).toBe(23);
    expect(length('2024-07-01T12:00:00Z')).toBe(24);
    expect(length('2024-11-03T12:00:00Z')).toBe(25);
  });

  it('takes absurd times without searching through millennia', () => {
    const started = performance.now();
    expect(localClock('Europe/Paris').hourOfWeek(2e9)).toBeGreaterThanOrEqual(0);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(() => localClock('Europe/Paris').offsetAt(Number.NaN)).toThrow(RangeError);
  });

  it('refuses unknown zones', () => {
    expect(() => localClock('Mars/Olympus')).toThrow(TimeZoneError);
  });
});

describe('seasonIntegral', () => {
  it.each([
    ['UTC', false],
    ['America/Toronto', false],
    ['America/Toronto', true],
    ['Asia/Kolkata', true],
  ])('equals a fine sum of s in %s (months: %s), across changes of the clock', (zone, months) => {
    const s = season(zone, months);
    const from = hours('2024-02-20T05:17:00Z');
    const to = hours('2024-04-03T11:40:00Z');
    const step = 1 / 60;
    let sum = 0;
    const n = Math.round((to - from) / step);
    for (let i = 0; i < n; i++) sum += seasonAt(s, from + (i + 0.5) * step) * step;
    expect(seasonIntegral(s, from, to)).toBeCloseTo(sum, 6);
  });

  it('is the length of the span over whole weeks without a change of the clock, and without a season', () => {
    const from = hours('2024-06-03T00:30:00Z');
    expect(seasonIntegral(season('America/Toronto'), from, from + 5 * 168)).toBeCloseTo(5 * 168, 9);
    expect(seasonIntegral(null, 10, 14.5)).toBe(4.5);
    expect(seasonIntegral(null, 14, 10)).toBe(0);
  });

  it('adds up hour by hour', () => {
    const s = season('America/Toronto', true);
    const from = hours('2024-10-30T00:20:00Z');
    const sums = seasonCumulative(s, from, 200);
    expect(sums[0]).toBe(0);
    expect(sums[200]).toBeCloseTo(seasonIntegral(s, from, from + 200), 9);
  });
});

describe('seasonExposure', () => {
  it('covers the span, each hour of the week about equally', () => {
    const from = hours('2023-01-01T00:00:00Z');
    const to = hours('2025-01-01T00:00:00Z');
    const exposure = seasonExposure(localClock('America/Toronto'), from, to);
    expect(exposure.reduce((a, b) => a + b, 0)).toBeCloseTo(to - from, 6);
    // Sunday 02:00 is skipped once a year and Sunday 01:00 comes twice.
    const hour = (k: number): number => exposure.subarray(k * 12, k * 12 + 12).reduce((a, b) => a + b, 0);
    expect(hour(6 * 24 + 1) - hour(6 * 24 + 2)).toBeCloseTo(4, 9);
  });
});

describe('simplexWeights', () => {
  it('is the maximum of Σ N ln x − H x with a fixed sum', () => {
    const counts = Float64Array.of(5, 0, 1, 12);
    const exposure = Float64Array.of(2, 1, 9, 3);
    const value = (x: Float64Array): number =>
      x.reduce((sum, xk, k) => sum + (counts[k]! > 0 ? counts[k]! * Math.log(xk) : 0) - exposure[k]! * xk, 0);
    const best = simplexWeights(counts, exposure, 3);
    expect(best.reduce((a, b) => a + b, 0)).toBeCloseTo(3, 12);
    for (const [from, to] of [
      [0, 2],
      [2, 0],
      [3, 0],
      [0, 3],
      [3, 1],
    ] as const) {
      const other = best.slice();
      const move = Math.min(1e-3, other[from]!);
      other[from]! -= move;
      other[to]! += move;
      expect(value(other)).toBeLessThanOrEqual(value(best));
    }
  });

  it('is even where there is nothing to go by', () => {
    expect([...simplexWeights(new Float64Array(4), new Float64Array(4), 2)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});
