/** How a cache's values are written into the second level and read from it. */
export interface CacheCodec<T> {
  encode(value: T): string;
  /** May throw: what cannot be read counts as not there. */
  decode(text: string): T;
}

/** What a cache keeps, and for how long. */
export interface CacheDefinition<T> {
  /** Lower case with dashes; part of every key and the label of the metrics. */
  readonly name: string;
  /** Milliseconds a value is fresh, give or take a tenth; Infinity: until one of its tags is invalidated. */
  readonly ttlMs: number;
  /** Milliseconds beyond it in which the old value may be served while a new one is made, or cannot be made. */
  readonly staleMs: number;
  /** Left out: the values stay in the process. */
  readonly codec?: CacheCodec<T> | undefined;
  /** Bytes of memory, roughly. */
  sizeOf(value: T): number;
}

const definitions = new Map<string, CacheDefinition<unknown>>();

/** Declares a cache. One name belongs to one definition of the process. */
export function defineCache<T>(definition: CacheDefinition<T>): CacheDefinition<T> {
  if (!/^[a-z][a-z0-9-]*$/.test(definition.name)) throw new Error(`"${definition.name}" is not a name for a cache`);
  if (definitions.has(definition.name)) throw new Error(`There are two caches "${definition.name}"`);
  definitions.set(definition.name, definition);
  return definition;
}

/** All caches of this process by name: the table of what is kept and for how long. */
export function cacheDefinitions(): readonly CacheDefinition<unknown>[] {
  return [...definitions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
