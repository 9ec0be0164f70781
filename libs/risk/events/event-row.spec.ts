import { latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import type { AmountKind } from '#contracts';
import { type EventRow, type Rejection, toEventRow } from './event-row.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const good = {
  event_id: 'tor8092',
  timestamp: '2011-01-01T05:49:17Z',
  lat: 43.71775,
  lon: -79.48656,
  event_type: 'fire',
  amount: 60_000,
  entity_id: 'station-12',
  attrs: { cause: 'electrical', floors: 3, arson: false, note: null },
};

function judge(value: unknown, amountKind: AmountKind = 'amount'): { row: EventRow } | { rejection: Rejection } {
  return toEventRow(value, { resolution: 7, amountKind, now });
}

function rowOf(changes: Record<string, unknown> = {}, amountKind: AmountKind = 'amount'): EventRow {
  const judged = judge({ ...good, ...changes }, amountKind);
  if ('rejection' in judged) throw new Error(JSON.stringify(judged.rejection));
  return judged.row;
}

function refusalOf(value: unknown, amountKind: AmountKind = 'amount'): Rejection {
  const judged = judge(value, amountKind);
  if ('row' in judged) throw new Error(`taken: ${JSON.stringify(judged.row)}`);
  return judged.rejection;
}

const refusal = (changes: Record<string, unknown>, amountKind: AmountKind = 'amount') => {
  const { code, field } = refusalOf({ ...good, ...changes }, amountKind);
  return [code, field];
};

const without = (name: keyof typeof good) =>
  Object.fromEntries(Object.entries(good).filter(([field]) => field !== name));

describe('a good event', () => {
  it('becomes a row with its cell', () => {
    expect(rowOf()).toEqual({
      eventId: 'tor8092',
      time: Date.UTC(2011, 0, 1, 5, 49, 17),
      lat: 43.71775,
      lon: -79.48656,
      cell: latLngToCell(43.71775, -79.48656, 7),
      eventType: 'fire',
      amount: 60_000,
      entityId: 'station-12',
      attrs: '{"cause":"electrical","floors":3,"arson":false,"note":null}',
    });
  });

  it('needs no amount, entity or attributes', () => {
    const { event_id, timestamp, lat, lon, event_type } = good;
    const bare = judge({ event_id, timestamp, lat, lon, event_type });
    expect(bare).toMatchObject({ row: { amount: null, entityId: '', attrs: '{}' } });
    expect(rowOf({ amount: null, entity_id: null, attrs: null })).toMatchObject({ amount: null, entityId: '' });
  });

  it.each([
    ['2011-01-01T00:49:17-05:00', '2011-01-01T05:49:17.000Z'],
    ['2011-01-01T05:49:17.123456Z', '2011-01-01T05:49:17.123Z'],
    ['1900-01-01T00:00:00Z', '1900-01-01T00:00:00.000Z'],
    ['2026-03-01T12:05:00Z', '2026-03-01T12:05:00.000Z'],
    ['2024-02-29T23:59:59+14:00', '2024-02-29T09:59:59.000Z'],
  ])('may be of %s', (timestamp, time) => expect(new Date(rowOf({ timestamp }).time).toISOString()).toBe(time));

  it.each([
    [90, 180],
    [-90, -180],
    [0, 5],
    [0.0002, 0],
  ])('may lie at %s, %s', (lat, lon) => expect(rowOf({ lat, lon })).toMatchObject({ lat, lon }));

  it('has its type trimmed', () => expect(rowOf({ event_type: '  fire ' }).eventType).toBe('fire'));

  it('may have any well-formed text as its id', () =>
    expect(rowOf({ event_id: "ä€😀'; DROP TABLE events --" }).eventId).toBe("ä€😀'; DROP TABLE events --"));

  it('has no amount where the namespace keeps none', () => expect(rowOf({ amount: 5 }, 'none').amount).toBeNull());
});

describe('places', () => {
  it.each([
    [{ lat: 90.01, lon: 120 }, 'EVENT_LAT_OUT_OF_RANGE', 'lat'],
    [{ lat: -91, lon: -120 }, 'EVENT_LAT_OUT_OF_RANGE', 'lat'],
    [{ lat: 95, lon: 120 }, 'EVENT_LAT_OUT_OF_RANGE', 'lat'],
    [{ lat: 999, lon: 10 }, 'EVENT_LAT_OUT_OF_RANGE', 'lat'],
    [{ lon: 180.5 }, 'EVENT_LON_OUT_OF_RANGE', 'lon'],
    [{ lon: -1e9 }, 'EVENT_LON_OUT_OF_RANGE', 'lon'],
    [{ lat: -118.2, lon: 34.05 }, 'EVENT_LAT_LON_SWAPPED', 'lat'],
    [{ lat: 151.2, lon: -33.9 }, 'EVENT_LAT_LON_SWAPPED', 'lat'],
    [{ lat: 0, lon: 0 }, 'EVENT_NULL_ISLAND', 'lat'],
    [{ lat: -0, lon: 0.00005 }, 'EVENT_NULL_ISLAND', 'lat'],
    // JSON has no NaN; a caller inside the process could still bring one.
    [{ lat: Number.NaN }, 'EVENT_LAT_OUT_OF_RANGE', 'lat'],
    [{ lat: 'NaN' }, 'EVENT_FIELD_INVALID', 'lat'],
    [{ lat: '43.7' }, 'EVENT_FIELD_INVALID', 'lat'],
    [{ lon: [1] }, 'EVENT_FIELD_INVALID', 'lon'],
    [{ lat: true }, 'EVENT_FIELD_INVALID', 'lat'],
    [{ lat: null }, 'EVENT_FIELD_MISSING', 'lat'],
    [{ lon: '' }, 'EVENT_FIELD_MISSING', 'lon'],
  ])('%j is refused', (changes, code, field) => expect(refusal(changes)).toEqual([code, field]));
});

describe('times', () => {
  it.each([
    ['2011-01-01T05:49:17', 'EVENT_TIME_ZONE_MISSING'],
    ['2011-01-01 05:49:17', 'EVENT_TIME_ZONE_MISSING'],
    ['2011-01-01 05:49', 'EVENT_TIME_ZONE_MISSING'],
    ['2011-01-01T05:49:17.5', 'EVENT_TIME_ZONE_MISSING'],
    ['2011-01-01', 'EVENT_TIME_ZONE_MISSING'],
    ['2026-03-01T12:05:01Z', 'EVENT_TIME_IN_FUTURE'],
    ['2999-01-01T00:00:00Z', 'EVENT_TIME_IN_FUTURE'],
    ['1899-12-31T23:59:59Z', 'EVENT_TIME_TOO_EARLY'],
    ['0001-01-01T00:00:00Z', 'EVENT_TIME_TOO_EARLY'],
    ['2011-02-30T00:00:00Z', 'EVENT_TIME_INVALID'],
    ['2011-01-01T25:00:00Z', 'EVENT_TIME_INVALID'],
    ['01/02/2011', 'EVENT_TIME_INVALID'],
    ['yesterday', 'EVENT_TIME_INVALID'],
    [1_293_860_957, 'EVENT_TIME_INVALID'],
    [Number.NaN, 'EVENT_TIME_INVALID'],
    ['', 'EVENT_FIELD_MISSING'],
    [null, 'EVENT_FIELD_MISSING'],
  ])('%j is refused as %s', (timestamp, code) => expect(refusal({ timestamp })).toEqual([code, 'timestamp']));

  it('without a zone are answered with how to write them', () =>
    expect(refusalOf({ ...good, timestamp: '2011-01-01 05:49:17' }).detail).toContain('2011-01-01T05:49:17Z'));
});

describe('amounts', () => {
  it.each([
    [-1, 'amount', 'EVENT_AMOUNT_OUT_OF_RANGE'],
    [-1000, 'amount', 'EVENT_AMOUNT_OUT_OF_RANGE'],
    [1.1e12, 'amount', 'EVENT_AMOUNT_OUT_OF_RANGE'],
    [Number.POSITIVE_INFINITY, 'amount', 'EVENT_AMOUNT_OUT_OF_RANGE'],
    [15.5, 'magnitude', 'EVENT_AMOUNT_OUT_OF_RANGE'],
    [-10.5, 'magnitude', 'EVENT_AMOUNT_OUT_OF_RANGE'],
    ['60000', 'amount', 'EVENT_FIELD_INVALID'],
    ['NaN', 'amount', 'EVENT_FIELD_INVALID'],
    [{}, 'none', 'EVENT_FIELD_INVALID'],
  ] as const)('%j is refused where amounts are of kind %s', (amount, kind, code) =>
    expect(refusal({ amount }, kind)).toEqual([code, 'amount']),
  );

  it.each([
    [0, 'amount'],
    [1e12, 'amount'],
    [-2.5, 'magnitude'],
    [9.5, 'magnitude'],
  ] as const)('%s is taken where amounts are of kind %s', (amount, kind) =>
    expect(rowOf({ amount }, kind).amount).toBe(amount),
  );
});

describe('fields', () => {
  it.each(['event_id', 'timestamp', 'lat', 'lon', 'event_type'] as const)('%s must be there', (field) => {
    const { code, field: named } = refusalOf(without(field));
    expect([code, named]).toEqual(['EVENT_FIELD_MISSING', field]);
  });

  it.each([
    [{ event_id: 'x'.repeat(129) }, 'EVENT_ID_INVALID', 'event_id'],
    [{ event_id: 17 }, 'EVENT_ID_INVALID', 'event_id'],
    // Half a pair cannot be written to the store: in a batch it would cost all the others.
    [{ event_id: 'a\ud800b' }, 'EVENT_ID_INVALID', 'event_id'],
    [{ event_id: 'a\u0000' }, 'EVENT_ID_INVALID', 'event_id'],
    [{ event_type: '\udc00' }, 'EVENT_TYPE_INVALID', 'event_type'],
    [{ event_type: 'all' }, 'EVENT_TYPE_INVALID', 'event_type'],
    [{ event_type: ' all ' }, 'EVENT_TYPE_INVALID', 'event_type'],
    [{ event_type: '   ' }, 'EVENT_TYPE_INVALID', 'event_type'],
    [{ event_type: 'x'.repeat(101) }, 'EVENT_TYPE_INVALID', 'event_type'],
    [{ event_type: 5 }, 'EVENT_TYPE_INVALID', 'event_type'],
    [{ event_type: '' }, 'EVENT_FIELD_MISSING', 'event_type'],
    [{ entity_id: '' }, 'EVENT_FIELD_INVALID', 'entity_id'],
    [{ entity_id: 12 }, 'EVENT_FIELD_INVALID', 'entity_id'],
    [{ entity_id: '\ud83d' }, 'EVENT_FIELD_INVALID', 'entity_id'],
    [{ colour: 'red' }, 'EVENT_FIELD_UNKNOWN', 'colour'],
    [{ ['x'.repeat(500)]: 1 }, 'EVENT_FIELD_UNKNOWN', 'x'.repeat(500)],
  ])('%j is refused', (changes, code, field) => expect(refusal(changes)).toEqual([code, field]));

  it.each([null, 5, 'text', [], [good], undefined])('%j is no event', (value) =>
    expect(refusalOf(value)).toMatchObject({ code: 'EVENT_MALFORMED', field: null }),
  );
});

describe('attributes', () => {
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i]));

  it('may be 32, of 8 KB together', () => {
    expect(JSON.parse(rowOf({ attrs: many(32) }).attrs)).toEqual(many(32));
    expect(rowOf({ attrs: { a: 'x'.repeat(1000) } }).attrs).toHaveLength(1008);
  });

  it.each([
    [many(33), 'EVENT_ATTRS_TOO_LARGE'],
    [{ a: 'x'.repeat(1001) }, 'EVENT_ATTRS_TOO_LARGE'],
    [Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'x'.repeat(1000)])), 'EVENT_ATTRS_TOO_LARGE'],
    [{ a: { nested: 1 } }, 'EVENT_FIELD_INVALID'],
    [{ a: [1] }, 'EVENT_FIELD_INVALID'],
    [{ ['x'.repeat(65)]: 1 }, 'EVENT_FIELD_INVALID'],
    ['text', 'EVENT_FIELD_INVALID'],
    [[1], 'EVENT_FIELD_INVALID'],
  ])('%# are refused', (attrs, code) => expect(refusal({ attrs })).toEqual([code, 'attrs']));

  it('that are refused are named', () =>
    expect(refusalOf({ ...good, attrs: { ok: 1, depth: { a: 1 } } }).detail).toContain('attrs.depth'));
});

it('says in a few words what is wrong, whatever stood there', () => {
  const huge = 'x'.repeat(100_000);
  for (const changes of [{ timestamp: huge }, { [huge]: 1 }, { attrs: { [huge]: 1 } }, { attrs: { a: huge } }])
    expect(refusalOf({ ...good, ...changes }).detail.length).toBeLessThan(300);
});
