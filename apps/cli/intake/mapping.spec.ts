import { describe, expect, it } from 'vitest';
import { CliFailure, EXIT } from '../failure.js';
import { type Row, type Table, columnsOf, named, positional } from '../files/table.js';
import { guessMapping, readMap } from './mapping.js';
import { makePlan } from './plan.js';
import { timeGetter } from './time-columns.js';

function csv(header: string, ...rows: string[]): Table {
  const names = header.split(',');
  const sample: Row[] = rows.map((row) => row.split(','));
  return table(
    names.map((name) => ({ name })),
    sample,
    positional(names),
  );
}

function objects(...rows: Record<string, unknown>[]): Table {
  return table(columnsOf(rows), rows, named);
}

function table(columns: Table['columns'], sample: Row[], access: Pick<Table, 'getter' | 'fields'>): Table {
  const batches = async function* () {
    yield await Promise.resolve({ rows: sample, lines: sample.map((_, i) => i + 2), bad: [] });
  };
  return {
    description: 'test',
    unit: 'line',
    columns,
    sample,
    decimalComma: false,
    rowCount: null,
    batches,
    ...access,
  };
}

describe('guessMapping', () => {
  it.each<[string, Table, Record<string, unknown>]>([
    [
      'our own names',
      csv('event_id,ts,lat,lon,amount,event_type', 'a,2020-01-01T00:00:00,43,-79,1,fire'),
      {
        event_id: 'event_id',
        timestamp: ['ts'],
        lat: 'lat',
        lon: 'lon',
        amount: 'amount',
        event_type: 'event_type',
        entity_id: null,
      },
    ],
    [
      'the USGS CSV',
      csv(
        'time,latitude,longitude,depth,mag,magType,nst,id,updated,place,type',
        '2020-01-01T00:00:00.000Z,33,-117,5,1.2,ml,9,ci1,2020-01-02T00:00:00.000Z,CA,earthquake',
      ),
      { event_id: 'id', timestamp: ['time'], lat: 'latitude', lon: 'longitude', amount: 'mag', event_type: 'type' },
    ],
    [
      'the USGS GeoJSON',
      objects({
        id: 'ci1',
        mag: 1,
        time: 1_700_000_000_000,
        updated: 1_700_000_000_001,
        type: 'eq',
        'geometry.lon': -117,
        'geometry.lat': 33,
      }),
      {
        event_id: 'id',
        timestamp: ['time'],
        lat: 'geometry.lat',
        lon: 'geometry.lon',
        amount: 'mag',
        event_type: 'type',
      },
    ],
    [
      'date and time apart',
      csv('Case Number,Date,Time,Y,X,Category', '1,2020-01-01,13:05,43,-79,theft'),
      {
        event_id: 'Case Number',
        timestamp: ['Date', 'Time'],
        lat: 'Y',
        lon: 'X',
        event_type: 'Category',
        amount: null,
      },
    ],
    [
      'a day as midnight beside a time',
      csv('date,time,lat,lng', '2020-01-01T00:00:00,1305,43,-79'),
      { timestamp: ['date', 'time'], lon: 'lng' },
    ],
    ['a day alone', csv('id,ts,lat,lon', '1,2020-01-01,43,-79'), { timestamp: ['ts'] }],
    [
      'epoch seconds',
      csv('uid,timestamp,Latitude,Long', '1,1577836800,43,-79'),
      { event_id: 'uid', timestamp: ['timestamp'], lat: 'Latitude', lon: 'Long' },
    ],
    [
      'attributes as the platform exports them',
      objects({ event_id: 'a', timestamp: '2020-01-01T00:00:00Z', lat: 1, lon: 2, attrs: { cause: 'x' } }),
      { attrs: 'attrs' },
    ],
    [
      'bad rows among the good',
      csv('ts,lat,lon', '2020-01-01T00:00:00,43,-79', 'x,y,z', '2020-01-01T00:00:00,43,-79'),
      { timestamp: ['ts'], lat: 'lat', lon: 'lon' },
    ],
    [
      'projected coordinates are none',
      csv('ts,x,y', '2020-01-01T00:00:00,312345.2,4834000.1'),
      { lat: null, lon: null },
    ],
    [
      'names that fit values that do not',
      csv('time,lat,long', 'morning,north,tall'),
      { timestamp: null, lat: null, lon: null },
    ],
  ])('%s', (_, input, expected) => expect(guessMapping(input)).toMatchObject(expected));
});

describe('readMap', () => {
  const columns = ['occurred', 'Lat', 'y', 'loss, total', 'day', 'clock', 'a+b'].map((name) => ({ name }));

  it('reads pairs, two columns of a time, names with commas and other case, and nothing', () => {
    expect(readMap('timestamp=day+clock,lat=LAT,amount=loss, total,event_type=', columns)).toEqual({
      timestamp: ['day', 'clock'],
      lat: 'Lat',
      amount: 'loss, total',
      event_type: null,
    });
    expect(readMap('timestamp=a+b', columns)).toEqual({ timestamp: ['a+b'] });
  });

  it.each([
    ['lat=latt', /no column "latt"/],
    ['latt=Lat', /"latt=Lat" is not FIELD=COLUMN/],
    ['lat', /is not FIELD=COLUMN/],
    ['timestamp=day+nine', /no column "nine"/],
  ])('refuses %s with exit code 2 and says what there is', (text, message) => {
    let failure: unknown;
    try {
      readMap(text, columns);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(CliFailure);
    expect(failure).toMatchObject({ exitCode: EXIT.usage, message: expect.stringMatching(message) as string });
    expect((failure as CliFailure).hints.join()).toMatch(/Lat|event_id/);
  });

  it('is stronger than the guess, and a column is used once', () => {
    const input = csv('id,key,ts,lat,lon,type', 'a,b,2020-01-01T00:00:00Z,1,2,x');
    expect(guessMapping(input, readMap('entity_id=id', input.columns))).toMatchObject({
      entity_id: 'id',
      event_id: 'key',
    });
    expect(guessMapping(input, readMap('event_id=', input.columns))).toMatchObject({ event_id: null });
  });
});

describe('timeGetter', () => {
  const times = (clocks: string[]) => {
    const input = csv('d,c', ...clocks.map((clock) => `2020-01-05,${clock}`));
    return input.sample.map(timeGetter(input, ['d', 'c']));
  };

  it('puts date and time together, numbers as hours and minutes unless none exceeds 24', () => {
    expect(times(['13:05', '1:05 PM', ''])).toEqual(['2020-01-05 13:05', '2020-01-05 1:05 PM', '2020-01-05']);
    expect(times(['5', '130', '2359'])).toEqual(['2020-01-05 0005', '2020-01-05 0130', '2020-01-05 2359']);
    expect(times(['5', '13'])).toEqual(['2020-01-05 05:00', '2020-01-05 13:00']);
  });
});

describe('makePlan', () => {
  const plain = csv('id,ts,lat,lon', 'a,2020-01-01T00:00:00,1,2');

  it('asks for a type, naming the option', () => {
    expect(() => makePlan(plain, {})).toThrow(/--event-type fire/);
    expect(makePlan(plain, { eventType: 'fire' }).lines.join('\n')).toContain('"fire" for all');
  });

  it('refuses the reserved type', () => expect(() => makePlan(plain, { eventType: 'all' })).toThrow(/reserved/));

  it('warns of times without a zone unless one is named', () => {
    expect(makePlan(plain, { eventType: 'fire' }).warnings.join()).toContain('--tz');
    expect(makePlan(plain, { eventType: 'fire', tz: 'Europe/Berlin' }).warnings).toEqual([]);
    expect(makePlan(plain, { eventType: 'fire' }).times.zoneless).toBe(0);
  });

  it('names what it could not find, with what there is', () => {
    expect(() => makePlan(csv('a,b', '1,2'), { eventType: 'x' })).toThrow(
      /timestamp, lat, lon.*--map timestamp=COLUMN,lat=COLUMN,lon=COLUMN/,
    );
  });

  it('reads only the columns it needs, all of them for an id of the content or --attrs all', () => {
    const wide = csv('id,ts,lat,lon,type,a,b', 'a,2020-01-01T00:00:00Z,1,2,x,3,4');
    expect(new Set(makePlan(wide, { attrs: 'b' }).columns)).toEqual(new Set(['id', 'ts', 'lat', 'lon', 'type', 'b']));
    expect(makePlan(wide, { attrs: 'all' }).columns).toBeNull();
    expect(makePlan(wide, { map: 'event_id=' }).columns).toBeNull();
    expect(() => makePlan(wide, { attrs: 'c' })).toThrow(/no column "c"/);
  });
});
