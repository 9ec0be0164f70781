import { usage } from '../failure.js';
import type { Table } from '../files/table.js';
import { Mapper } from './mapper.js';
import { type Mapping, columnsUsed, guessMapping, listColumns, readMap } from './mapping.js';
import { timeGetter } from './time-columns.js';
import { type TimePlan, TimeReader, describePlan, planTimes } from './times.js';
import { Zone } from './zone.js';

export interface PlanOptions {
  map?: string;
  /** `all`, or column names parted by commas. */
  attrs?: string;
  tz?: string;
  timeFormat?: string;
  eventType?: string;
}

/** How a file's rows become events. */
export interface Plan {
  mapping: Mapping;
  mapper: Mapper;
  times: TimeReader;
  zone: Zone;
  /** Whether `--tz` named the zone. */
  zoneGiven: boolean;
  /** Times of the first rows carry no zone. */
  zoneless: boolean;
  eventType: string | null;
  /** Columns that the reader must deliver; null: all. */
  columns: readonly string[] | null;
  /** What is read from where, for the user to see before it starts. */
  lines: string[];
  /** What may need a second thought, likewise. */
  warnings: string[];
}

/** Decides how to read a file, by what the user said, else by names and first rows. Raises CliFailure (usage) where that does not suffice. */
export function makePlan(table: Table, options: PlanOptions): Plan {
  const given = options.map === undefined ? {} : readMap(options.map, table.columns);
  const mapping = guessMapping(table, given);
  const eventType = options.eventType?.trim() ?? null;
  if (eventType === '') throw usage('--event-type is empty.');
  if (eventType === 'all')
    throw usage('--event-type all is reserved: it stands for every type together. Name one type.');
  const { timestamp } = mapping;
  const missing = [
    timestamp === null && 'timestamp',
    mapping.lat === null && 'lat',
    mapping.lon === null && 'lon',
  ].filter((name) => name !== false);
  if (timestamp === null || missing.length > 0) throw missingColumns(table, missing);
  if (mapping.event_type === null && eventType === null) {
    throw usage(
      'No column says what type the events are of. Name it: --event-type fire, or --map event_type=COLUMN.',
      listColumns(table.columns),
    );
  }
  const zone = Zone.named(options.tz ?? 'UTC');
  const timeOf = timeGetter(table, timestamp);
  const single = timestamp.length === 1 ? table.columns.find(({ name }) => name === timestamp[0]) : undefined;
  const timePlan = planTimes(
    single ?? { name: timestamp.join('+') },
    table.sample.map(timeOf),
    options.timeFormat ?? null,
  );
  const times = new TimeReader(timePlan, zone);
  const zoneless = hasZoneless(table, timestamp, timePlan, zone);
  const attrs = attrColumns(table, options.attrs);
  const used: Mapping = eventType === null ? mapping : { ...mapping, event_type: null };
  const mapper = new Mapper(table, { mapping: used, times, eventType, attrs });
  return {
    mapping: used,
    mapper,
    times,
    zone,
    zoneGiven: options.tz !== undefined,
    eventType,
    // An id made of the whole row needs the whole row.
    columns: attrs === null || used.event_id === null ? null : [...columnsUsed(used), ...attrs],
    lines: describe(used, eventType, describePlan(timePlan), attrs),
    zoneless,
    warnings:
      zoneless && options.tz === undefined
        ? [
            'The times carry no zone and are read as UTC. If they are local times, stop (Ctrl-C) and name their zone: --tz America/Toronto',
          ]
        : [],
  };
}

function missingColumns(table: Table, missing: readonly string[]): Error {
  const example = missing.map((field) => `${field}=COLUMN`).join(',');
  const projected =
    table.columns.some(({ name }) => /^(x|y|x_?coord.*|y_?coord.*|easting|northing)$/i.test(name)) &&
    missing.includes('lat');
  return usage(
    `No column was recognised as ${missing.join(', ')}. Name it: --map ${example}`,
    listColumns(table.columns),
    ...(projected
      ? ['Places must be in degrees (WGS 84); projected coordinates in metres or feet have to be converted first.']
      : []),
    ...(table.columns.some(({ name }) => /^-?\d+(\.\d+)?$/.test(name))
      ? ['Has the file no header line? Add --no-header, then columns are called 1, 2, 3 …']
      : []),
  );
}

function attrColumns(table: Table, text: string | undefined): readonly string[] | null {
  if (text === undefined) return [];
  if (text === 'all') return null;
  return text.split(',').map((raw) => {
    const name = raw.trim();
    if (!table.columns.some((column) => column.name === name))
      throw usage(`--attrs: the file has no column "${name}".`, listColumns(table.columns));
    return name;
  });
}

function describe(
  mapping: Mapping,
  eventType: string | null,
  times: string,
  attrs: readonly string[] | null,
): string[] {
  const lines: string[] = [];
  const add = (field: string, text: string | null) => {
    if (text !== null) lines.push(`  ${field.padEnd(10)} ← ${text}`);
  };
  add('event_id', mapping.event_id ?? 'made from the row’s content (identical rows count as one event)');
  add('timestamp', (mapping.timestamp ?? []).join(' + ') + (times === '' ? '' : `  (${times})`));
  add('lat', mapping.lat);
  add('lon', mapping.lon);
  add('amount', mapping.amount);
  add('event_type', eventType === null ? mapping.event_type : `"${eventType}" for all`);
  add('entity_id', mapping.entity_id);
  if (attrs === null) add('attrs', 'all other columns');
  else if (attrs.length > 0 || mapping.attrs !== null)
    add('attrs', [...(mapping.attrs === null ? [] : [mapping.attrs]), ...attrs].join(', '));
  return lines;
}

/** Tried on a reader of its own, so that what it counts is not counted twice. */
function hasZoneless(table: Table, timestamp: NonNullable<Mapping['timestamp']>, plan: TimePlan, zone: Zone): boolean {
  const trial = new TimeReader(plan, zone);
  const timeOf = timeGetter(table, timestamp);
  return table.sample.some((row) => trial.read(timeOf(row)) !== null && trial.zoneless > 0);
}
