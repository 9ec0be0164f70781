import type { Row, Table } from '../files/table.js';
import type { Mapping } from './mapping.js';
import { isNothing } from './values.js';

/** How to take a row's time out of its one column, or out of two: a date and a time of day, put together as one text. */
export function timeGetter(
  table: Table,
  columns: NonNullable<Mapping['timestamp']> | readonly [''],
): (row: Row) => unknown {
  const [dayColumn, clockColumn] = columns;
  const day = table.getter(dayColumn);
  if (clockColumn === undefined) return day;
  const clock = table.getter(clockColumn);
  const clocks = table.sample.map((row) => clock(row)).filter((value) => !isNothing(value));
  const wholeHours =
    clocks.length > 0 && clocks.every((value) => /^\d{1,2}$/.test(String(value).trim()) && Number(value) <= 24);
  return (row) => joined(day(row), clock(row), wholeHours);
}

function joined(day: unknown, clock: unknown, wholeHours: boolean): unknown {
  if (isNothing(day)) return day;
  const text = day instanceof Date ? day.toISOString().slice(0, 10) : String(day).trim();
  const date = text.replace(/,?[T ]+(00:00(:00(\.0+)?)?|12:00(:00)? ?am)$/i, '');
  // A day whose time of day is missing stands for itself.
  if (isNothing(clock)) return date;
  const time = String(clock).trim();
  if (!/^\d{1,4}$/.test(time)) return `${date} ${time}`;
  // Numbers have lost their leading zeros: 5 is 05:00 in a column of hours, 00:05 in one of hours and minutes.
  return wholeHours ? `${date} ${time.padStart(2, '0')}:00` : `${date} ${time.padStart(4, '0')}`;
}
