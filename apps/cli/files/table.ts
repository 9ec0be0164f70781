import type { EventRejectCode } from '#contracts';

/** A row as its format gives it: fields by position (CSV, Parquet) or by name (NDJSON, GeoJSON). */
export type Row = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * What is known of a column beside its name. `time` is set where the format itself says what a time means: an instant, a local
 * time without a zone, or a day.
 */
export interface ColumnInfo {
  name: string;
  time?: 'instant' | 'local' | 'day';
}

/** A row that a reader could not read; `line` as in {@link Batch}. */
interface BadRow {
  line: number;
  code: EventRejectCode;
  field: string | null;
  detail: string;
}

/** `lines[i]` is the place of `rows[i]` in the file, counted in the table's `unit` from 1. */
export interface Batch {
  rows: Row[];
  lines: number[];
  bad: BadRow[];
}

/** An opened file of rows: its columns and first rows are known, the rest is read in batches of bounded size. */
export interface Table {
  /** For people: `CSV with ";" between the fields`. */
  description: string;
  /** What `line` counts. */
  unit: 'line' | 'feature' | 'row';
  columns: readonly ColumnInfo[];
  sample: readonly Row[];
  /** Decimal commas are plausible: the fields are not separated by commas. */
  decimalComma: boolean;
  /** Rows in the file where the format says so. */
  rowCount: number | null;
  /** How to take a column out of a row. */
  getter(column: string): (row: Row) => unknown;
  /** All fields of a row by name, nested ones under dotted names. */
  fields(row: Row): Iterable<readonly [string, unknown]>;
  /** The file's rows from the first. To be called once. A format that stores columns apart reads only `columns`, null meaning all. */
  batches(columns: readonly string[] | null): AsyncIterable<Batch>;
}

export function emptyBatch(): Batch {
  return { rows: [], lines: [], bad: [] };
}

/** Bad rows after which reading ahead for a sample is given up: a file of nothing else must not be held in memory. */
const BAD_ROWS_AHEAD = 50_000;

/** Reads ahead until `enough` rows are at hand and can then be read again from the first. */
export class ReadAhead {
  private readonly ahead: Batch[] = [];
  private ended = false;
  private readonly source: AsyncIterator<Batch>;

  constructor(source: AsyncIterable<Batch>) {
    this.source = source[Symbol.asyncIterator]();
  }

  async sample(enough: number): Promise<Row[]> {
    const rows: Row[] = [];
    let bad = 0;
    while (rows.length < enough && bad < BAD_ROWS_AHEAD && !this.ended) {
      const next = await this.source.next();
      if (next.done === true) {
        this.ended = true;
        break;
      }
      this.ahead.push(next.value);
      bad += next.value.bad.length;
      for (const row of next.value.rows) if (rows.length < enough) rows.push(row);
    }
    return rows;
  }

  async *batches(): AsyncGenerator<Batch> {
    for (let batch = this.ahead.shift(); batch !== undefined; batch = this.ahead.shift()) yield batch;
    while (!this.ended) {
      const next = await this.source.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
}

/** Rows that the guesses look at. */
export const SAMPLE_ROWS = 500;

/** Rows by position under a header. */
export function positional(names: readonly string[]): Pick<Table, 'getter' | 'fields'> {
  return {
    getter(column) {
      const i = names.indexOf(column);
      return (row) => (row as readonly unknown[])[i];
    },
    *fields(row) {
      for (let i = 0; i < names.length; i++) yield [names[i] as string, (row as readonly unknown[])[i]];
    },
  };
}

/** Rows that are objects; a nested field goes by its dotted path. */
export const named: Pick<Table, 'getter' | 'fields'> = {
  getter(column) {
    if (!column.includes('.')) return (row) => (row as Readonly<Record<string, unknown>>)[column];
    const path = column.split('.');
    return (row) => {
      const direct = (row as Readonly<Record<string, unknown>>)[column];
      if (direct !== undefined) return direct;
      let value: unknown = row;
      for (const step of path) {
        if (!isObject(value)) return undefined;
        value = value[step];
      }
      return value;
    };
  },
  *fields(row) {
    yield* flat(row as Readonly<Record<string, unknown>>, '');
  },
};

function* flat(value: Readonly<Record<string, unknown>>, prefix: string): Generator<readonly [string, unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    if (isObject(inner)) yield* flat(inner, `${prefix}${key}.`);
    else yield [prefix + key, inner];
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The columns of object rows: every field that one of them has, in order of appearance. */
export function columnsOf(rows: readonly Row[]): ColumnInfo[] {
  const names = new Set<string>();
  for (const row of rows) for (const [name] of named.fields(row)) names.add(name);
  return [...names].map((name) => ({ name }));
}
