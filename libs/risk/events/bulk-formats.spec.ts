import { describe, expect, it } from 'vitest';
import { AppError } from '#platform';
import { CsvReader, NdjsonReader, type ReadRecord } from './bulk-formats.js';

const HEADER = 'event_id,timestamp,lat,lon,event_type,amount,entity_id,attrs.cause';

function read(header: string, ...rows: string[]): ReadRecord[] {
  return new CsvReader().read([header, ...rows].map((text, i) => ({ line: i + 1, text })));
}

const valueOf = (row: string): unknown => read(HEADER, row)[0]?.value;
const faultOf = (row: string): string | undefined => read(HEADER, row)[0]?.unreadable;

function headerFault(header: string): string {
  try {
    read(header);
  } catch (error) {
    if (error instanceof AppError && error.code === 'BULK_HEADER_INVALID') return error.message;
    throw error;
  }
  return 'none';
}

describe('NDJSON', () => {
  const one = (text: string) => new NdjsonReader().read([{ line: 7, text }])[0];

  it('gives what stands in a line', () => {
    expect(one('{"a":1}')).toEqual({ line: 7, value: { a: 1 } });
    // What is no object is the judge's to refuse.
    expect(one(' null ')).toEqual({ line: 7, value: null });
  });

  it.each(['{', '{"a":1} {"b":2}', 'NaN', "{'a':1}", '{"a":1,}'])('says of %j that it is no JSON', (text) =>
    expect(one(text)?.unreadable).toMatch(/^no JSON: /),
  );

  it('passes on what was too long', () => {
    expect(new NdjsonReader().read([{ line: 3, tooLong: true }])).toEqual([{ line: 3, tooLong: true }]);
  });
});

describe('the header of a CSV', () => {
  it.each([HEADER, 'event_type,lon,lat,timestamp,event_id', ' event_id , timestamp,lat,lon,"event_type"'])(
    '%j fits',
    (header) => expect(headerFault(header)).toBe('none'),
  );

  it.each([
    ['event_id,timestamp,lat,lon', 'the columns event_type are missing'],
    ['event_id,ts,lat,lon,event_type', 'there is no column "ts"'],
    ['Event_Id,timestamp,lat,lon,event_type', 'there is no column "Event_Id"'],
    [`${HEADER},colour,shape`, 'there is no column "colour", "shape"'],
    [`${HEADER},lat`, 'the column "lat" stands twice'],
    [`${HEADER},attrs.`, 'there is no column "attrs."'],
    ['event_id;timestamp;lat;lon;event_type', 'there is no column "event_id;timestamp'],
    ['"event_id,timestamp', 'Quote'],
    ['{"event_id":"a"}', 'Quote'],
  ])('%j is refused: %s', (header, reason) => expect(headerFault(header)).toContain(reason));

  it('that is too long is refused', () => {
    expect(() => new CsvReader().read([{ line: 1, tooLong: true }])).toThrow('the first line is too long');
  });

  it('is read once, from the first record there is', () => {
    const reader = new CsvReader();
    expect(reader.read([{ line: 2, text: HEADER }])).toEqual([]);
    expect(reader.read([{ line: 3, text: 'a,2020-01-01T00:00:00Z,1,2,fire,,,' }])[0]?.line).toBe(3);
    expect(reader.read([])).toEqual([]);
  });
});

describe('a row of a CSV', () => {
  it('becomes an event: numbers, attributes, and nothing where nothing stands', () => {
    expect(valueOf('a,2020-01-01T00:00:00Z,43.5,-79.25,fire,1e3,s1,spark')).toEqual({
      event_id: 'a',
      timestamp: '2020-01-01T00:00:00Z',
      lat: 43.5,
      lon: -79.25,
      event_type: 'fire',
      amount: 1000,
      entity_id: 's1',
      attrs: { cause: 'spark' },
    });
    expect(valueOf('a,2020-01-01T00:00:00Z,1,2,fire,,,')).toEqual({
      event_id: 'a',
      timestamp: '2020-01-01T00:00:00Z',
      lat: 1,
      lon: 2,
      event_type: 'fire',
    });
  });

  it('has no coordinate where blanks stand, and not the equator', () => {
    expect(valueOf('a,t,  ,2,fire,,,')).toEqual({ event_id: 'a', timestamp: 't', lon: 2, event_type: 'fire' });
  });

  it.each(['abc', 'NaN', 'Infinity', '0x10', '1,5'.replace(',', ';'), '1_000', '--1', '.'])(
    'keeps %j for the answer, for it is no number',
    (text) => expect(valueOf(`a,t,${text},2,fire,,,`)).toMatchObject({ lat: text }),
  );

  it.each([
    ['+1.5', 1.5],
    [' -2 ', -2],
    ['.5', 0.5],
    ['5.', 5],
    ['-1E-2', -0.01],
  ])('reads %j as a number', (text, value) => expect(valueOf(`a,t,${text},2,fire,,,`)).toMatchObject({ lat: value }));

  it('may have quotes, commas, doubled quotes and line breaks in its fields', () => {
    expect(valueOf('"a,b",t,1,2,"fi""re",,,"two\nlines"')).toMatchObject({
      event_id: 'a,b',
      event_type: 'fi"re',
      attrs: { cause: 'two\nlines' },
    });
  });

  it('is unreadable with another number of fields, and says both', () => {
    expect(faultOf('a,t,1,2,fire')).toBe('5 fields where the header has 8');
    expect(faultOf('a,t,1,2,fire,,,,')).toBe('9 fields where the header has 8');
    expect(faultOf('"a",t,1')).toBe('3 fields where the header has 8');
  });

  it.each(['a,"open,t', 'a"b,t,1,2,fire,,,', '"a"b,t,1,2,fire,,,'])('is unreadable with broken quotes: %j', (row) =>
    expect(faultOf(row)).toMatch(/quote/i),
  );

  it('does not let a name reach the prototype', () => {
    const [row] = read(`${HEADER},attrs.__proto__`, 'a,t,1,2,fire,,,x,evil');
    const { attrs } = (row?.value ?? {}) as { attrs?: object };
    expect(attrs).toEqual({ cause: 'x' });
    expect(Object.getPrototypeOf(attrs)).toBe(Object.prototype);
  });
});
