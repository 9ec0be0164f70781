import { usage } from '../failure.js';
import type { ColumnInfo, Row, Table } from '../files/table.js';
import { readIso, readTime } from './time-text.js';
import { isNothing, readNumber } from './values.js';

const FIELDS = ['event_id', 'timestamp', 'lat', 'lon', 'amount', 'event_type', 'entity_id', 'attrs'] as const;
export type Field = (typeof FIELDS)[number];

/** Which column each field of an event comes from. A time may stand in two columns, a date and a time of day. */
export interface Mapping {
  event_id: string | null;
  timestamp: readonly [string] | readonly [string, string] | null;
  lat: string | null;
  lon: string | null;
  amount: string | null;
  event_type: string | null;
  entity_id: string | null;
  /** A column that holds a JSON object of attributes, as the platform's own exports have. */
  attrs: string | null;
}

/** The columns that fields are taken from. */
export function columnsUsed(mapping: Partial<Mapping>): string[] {
  const used: string[] = [];
  for (const columns of Object.values<Mapping[Field] | undefined>(mapping)) {
    if (typeof columns === 'string') used.push(columns);
    else if (columns !== null && columns !== undefined) used.push(...columns);
  }
  return used;
}

/** Names by which columns are known, most telling first, compared without case, blanks and signs. */
const NAMES: Record<Exclude<Field, 'timestamp' | 'attrs'>, readonly string[]> = {
  event_id: [
    'eventid',
    'id',
    'uid',
    'uuid',
    'guid',
    'eventkey',
    'eventuniqueid',
    'incidentid',
    'incidentnumber',
    'incidentno',
    'casenumber',
    'caseid',
    'reportnumber',
    'objectid',
    'globalid',
    'key',
    'fid',
  ],
  lat: [
    'geometrylat',
    'lat',
    'latitude',
    'latdeg',
    'declat',
    'decimallatitude',
    'latitudewgs84',
    'latwgs84',
    'eventlat',
    'ycoord',
    'ycoordinate',
    'y',
  ],
  lon: [
    'geometrylon',
    'lon',
    'lng',
    'long',
    'longitude',
    'londeg',
    'declon',
    'decimallongitude',
    'longitudewgs84',
    'longwgs84',
    'lonwgs84',
    'eventlon',
    'xcoord',
    'xcoordinate',
    'x',
  ],
  amount: [
    'amount',
    'mag',
    'magnitude',
    'loss',
    'losses',
    'estimatedloss',
    'estimateddollarloss',
    'dollarloss',
    'damage',
    'damages',
    'cost',
    'value',
    'severity',
  ],
  event_type: [
    'eventtype',
    'type',
    'category',
    'kind',
    'eventcategory',
    'incidenttype',
    'crimetype',
    'primarytype',
    'offense',
    'offence',
    'offensetype',
    'finalincidenttype',
    'class',
  ],
  entity_id: ['entityid', 'entity', 'stationid', 'station', 'assetid', 'asset', 'deviceid', 'device', 'sensorid'],
};

const INSTANT_NAMES = [
  'timestamp',
  'ts',
  'datetime',
  'eventtime',
  'eventdatetime',
  'origintime',
  'occurredat',
  'occurred',
  'occurredon',
  'occurrencetime',
  'occurrencedate',
  'occurredate',
  'eventdate',
  'timeutc',
  'utctime',
  'starttime',
  'startedat',
  'incidentdatetime',
  'incidentdate',
  'reportedat',
  'reportdate',
  'createdat',
  'created',
  'tfsalarmtime',
  'alarmtime',
];
const DATE_NAMES = [
  'date',
  'day',
  'eventday',
  'occurrenceday',
  'datelocal',
  'localdate',
  'incidentdate',
  'eventdate',
  'occurreddate',
  'occdate',
  'dateocc',
];
const CLOCK_NAMES = [
  'time',
  'timeofday',
  'hour',
  'clock',
  'localtime',
  'timelocal',
  'incidenttime',
  'eventtime',
  'occurredtime',
  'occtime',
  'timeocc',
];
const LAST_RESORT_NAMES = ['time', 'date', 'day', 'when'];

/** `Event ID` → `eventid`. */
function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Guesses columns by their names and checks the guess against the first rows' values. `given` fields are not guessed. */
export function guessMapping(table: Table, given: Partial<Mapping> = {}): Mapping {
  const taken = new Set(columnsUsed(given));
  const free = table.columns.filter(({ name }) => !taken.has(name));
  const find = (names: readonly string[], fits: (values: unknown[]) => boolean): string | null => {
    for (const wanted of names) {
      const column = free.find(({ name }) => bare(name) === wanted && !taken.has(name));
      if (column !== undefined && fits(valuesOf(table, column.name))) {
        taken.add(column.name);
        return column.name;
      }
    }
    return null;
  };
  const degrees = (limit: number) => (values: unknown[]) =>
    looksLike(values, (v) => Math.abs(readNumber(v, table.decimalComma)) <= limit);
  const numbers = (values: unknown[]) =>
    looksLike(values, (v) => !Number.isNaN(readNumber(v, table.decimalComma)) || /\d/.test(String(v)));
  const anything = () => true;
  return {
    timestamp: given.timestamp !== undefined ? given.timestamp : guessTime(free, taken, find),
    // Degrees are checked loosely: rows out of range are the server's to reject, projected metres are not coordinates at all.
    lat: given.lat !== undefined ? given.lat : find(NAMES.lat, degrees(1000)),
    lon: given.lon !== undefined ? given.lon : find(NAMES.lon, degrees(1000)),
    event_id: given.event_id !== undefined ? given.event_id : find(NAMES.event_id, anything),
    amount: given.amount !== undefined ? given.amount : find(NAMES.amount, numbers),
    event_type: given.event_type !== undefined ? given.event_type : find(NAMES.event_type, anything),
    entity_id: given.entity_id !== undefined ? given.entity_id : find(NAMES.entity_id, anything),
    attrs:
      given.attrs !== undefined
        ? given.attrs
        : (nestedAttrs(table) ??
          find(['attrs'], (values) =>
            looksLike(values, (v) => typeof v === 'object' || (typeof v === 'string' && v.startsWith('{'))),
          )),
  };
}

/** Rows that are objects show their attributes as columns `attrs.…`, and the object itself under the bare name. */
function nestedAttrs({ columns }: Table): string | null {
  return columns.some(({ name }) => name.startsWith('attrs.')) ? 'attrs' : null;
}

function guessTime(
  free: readonly ColumnInfo[],
  taken: Set<string>,
  find: (names: readonly string[], fits: (values: unknown[]) => boolean) => string | null,
): Mapping['timestamp'] {
  const instant = find(INSTANT_NAMES, (values) => looksLike(values, isTimeLike) && !looksLike(values, isDay));
  if (instant !== null) return [instant];
  const whole = find(LAST_RESORT_NAMES, (values) => looksLike(values, isTimeLike) && !looksLike(values, isDay));
  if (whole !== null) return [whole];
  const day = find([...DATE_NAMES, ...INSTANT_NAMES], (values) => looksLike(values, isDay));
  if (day !== null) {
    const clock = find(CLOCK_NAMES, (values) => looksLike(values, isClock));
    return clock === null ? [day] : [day, clock];
  }
  const typed = free.find(({ name, time }) => time !== undefined && !taken.has(name));
  if (typed === undefined) return null;
  taken.add(typed.name);
  return [typed.name];
}

const ANY_ORDER = ['month-first', 'day-first'] as const;

function isTimeLike(value: unknown): boolean {
  if (value instanceof Date || typeof value === 'bigint') return true;
  if (typeof value === 'number') return Math.abs(value) > 1e6;
  if (typeof value !== 'string') return false;
  const text = value.trim();
  const parts = { wall: 0, offset: 0, dayOnly: false };
  return (
    readIso(text, parts) || /^-?\d{7,}(\.\d+)?$/.test(text) || ANY_ORDER.some((order) => readTime(text, order, parts))
  );
}

/** A day, or midnight: databases export the day that stands beside a time of day so. */
function isDay(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const parts = { wall: 0, offset: 0, dayOnly: false };
  if (!ANY_ORDER.some((order) => readTime(value.trim(), order, parts))) return false;
  return parts.dayOnly || (Number.isNaN(parts.offset) && parts.wall % 86_400_000 === 0);
}

function isClock(value: unknown): boolean {
  const text = String(value).trim();
  return (
    /^\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( *[ap]\.?m\.?)?([zZ]|[+-]\d{2}:?\d{2})?$/i.test(text) ||
    /^\d{3,4}$/.test(text) ||
    /^\d{1,2}$/.test(text)
  );
}

function valuesOf(table: Table, column: string): unknown[] {
  const get = table.getter(column);
  return table.sample.map((row: Row) => get(row)).filter((value) => !isNothing(value));
}

/** Most values pass; bad rows must not hide a column. A column without values passes nothing. */
function looksLike(values: readonly unknown[], passes: (value: unknown) => boolean): boolean {
  let n = 0;
  for (const value of values) if (passes(value)) n++;
  return n > 0 && n * 2 >= values.length;
}

/**
 * Reads `--map timestamp=occurred,lat=y`; `timestamp=date+time` joins two columns, `amount=` takes a field out. Raises CliFailure
 * (usage) for an unknown field or a column that the file does not have, and lists those it has.
 */
export function readMap(text: string, columns: readonly ColumnInfo[]): Partial<Mapping> {
  const names = new Set(columns.map(({ name }) => name));
  const known = (column: string): string => {
    if (names.has(column) || columns.some(({ name }) => name.startsWith(`${column}.`))) return column;
    const folded = columns.filter(({ name }) => name.toLowerCase() === column.toLowerCase());
    if (folded.length === 1) return (folded[0] as ColumnInfo).name;
    throw usage(`--map: the file has no column "${column}".`, listColumns(columns));
  };
  const mapping: Partial<Mapping> = {};
  for (const part of splitMap(text)) {
    const equals = part.indexOf('=');
    const field = FIELDS.find((name) => name === part.slice(0, equals).trim());
    if (equals === -1 || field === undefined) {
      throw usage(`--map: "${part}" is not FIELD=COLUMN.`, `Fields: ${FIELDS.join(', ')}.`);
    }
    const column = part.slice(equals + 1).trim();
    if (field !== 'timestamp') mapping[field] = column === '' ? null : known(column);
    else if (column === '') mapping.timestamp = null;
    else if (names.has(column) || !column.includes('+')) mapping.timestamp = [known(column)];
    else {
      const [day = '', clock = '', ...more] = column.split('+');
      if (more.length > 0) throw usage(`--map: a time stands in one column or in two, not in "${column}".`);
      mapping.timestamp = [known(day.trim()), known(clock.trim())];
    }
  }
  return mapping;
}

/** Commas part the pairs, but a column's name may hold one: a piece without "=" belongs to the one before. */
function splitMap(text: string): string[] {
  const parts: string[] = [];
  for (const piece of text.split(',')) {
    if (piece.includes('=') || parts.length === 0) parts.push(piece);
    else parts.push(`${parts.pop() as string},${piece}`);
  }
  return parts.filter((part) => part.trim() !== '');
}

export function listColumns(columns: readonly ColumnInfo[]): string {
  return `Its columns are: ${columns.map(({ name }) => name).join(', ')}.`;
}
