import { describe, expect, it } from 'vitest';
import {
  formatAmount,
  formatExpected,
  formatHorizon,
  formatLatitude,
  formatLongitude,
  formatMultiple,
  formatProbability,
  horizonInWords,
  shortCell,
} from './format.js';
import { formatAge, formatBrief, formatClock, formatDateTime, formatRecent, hourOfWeekName, zoneName } from './time.js';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('numbers', () => {
  it.each([
    [0, '0.0 %'],
    [0.0001, '<0.1 %'],
    [0.0005, '0.1 %'],
    [0.1312, '13.1 %'],
    [0.9994, '99.9 %'],
    [0.9999, '>99.9 %'],
    [1, '100.0 %'],
    [Number.NaN, '–'],
  ])('probability %d is %j', (p, text) => expect(plain(formatProbability(p))).toBe(text));

  it.each([
    [0, '0.000'],
    [0.0004, '<0.001'],
    [0.14, '0.140'],
    [3.14159, '3.14'],
    [42.26, '42.3'],
    [12_345.6, '12,346'],
  ])('expected count %d is %j', (value, text) => expect(formatExpected(value)).toBe(text));

  it.each([
    [12.34, '12.3'],
    [842.4, '842'],
    [4120.5, '4,121'],
    [52_300, '52.3K'],
    [1_234_000, '1.2M'],
  ])('amount %d is %j', (value, text) => expect(formatAmount(value)).toBe(text));

  it('multiples lose their decimals from ten on', () => {
    expect([formatMultiple(4.23), formatMultiple(10.6)]).toEqual(['4.2×', '11×']);
  });

  it.each([
    [1, '1 h', 'hour'],
    [72, '72 h', '72 hours'],
    [168, '7 d', '7 days'],
    [100, '100 h', '100 hours'],
  ])('horizon %d is %j, in words %j', (hours, short, words) => {
    expect([formatHorizon(hours), horizonInWords(hours)]).toEqual([short, words]);
  });
});

describe('places', () => {
  it('says the side, but for the lines that belong to none', () => {
    expect(formatLatitude(-33.85, 2)).toBe('33.85° S');
    expect(formatLatitude(0, 0)).toBe('0°');
    expect(formatLongitude(-87.6298)).toBe('87.6298° W');
    expect(formatLongitude(180, 0)).toBe('180°');
  });

  it('brings a longitude of the next copy of the world back', () => {
    expect(formatLongitude(190, 0)).toBe('170° W');
    expect(formatLongitude(-185, 0)).toBe('175° E');
  });

  it('shortens a cell to what tells it from its neighbours', () => {
    expect(shortCell('882664c185fffff')).toBe('64c185');
  });
});

describe('times', () => {
  const at = Date.parse('2026-07-01T17:03:10Z');
  it('are of the given zone, not of this machine', () => {
    expect(formatClock(at, 'America/Chicago')).toBe('12:03:10');
    expect(formatClock(at, 'Asia/Tokyo')).toBe('02:03:10');
    expect(zoneName('America/Chicago', at)).toBe('CDT');
    expect(zoneName('America/Chicago', Date.parse('2026-01-01T12:00:00Z'))).toBe('CST');
  });

  it('carry the day once it is another one in that zone', () => {
    const now = Date.parse('2026-07-02T01:00:00Z');
    expect(formatRecent(at, 'America/Chicago', now)).toBe('12:03:10');
    expect(formatBrief(at, 'America/Chicago', now)).toBe('12:03');
    expect(formatRecent(at, 'UTC', now)).toBe('1 Jul, 17:03');
    expect(formatBrief(at, 'UTC', now)).toBe('1 Jul, 17:03');
  });

  it('carry the year once it is another one', () => {
    expect(formatDateTime(at, 'UTC', Date.parse('2027-01-01T00:00:00Z'))).toContain('2026');
    expect(formatDateTime(at, 'UTC', at)).not.toContain('2026');
  });

  it.each([
    [0, 'just now'],
    [59_999, 'just now'],
    [3 * 60_000, '3 min ago'],
    [47 * 3_600_000, '47 h ago'],
    [48 * 3_600_000, '2 d ago'],
  ])('%d ms is %j', (ms, text) => expect(formatAge(ms)).toBe(text));

  it.each([
    [0, 'Monday 00–01 h'],
    [38, 'Tuesday 14–15 h'],
    [167, 'Sunday 23–00 h'],
  ])('hour %d of the week is %j', (index, text) => expect(hourOfWeekName(index)).toBe(text));
});
