import { LRUCache } from 'lru-cache';

/** Statements that a process prepares; each connection keeps those it has run. */
const MAX_PREPARED = 300;
/** A text that comes again and again is the product's own; one with a list of its own length in it is not. */
const PREPARED_FROM = 3;
const MAX_WATCHED = 2_000;

/** Their result changes with the table, and what was prepared before would fail from then on. */
const ALL_COLUMNS = /(?:\bSELECT|\bRETURNING|,)\s+(?:\w+\.)?\*/i;

/** Gives the statements that are worth it the name under which every connection prepares them once. */
export class PreparedStatements {
  private readonly names = new Map<string, string>();
  private readonly seen = new LRUCache<string, number>({ max: MAX_WATCHED });

  /** @returns undefined where the text is sent as it is */
  nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= MAX_PREPARED) return known;
    const times = (this.seen.get(text) ?? 0) + 1;
    this.seen.set(text, times);
    if (times < PREPARED_FROM || ALL_COLUMNS.test(text)) return undefined;
    const name = `s${this.names.size + 1}`;
    this.names.set(text, name);
    return name;
  }
}
