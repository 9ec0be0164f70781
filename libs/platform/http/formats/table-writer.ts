import type { FieldTree } from '../selection.js';
import type { Column } from './columns.js';
import type { Chunk } from './formatted.js';

/** What goes with the rows: in the members of a GeoJSON collection, in the metadata of a Parquet or Arrow schema. */
export type TableMembers = Readonly<Record<string, string | number>>;

export interface WriterOptions<Row extends object> {
  /** Those that are written. */
  columns: readonly Column[];
  fields: FieldTree | undefined;
  members: TableMembers;
  feature: ((row: Row) => { id: string; geometry: string; properties: object }) | undefined;
}

/** Writes rows in one format, in as many portions as they come in. */
export interface TableWriter<Row extends object> {
  /** Rows that are best written at once; other work gets its turn between two portions. */
  readonly portion: number;
  head(): Chunk;
  rows(rows: readonly Row[]): Chunk;
  tail(): Chunk;
}
