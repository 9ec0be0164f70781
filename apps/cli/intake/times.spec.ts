import { describe, expect, it } from 'vitest';
import { type DayOrder, readTime } from './time-text.js';
import { TimeReader, planTimes } from './times.js';
import { Zone } from './zone.js';

const read = (
  value: unknown,
  { tz = 'UTC', sample = [value], format = null }: { tz?: string; sample?: unknown[]; format?: string | null } = {},
) => {
  const reader = new TimeReader(planTimes({ name: 't' }, sample, format), Zone.named(tz));
  return { text: reader.read(value), reader };
};

describe('times that carry their zone', () => {
  it.each([
    ['2011-01-01T05:49:17Z', '2011-01-01T05:49:17.000Z'],
    ['2011-01-01T05:49:17.123456Z', '2011-01-01T05:49:17.123456Z'],
    ['2011-01-01T05:49Z', '2011-01-01T05:49:00.000Z'],
    ['2011-01-01 05:49:17+02:00', '2011-01-01T03:49:17.000Z'],
    ['2011-01-01T05:49:17-0330', '2011-01-01T09:19:17.000Z'],
    ['2011-01-01T05:49:17+02', '2011-01-01T03:49:17.000Z'],
    ['2011-01-01 05:49:17 UTC', '2011-01-01T05:49:17.000Z'],
    ['20110101T054917Z', '2011-01-01T05:49:17.000Z'],
    ['Sat, 01 Jan 2011 05:49:17 +0100', '2011-01-01T04:49:17.000Z'],
    ['2012-12-31T23:59:60Z', '2013-01-01T00:00:00.000Z'],
    ['2011-01-01T24:00:00Z', '2011-01-02T00:00:00.000Z'],
  ])('%s', (value, expected) => {
    const { text, reader } = read(value, { tz: 'Asia/Tokyo' });
    expect(text).toBe(expected);
    expect(reader.zoneless).toBe(0);
  });
});

describe('times without a zone', () => {
  it.each([
    ['1981-01-01T01:49:29.23', '1981-01-01T01:49:29.230Z', 0],
    ['1981-01-01 01:49', '1981-01-01T01:49:00.000Z', 0],
    ['1981/01/01 01:49:29,5', '1981-01-01T01:49:29.500Z', 0],
    ['2012-03-01', '2012-03-01T00:00:00.000Z', 1],
    ['20120301', '2012-03-01T00:00:00.000Z', 1],
    ['2012-3-1 4:05', '2012-03-01T04:05:00.000Z', 0],
    ['13/02/2014 15:04', '2014-02-13T15:04:00.000Z', 0],
    ['02/13/2014 03:04:05 PM', '2014-02-13T15:04:05.000Z', 0],
    ['01/02/2014 12:04:05 AM', '2014-01-02T00:04:05.000Z', 0],
    ['05.01.2014 15:04', '2014-01-05T15:04:00.000Z', 0],
    ['Jan 5, 2014 3:04 PM', '2014-01-05T15:04:00.000Z', 0],
    ['5 January 2014', '2014-01-05T00:00:00.000Z', 1],
    ['05-JAN-2014 1504', '2014-01-05T15:04:00.000Z', 0],
    ['2000-02-29', '2000-02-29T00:00:00.000Z', 1],
  ])('%s', (value, expected, days) => {
    const { text, reader } = read(value);
    expect(text).toBe(expected);
    expect(reader).toMatchObject({ zoneless: 1, dayOnly: days });
  });

  it('are read in the zone that is named, days as its midnight, and clock changes are counted', () => {
    const reader = new TimeReader(planTimes({ name: 't' }, [], null), Zone.named('Europe/Berlin'));
    expect(reader.read('2024-07-01')).toBe('2024-06-30T22:00:00.000Z');
    expect(reader.read('2024-07-01T08:00:00+00:00')).toBe('2024-07-01T08:00:00.000Z');
    reader.read('2024-10-27 02:30');
    reader.read('2024-03-31 02:30');
    expect(reader).toMatchObject({ zoneless: 3, dayOnly: 1, ambiguous: 1, skipped: 1 });
  });

  it('of a Parquet column that says so are local, not UTC', () => {
    const value = new Date('2024-07-01T12:00:00Z');
    const zone = Zone.named('Europe/Berlin');
    expect(new TimeReader(planTimes({ name: 't', time: 'local' }, [value], null), zone).read(value)).toBe(
      '2024-07-01T10:00:00.000Z',
    );
    expect(new TimeReader(planTimes({ name: 't', time: 'instant' }, [value], null), zone).read(value)).toBe(
      '2024-07-01T12:00:00.000Z',
    );
  });
});

describe('numbers', () => {
  it.each([
    [1_700_000_000, '2023-11-14T22:13:20.000Z'],
    ['1700000000.5', '2023-11-14T22:13:20.500Z'],
    [1_700_000_000_123, '2023-11-14T22:13:20.123Z'],
    ['1700000000123', '2023-11-14T22:13:20.123Z'],
    [1_700_000_000_123_456, '2023-11-14T22:13:20.123Z'],
    [1_700_000_000_123_456_789n, '2023-11-14T22:13:20.123Z'],
    [-100_000_000, '1966-10-31T14:13:20.000Z'],
  ])('%s', (value, expected) => {
    const { text, reader } = read(value, { tz: 'Asia/Tokyo' });
    expect(text).toBe(expected);
    expect(reader.zoneless).toBe(0);
  });

  it('have the unit of the column, not each its own: early milliseconds are no seconds', () => {
    expect(read(86_400_000, { sample: [86_400_000, 1_700_000_000_123] }).text).toBe('1970-01-02T00:00:00.000Z');
  });

  it('that are written days are days', () => {
    expect(read(20_140_105, { sample: [20_140_105, 20_141_231] }).text).toBe('2014-01-05T00:00:00.000Z');
  });
});

describe('what is no time', () => {
  it.each([
    '31.02.2011',
    '2011-02-29',
    '2011-13-01',
    '2011-01-01T25:00',
    '2011-01-01T10:61',
    'yesterday',
    '2011-01-01T10:00 EST',
    '0000-00-00',
    '2011-01-01Tgarbage',
    true,
    {},
  ])('%j', (value) => {
    const { text, reader } = read(value);
    expect(text).toBeNull();
    expect(reader.code).toBe('EVENT_TIME_INVALID');
  });

  it.each([null, undefined, '', '  '])('missing: %j', (value) => {
    const { text, reader } = read(value);
    expect(text).toBeNull();
    expect(reader.code).toBe('EVENT_FIELD_MISSING');
  });
});

describe('day and month', () => {
  it.each<[string[], DayOrder]>([
    [['13/01/2014', '01/02/2014'], 'day-first'],
    [['01/13/2014', '01/02/2014'], 'month-first'],
    [['01/02/2014 03:04:05 PM'], 'month-first'],
    [['01/02/2014 03:04 PM', '25/02/2014 03:04 PM'], 'day-first'],
    [['2014-01-05'], null],
  ])('%j', (sample, order) => expect(planTimes({ name: 't' }, sample, null).order).toBe(order));

  it('are asked for where the dates do not tell', () => {
    expect(() => planTimes({ name: 'when' }, ['01/02/2014', '03/04/2014'], null)).toThrow(
      /"when" has dates such as "01\/02\/2014"/,
    );
    expect(() => planTimes({ name: 'when' }, ['13/02/2014', '03/14/2014'], null)).toThrow(/day or the month/);
    expect(readTime('01/02/2014', null, { wall: 0, offset: 0, dayOnly: false })).toBe(false);
  });

  it('can be named', () => {
    expect(read('01/02/2014 10:00', { format: 'dd/MM/yyyy HH:mm', tz: 'Europe/Berlin' }).text).toBe(
      '2014-02-01T09:00:00.000Z',
    );
    expect(read('01/02/2014', { format: 'MM/dd/yyyy' }).reader).toMatchObject({ zoneless: 1, dayOnly: 1 });
    expect(read('01/02/2014 10:00 +03:00', { format: 'dd/MM/yyyy HH:mm ZZ', tz: 'Europe/Berlin' }).text).toBe(
      '2014-02-01T07:00:00.000Z',
    );
    expect(read('2014', { format: 'dd/MM/yyyy' }).text).toBeNull();
  });
});
