import { describe, expect, it } from 'vitest';
import { eventInput } from '#contracts';
import { type Row, type Table, columnsOf, named, positional } from '../files/table.js';
import { type PlanOptions, makePlan } from './plan.js';
import { isNothing, quote, readAmount, readNumber } from './values.js';

function tableOf(rows: Row[], names: readonly string[] | null, decimalComma = false): Table {
  const access = names === null ? named : positional(names);
  const columns = names === null ? columnsOf(rows) : names.map((name) => ({ name }));
  const batches = async function* () {
    yield await Promise.resolve({ rows, lines: rows.map((_, i) => i + 2), bad: [] });
  };
  return { description: '', unit: 'line', columns, sample: rows, decimalComma, rowCount: null, batches, ...access };
}

const HEADER = ['event_id', 'ts', 'lat', 'lon', 'amount', 'event_type', 'station', 'note'];
const GOOD = ['a1', '2020-01-01T00:00:00Z', '43.5', '-79.5', '12.50', 'fire', 's7', 'x'];

/** The mapper's judgement of a row in a file whose other rows are good. */
function map(row: Row, options: PlanOptions = {}, names: readonly string[] | null = HEADER, decimalComma = false) {
  const { mapper } = makePlan(
    tableOf(names === HEADER ? [GOOD, GOOD, GOOD, row] : [row], names, decimalComma),
    options,
  );
  const line = mapper.toLine(row);
  return line === null ? { refusal: mapper.refusal } : { event: JSON.parse(line) as Record<string, unknown> };
}

const withField = (name: string, value: string) => GOOD.map((field, i) => (HEADER[i] === name ? value : field));

describe('Mapper', () => {
  it('writes events that the contract takes', () => {
    const { event } = map(GOOD, { attrs: 'all' });
    expect(event).toEqual({
      event_id: 'a1', timestamp: '2020-01-01T00:00:00.000Z', lat: 43.5, lon: -79.5, event_type: 'fire', amount: 12.5, entity_id: 's7', attrs: { note: 'x' },
    }); // prettier-ignore
    expect(eventInput.parse(event)).toBeTruthy();
  });

  it.each<[string, string, string, string]>([
    ['lat', 'abc', 'EVENT_FIELD_INVALID', 'lat'],
    ['lat', '', 'EVENT_FIELD_MISSING', 'lat'],
    ['lon', 'NaN', 'EVENT_FIELD_INVALID', 'lon'],
    ['lon', 'Infinity', 'EVENT_FIELD_INVALID', 'lon'],
    ['lon', '0x10', 'EVENT_FIELD_INVALID', 'lon'],
    ['ts', '31.02.2020', 'EVENT_TIME_INVALID', 'timestamp'],
    ['ts', '', 'EVENT_FIELD_MISSING', 'timestamp'],
    ['amount', 'much', 'EVENT_FIELD_INVALID', 'amount'],
    ['event_id', ' ', 'EVENT_FIELD_MISSING', 'event_id'],
    ['event_type', '', 'EVENT_FIELD_MISSING', 'event_type'],
  ])('refuses %s %j as %s', (column, value, code, field) => {
    expect(map(withField(column, value)).refusal).toMatchObject({ code, field });
  });

  it('names the column where it is not the field’s name', () => {
    expect(map(withField('ts', 'soon')).refusal?.detail).toBe('column "ts": "soon" is not a time');
    expect(map(withField('lat', 'x')).refusal?.detail).toBe('"x" is not a number');
  });

  it('leaves ranges to the server', () => {
    expect(map(withField('lat', '443.5')).event).toMatchObject({ lat: 443.5 });
    expect(map(withField('amount', '-1')).event).toMatchObject({ amount: -1 });
  });

  it('leaves out what is not there', () => {
    const { event } = map(withField('amount', 'N/A').map((field, i) => (i === 6 ? '' : field)));
    expect(event).not.toHaveProperty('amount');
    expect(event).not.toHaveProperty('entity_id');
    expect(event).not.toHaveProperty('attrs');
  });

  it('puts --event-type before the column', () => {
    expect(map(GOOD, { eventType: 'blaze' }).event).toMatchObject({ event_type: 'blaze' });
    expect(map(withField('event_type', ''), { eventType: 'blaze' }).event).toMatchObject({ event_type: 'blaze' });
  });

  it('escapes what JSON needs escaped', () => {
    expect(map(withField('event_id', 'a"\\\u0007ü🚒')).event).toMatchObject({ event_id: 'a"\\\u0007ü🚒' });
  });

  it('makes the same id of the same content, another of other content or another type', () => {
    const id = (row: Row, options: PlanOptions = {}) => map(row, { map: 'event_id=', ...options }).event?.['event_id'];
    expect(id(GOOD)).toMatch(/^h[0-9a-f]{32}$/);
    expect(id([...GOOD])).toBe(id(GOOD));
    for (const column of HEADER.filter((name) => !['ts', 'lat', 'lon', 'amount'].includes(name)))
      expect(id(withField(column, 'other'))).not.toBe(id(GOOD));
    expect(id(GOOD, { eventType: 'blaze' })).not.toBe(id(GOOD));
    // The zone is how a row is read, not what it is: a second try with --tz doubles nothing.
    expect(id(GOOD, { tz: 'Europe/Berlin' })).toBe(id(GOOD));
  });

  it('types attributes: plain numbers are numbers, codes stay texts, nested names are flat', () => {
    const row = {
      id: 7,
      t: '2020-01-01T00:00:00Z',
      lat: 1,
      lon: 2,
      kind: 'x',
      attrs: { zip: '00501', n: '12', deep: { a: 1 } },
      big: 9_007_199_254_740_993n,
      list: [1, 2n],
      none: null,
    };
    const { event } = map(row, { map: 'timestamp=t', attrs: 'all' }, null);
    expect(event).toMatchObject({
      event_id: '7',
      attrs: { zip: '00501', n: 12, big: '9007199254740993', list: '[1,"2"]' },
    });
    expect(eventInput.parse(event)).toBeTruthy();
  });

  it('reads back the attributes of a CSV that the platform exported', () => {
    const names = ['event_id', 'timestamp', 'lat', 'lon', 'event_type', 'attrs'];
    const row = (attrs: string) =>
      map(['a', '2020-01-01T00:00:00Z', '1', '2', 'fire', attrs], { map: 'attrs=attrs' }, names);
    expect(row('{"cause":"x"}').event).toMatchObject({ attrs: { cause: 'x' } });
    expect(row('cause=x').refusal).toMatchObject({ code: 'EVENT_FIELD_INVALID', field: 'attrs' });
  });

  it('reads decimal commas where commas do not part the fields', () => {
    const row = ['a', '2020-01-01T00:00:00Z', '43,5', '-79,5', '1,5', 'fire'];
    const names = HEADER.slice(0, 6);
    expect(map(row, {}, names, true).event).toMatchObject({ lat: 43.5, lon: -79.5, amount: 1.5 });
    expect(() => map(row, {}, names, false)).toThrow(/lat, lon/);
  });
});

describe('values', () => {
  it.each<[unknown, boolean, number]>([
    ['$1,234.50', false, 1234.5],
    ['1,234,567', false, 1_234_567],
    ['-€2,000', false, -2000],
    [' 12 ', false, 12],
    ['1e3', false, 1000],
    ['1,5', true, 1.5],
    ['1,5', false, Number.NaN],
    ['12,34', false, Number.NaN],
    ['', false, Number.NaN],
  ])('amount %j', (value, comma, expected) => expect(readAmount(value, comma)).toBe(expected));

  it('a big integer', () => expect(readAmount(5n, false)).toBe(5));

  it('shows any value in a message', () => {
    expect([quote(5n), quote(Number.NaN), quote({ a: [1n] }), quote(' x '), quote('y'.repeat(99))]).toEqual([
      '"5"',
      '"NaN"',
      '"{"a":["1"]}"',
      '"x"',
      `"${'y'.repeat(60)}…"`,
    ]);
  });

  it('a coordinate is no money', () => expect(readNumber('$1,234.50', false)).toBeNaN());

  it.each(['', 'NA', 'n/a', 'NaN', 'null', ' - ', null, undefined, Number.NaN])('nothing: %j', (value) =>
    expect(isNothing(value)).toBe(true),
  );
  it.each(['0', 0, 'nay', false])('something: %j', (value) => expect(isNothing(value)).toBe(false));
});
