import { type FieldTree, select } from '../selection.js';

/**
 * What a column holds: `integer` from 0 to 2³²−1, `time` as RFC 3339, `json` anything that JSON can write.
 */
type ColumnType = 'text' | 'number' | 'integer' | 'time' | 'json';

/** A column of a table, by which rows are written where JSON's nesting cannot be. */
export interface Column {
  name: string;
  type: ColumnType;
  /** Where the value stands in a row: `cell.center.lat`, `rings.0.cells`. The name, where left out. */
  path?: string;
  nullable?: boolean;
}

/** Rows of one kind and how they are written. */
export interface Table<Row extends object> {
  /** What a file of them is called. */
  name: string;
  columns: readonly Column[];
  /** A row as GeoJSON; left out where rows have no place. */
  feature?: (row: Row) => { id: string; geometry: string; properties: object };
}

/** Reads a column's value out of a row. */
export type ValueOf = (row: object) => unknown;

export function valueOf({ name, path = name }: Column): ValueOf {
  const steps = path.split('.');
  const [only = '', ...more] = steps;
  if (more.length === 0) return (row) => (row as Record<string, unknown>)[only];
  return (row) =>
    steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | null | undefined)?.[step], row);
}

/** The columns that a selection asks for any part of. Positions in lists stand in no selection. */
export function selectColumns(columns: readonly Column[], fields: FieldTree | undefined): readonly Column[] {
  if (!fields) return columns;
  return columns.filter(({ name, path = name }) => {
    let below: FieldTree | true | undefined = fields;
    for (const step of path.split('.')) {
      if (/^\d+$/.test(step)) continue;
      if (typeof below !== 'object') return below === true;
      below = Object.hasOwn(below, step) ? below[step] : undefined;
    }
    return below !== undefined;
  });
}

/** A row as a selection leaves it. */
export const selected = <Row extends object>(row: Row, fields: FieldTree | undefined): object =>
  fields ? (select(row, fields) as object) : row;
