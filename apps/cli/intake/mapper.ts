import { createHash } from 'node:crypto';
import type { EventRejectCode } from '#contracts';
import { type Row, type Table, isObject } from '../files/table.js';
import { type Field, type Mapping, columnsUsed } from './mapping.js';
import { timeGetter } from './time-columns.js';
import type { TimeReader } from './times.js';
import { isNothing, jsonText, plainText, quote, readAmount, readNumber } from './values.js';

export interface MapperOptions {
  mapping: Mapping;
  times: TimeReader;
  /** Type of every event, before the column's. */
  eventType: string | null;
  /** Columns that go to `attrs`; null: every column that no field is taken from. Empty: none. */
  attrs: readonly string[] | null;
}

/** Why a row cannot be an event. */
export interface Refusal {
  code: EventRejectCode;
  field: Field | null;
  detail: string;
}

/** Turns a row of a file into the NDJSON line of an event, or says why it cannot be one. Ranges are the server's to judge. */
export class Mapper {
  /** Set when {@link toLine} returned null. */
  refusal: Refusal = { code: 'EVENT_MALFORMED', field: null, detail: '' };

  private readonly get: Record<Exclude<Field, 'timestamp'>, ((row: Row) => unknown) | null>;
  private readonly timeOf: (row: Row) => unknown;
  private readonly timeColumn: string;
  private readonly fixedType: string | null;
  private readonly types = new Map<string, string>();
  private readonly attrColumns: readonly { name: string; key: string; get: (row: Row) => unknown }[];
  private readonly restToAttrs: ReadonlySet<string> | null;

  /** The mapping names columns for timestamp, lat and lon. */
  constructor(
    private readonly table: Table,
    private readonly options: MapperOptions,
  ) {
    const { mapping, attrs } = options;
    const getter = (column: string | null) => (column === null ? null : table.getter(column));
    this.get = {
      event_id: getter(mapping.event_id),
      lat: getter(mapping.lat),
      lon: getter(mapping.lon),
      amount: getter(mapping.amount),
      event_type: getter(mapping.event_type),
      entity_id: getter(mapping.entity_id),
      attrs: getter(mapping.attrs),
    };
    this.timeOf = timeGetter(table, mapping.timestamp ?? ['']);
    this.timeColumn = (mapping.timestamp ?? []).join('+');
    this.fixedType = options.eventType === null ? null : JSON.stringify(options.eventType);
    this.attrColumns = (attrs ?? []).map((name) => ({ name, key: attrKey(name), get: table.getter(name) }));
    this.restToAttrs = attrs === null ? new Set(columnsUsed(mapping)) : null;
  }

  /** The event as one line of JSON without its line end; null where {@link refusal} says why. */
  toLine(row: Row): string | null {
    const lat = this.degrees(row, 'lat');
    if (lat === null) return null;
    const lon = this.degrees(row, 'lon');
    if (lon === null) return null;
    const time = this.time(row);
    if (time === null) return null;
    const type = this.type(row);
    if (type === null) return null;
    const id = this.id(row, type);
    if (id === null) return null;
    let line = `{"event_id":${id},"timestamp":"${time}","lat":${lat},"lon":${lon},"event_type":${type}`;
    if (this.get.amount !== null) {
      const raw = this.get.amount(row);
      if (!isNothing(raw)) {
        const amount = readAmount(raw, this.table.decimalComma);
        if (!Number.isFinite(amount))
          return this.refuse('EVENT_FIELD_INVALID', 'amount', `${quote(raw)} is not a number`);
        line += `,"amount":${amount}`;
      }
    }
    if (this.get.entity_id !== null) {
      const raw = this.get.entity_id(row);
      const entity = isNothing(raw) ? '' : plainText(raw);
      if (entity === null) return this.refuse('EVENT_FIELD_INVALID', 'entity_id', `${quote(raw)} is not a text`);
      if (entity !== '') line += `,"entity_id":${JSON.stringify(entity)}`;
    }
    const attrs = this.attrs(row);
    return attrs === null ? null : `${line}${attrs}}`;
  }

  private degrees(row: Row, field: 'lat' | 'lon'): number | null {
    const raw = this.get[field]?.(row);
    const degrees = readNumber(raw, this.table.decimalComma);
    if (Number.isFinite(degrees)) return degrees;
    if (raw === null || raw === undefined || raw === '') return this.refuse('EVENT_FIELD_MISSING', field, 'is empty');
    return this.refuse('EVENT_FIELD_INVALID', field, `${quote(raw)} is not a number`);
  }

  private time(row: Row): string | null {
    const { times } = this.options;
    const text = times.read(this.timeOf(row));
    return text ?? this.refuse(times.code, 'timestamp', times.detail);
  }

  /** The type as JSON. */
  private type(row: Row): string | null {
    if (this.fixedType !== null) return this.fixedType;
    const raw = this.get.event_type?.(row);
    if (typeof raw === 'string') {
      const known = this.types.get(raw);
      if (known !== undefined) return known;
    }
    if (raw === null || raw === undefined) return this.refuse('EVENT_FIELD_MISSING', 'event_type', 'is empty');
    const text = plainText(raw);
    if (text === null) return this.refuse('EVENT_FIELD_INVALID', 'event_type', `${quote(raw)} is not a text`);
    if (text === '') return this.refuse('EVENT_FIELD_MISSING', 'event_type', 'is empty');
    const json = JSON.stringify(text);
    // Bounded: a column of free text must not be kept whole.
    if (typeof raw === 'string' && this.types.size < 1000) this.types.set(raw, json);
    return json;
  }

  /** The id as JSON: the column's, or one made of the row's whole content, the same each time the file is read. */
  private id(row: Row, type: string): string | null {
    if (this.get.event_id === null) {
      const content = createHash('sha256').update(type);
      for (const [name, value] of this.table.fields(row)) {
        if (value !== undefined)
          content.update(
            `\u001f${name}\u001e${typeof value === 'object' || typeof value === 'bigint' ? jsonText(value) : JSON.stringify(value)}`,
          );
      }
      return `"h${content.digest('hex').slice(0, 32)}"`;
    }
    const raw = this.get.event_id(row);
    if (raw === null || raw === undefined) return this.refuse('EVENT_FIELD_MISSING', 'event_id', 'is empty');
    const text = plainText(raw);
    if (text === null) return this.refuse('EVENT_ID_INVALID', 'event_id', `${quote(raw)} is not a text`);
    return text === '' ? this.refuse('EVENT_FIELD_MISSING', 'event_id', 'is empty') : JSON.stringify(text);
  }

  /** `,"attrs":{…}` or nothing; null where the column of attributes holds something else than an object. */
  private attrs(row: Row): string | null {
    if (this.get.attrs === null && this.attrColumns.length === 0 && this.restToAttrs === null) return '';
    const out: Record<string, string | number | boolean> = {};
    if (this.get.attrs !== null && !this.readAttrs(this.get.attrs(row), out)) return null;
    for (const { key, get } of this.attrColumns) put(out, key, get(row));
    if (this.restToAttrs !== null) {
      for (const [name, value] of this.table.fields(row))
        if (!this.restToAttrs.has(name)) put(out, attrKey(name), value);
    }
    return Object.keys(out).length === 0 ? '' : `,"attrs":${JSON.stringify(out)}`;
  }

  private readAttrs(raw: unknown, out: Record<string, string | number | boolean>): boolean {
    if (isNothing(raw)) return true;
    let value = raw;
    if (typeof raw === 'string') {
      try {
        value = JSON.parse(raw);
      } catch {
        value = null;
      }
    }
    if (!isObject(value)) {
      this.refuse('EVENT_FIELD_INVALID', 'attrs', `${quote(raw)} is not a JSON object`);
      return false;
    }
    for (const [key, inner] of Object.entries(value)) put(out, key, inner);
    return true;
  }

  private refuse(code: EventRejectCode, field: Field, detail: string): null {
    const column = field === 'timestamp' ? this.timeColumn : this.options.mapping[field];
    this.refusal = {
      code,
      field,
      detail: column === null || column === field ? detail : `column "${column}": ${detail}`,
    };
    return null;
  }
}

/** The platform's NDJSON nests attributes; their names do not keep the nesting. */
function attrKey(column: string): string {
  return column.startsWith('attrs.') ? column.slice('attrs.'.length) : column;
}

/** Numbers written plainly become numbers; `007` and `1e5` stay the texts they are. */
function put(out: Record<string, string | number | boolean>, key: string, value: unknown): void {
  if (value === null || value === undefined || value === '') return;
  if (typeof value === 'string') {
    const number = Number(value);
    out[key] = String(number) === value && Number.isFinite(number) ? number : value;
  } else if (typeof value === 'number') {
    if (Number.isFinite(value)) out[key] = value;
  } else if (typeof value === 'boolean') out[key] = value;
  else if (typeof value === 'bigint') out[key] = Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  else if (value instanceof Date) out[key] = Number.isNaN(value.getTime()) ? '' : value.toISOString();
  else out[key] = jsonText(value);
}
