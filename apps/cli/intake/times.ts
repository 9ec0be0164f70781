import { DateTime } from 'luxon';
import type { EventRejectCode } from '#contracts';
import { usage } from '../failure.js';
import type { ColumnInfo } from '../files/table.js';
import { quote } from './values.js';
import { type DayOrder, type TimeParts, dayOrderOf, readIso, readTime } from './time-text.js';
import type { Zone } from './zone.js';

/** Units in which numbers count time, with their number in a millisecond. */
const EPOCH_UNITS = { seconds: 1e-3, milliseconds: 1, microseconds: 1e3, nanoseconds: 1e6 } as const;
type EpochUnit = keyof typeof EPOCH_UNITS;

/** How a file's times are to be read; found out from its first rows, or told. */
export interface TimePlan {
  /** The column's own meaning, where its format has one. */
  kind: ColumnInfo['time'];
  epoch: EpochUnit | null;
  order: DayOrder;
  /** luxon tokens, from `--time-format`. */
  format: string | null;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * How to read a time column by its first values. Raises CliFailure (usage) where day and month cannot be told apart, since a guess
 * would silently move most events by months.
 */
export function planTimes(column: ColumnInfo, values: readonly unknown[], format: string | null): TimePlan {
  const plan: TimePlan = { kind: column.time, epoch: null, order: null, format };
  if (format !== null || column.time !== undefined) return plan;
  const present = values.filter((value) => value !== null && value !== undefined && value !== '');
  const numbers = present.filter(
    (value) =>
      typeof value === 'number' ||
      typeof value === 'bigint' ||
      (typeof value === 'string' && NUMBER.test(value.trim())),
  );
  if (numbers.length > 0 && numbers.length === present.length) {
    plan.epoch = numbers.every(isCalendarNumber) ? null : epochUnit(numbers.map(Number));
    return plan;
  }
  const order = dayOrderOf(present.filter((value) => typeof value === 'string'));
  if (order === 'undecided') {
    throw usage(
      `Column "${column.name}" has dates such as "${String(present[0])}" that do not show whether the day or the month comes first.`,
      'Say it with --time-format, such as "MM/dd/yyyy HH:mm" or "dd/MM/yyyy HH:mm".',
    );
  }
  plan.order = order;
  return plan;
}

/** `20110131`, possibly with a time of day: a date written without separators, not a count. */
function isCalendarNumber(value: unknown): boolean {
  const text = String(value).trim();
  return /^(19|20)\d{6}(\d{4}(\d{2})?)?$/.test(text) && readTime(text, null, { wall: 0, offset: 0, dayOnly: false });
}

function epochUnit(values: readonly number[]): EpochUnit {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  if (largest < 1e11) return 'seconds';
  if (largest < 1e14) return 'milliseconds';
  return largest < 1e17 ? 'microseconds' : 'nanoseconds';
}

/** The plan in words, for the user to see before the import starts. */
export function describePlan(plan: TimePlan): string {
  if (plan.format !== null) return `times as ${plan.format}`;
  if (plan.epoch !== null) return `${plan.epoch} since 1970`;
  if (plan.order !== null) return plan.order === 'day-first' ? 'day before month' : 'month before day';
  return '';
}

const LATEST = 8.64e15;
const FINE_UTC = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d+Z$/;

interface Format {
  parser: ReturnType<typeof DateTime.buildFormatParser>;
  zoned: boolean;
  dayOnly: boolean;
}

function compileFormat(format: string): Format {
  const tokens = format.replace(/'[^']*'/g, '');
  return {
    parser: DateTime.buildFormatParser(format),
    zoned: /[ZzXx]/.test(tokens),
    dayOnly: !/[HhtTfFXx]/.test(tokens),
  };
}

/** Reads the times of a column, row by row, and counts what the user should be told about them. */
export class TimeReader {
  /** Times that carried no zone and were read in the reader's. */
  zoneless = 0;
  /** Of those, days without a time of day. */
  dayOnly = 0;
  ambiguous = 0;
  skipped = 0;
  /** Why the last {@link read} returned null. */
  code: EventRejectCode = 'EVENT_TIME_INVALID';
  detail = '';

  private readonly parts: TimeParts = { wall: 0, offset: Number.NaN, dayOnly: false };
  private readonly format: Format | null;

  constructor(
    private readonly plan: TimePlan,
    private readonly zone: Zone,
  ) {
    this.format = plan.format === null ? null : compileFormat(plan.format);
  }

  /** The value as an RFC 3339 time in UTC; null, with {@link code} and {@link detail}, for what is no time. */
  read(value: unknown): string | null {
    if (typeof value === 'string') return this.readText(value);
    if (value === null || value === undefined) return this.missing();
    if (value instanceof Date) {
      if (this.plan.kind === 'local' || this.plan.kind === 'day')
        return this.local(value.getTime(), this.plan.kind === 'day');
      return this.instant(value.getTime(), value);
    }
    if (typeof value === 'number' || typeof value === 'bigint') {
      return this.plan.epoch === null
        ? this.readText(String(value))
        : this.instant(Number(value) / EPOCH_UNITS[this.plan.epoch], value);
    }
    return this.invalid(value);
  }

  private readText(raw: string): string | null {
    if (this.format !== null) return this.readFormatted(raw.trim(), this.format);
    const parts = this.parts;
    if (!readIso(raw, parts)) {
      const text = raw.trim();
      if (text === '') return this.missing();
      if (this.plan.epoch !== null && NUMBER.test(text))
        return this.instant(Number(text) / EPOCH_UNITS[this.plan.epoch], raw);
      if (!readTime(text, this.plan.order, parts)) return this.invalid(raw);
    }
    if (Number.isNaN(parts.offset)) return this.local(parts.wall, parts.dayOnly);
    // Passed on as it is where it is finer than a millisecond.
    if (raw.length > 24 && FINE_UTC.test(raw)) return raw;
    return this.instant(parts.wall - parts.offset, raw);
  }

  private readFormatted(text: string, format: Format): string | null {
    if (text === '') return this.missing();
    const time = DateTime.fromFormatParser(text, format.parser, { zone: 'utc', setZone: true });
    if (!time.isValid) return this.invalid(text);
    return format.zoned ? this.instant(time.toMillis(), text) : this.local(time.toMillis(), format.dayOnly);
  }

  private local(wall: number, dayOnly: boolean): string | null {
    const instant = this.zone.toInstant(wall);
    const text = this.instant(instant, wall);
    if (text === null) return null;
    this.zoneless++;
    if (dayOnly) this.dayOnly++;
    if (this.zone.lastCase === 'ambiguous') this.ambiguous++;
    else if (this.zone.lastCase === 'skipped') this.skipped++;
    return text;
  }

  private instant(ms: number, value: unknown): string | null {
    if (!(Math.abs(ms) <= LATEST)) return this.invalid(value);
    const text = new Date(ms).toISOString();
    // Years beyond four digits get a sign, which RFC 3339 does not know.
    return text.length === 24 ? text : this.invalid(value);
  }

  private missing(): null {
    this.code = 'EVENT_FIELD_MISSING';
    this.detail = 'has no time';
    return null;
  }

  private invalid(value: unknown): null {
    this.code = 'EVENT_TIME_INVALID';
    this.detail = `${quote(value)} is not a time`;
    return null;
  }
}
