import { describe, expect, it } from 'vitest';
import { MAX_RISKS_COUNTED, riskStats } from '#contracts';
import { summarise } from './risk-stats.service.js';

const FROM = new Date('2026-01-02T00:00:00Z');
const TO = new Date('2026-01-31T08:00:00Z');
const row = (over: Partial<Parameters<typeof summarise>[0][number]> = {}) => ({
  day: '2026-01-31',
  status: 'open' as const,
  level: 'HIGH' as const,
  event_type: 'fire',
  risks: '1',
  acknowledged: '0',
  seconds: null,
  ...over,
});

describe('the statistics of risks', () => {
  it('name every status, level and day, also those without any', () => {
    const empty = riskStats.parse(summarise([], FROM, TO));
    expect(empty).toMatchObject({
      total: 0,
      complete: true,
      by_status: { open: 0, acknowledged: 0, resolved: 0, expired: 0 },
      by_level: { LOW: 0, MODERATE: 0, HIGH: 0, CRITICAL: 0 },
      by_event_type: {},
      mean_time_to_acknowledge_seconds: null,
    });
    expect(empty.opened_per_day).toHaveLength(30);
    expect(empty.opened_per_day[0]?.day).toBe('2026-01-02');
    expect(empty.opened_per_day.at(-1)?.day).toBe('2026-01-31');
  });

  it('add up over every side', () => {
    const stats = summarise(
      [
        row({ risks: '4' }),
        row({ day: '2026-01-30', status: 'acknowledged', risks: '2', acknowledged: '2', seconds: 300 }),
        row({ event_type: '__proto__', status: 'resolved', level: 'CRITICAL', acknowledged: '1', seconds: 60 }),
      ],
      FROM,
      TO,
    );
    expect(stats).toMatchObject({
      total: 7,
      by_status: { open: 4, acknowledged: 2, resolved: 1, expired: 0 },
      by_level: { HIGH: 6, CRITICAL: 1 },
      mean_time_to_acknowledge_seconds: 120,
    });
    expect(Object.entries(stats.by_event_type)).toEqual([
      ['fire', 6],
      ['__proto__', 1],
    ]);
    expect(stats.opened_per_day.filter(({ opened }) => opened > 0)).toEqual([
      { day: '2026-01-30', opened: 2 },
      { day: '2026-01-31', opened: 5 },
    ]);
  });

  it('say so when they stop counting', () => {
    const stats = summarise([row({ risks: String(MAX_RISKS_COUNTED + 1) })], FROM, TO);
    expect(stats).toMatchObject({ complete: false, total: MAX_RISKS_COUNTED });
  });
});
