import type { CacheDefinition } from './define-cache.js';
import type { CacheStatistics } from './statistics.js';
import type { Fence } from './tags.js';
import { earliestDue, jittered } from './timing.js';

/** When a value was made and how long it serves; milliseconds since the epoch, Infinity for no end. */
export interface Times {
  readonly storedAt: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
  /** Milliseconds its load took. */
  readonly loadMs: number;
}

/** A value as the first level holds it. */
export interface Entry extends Times {
  readonly value: unknown;
  readonly fence: Fence;
  readonly bytes: number;
  readonly statistics: CacheStatistics;
  /** Before it the value is fresh without a further question. */
  readonly earlyFrom: number;
  /** It was found due before its end: the next caller that can starts the load. */
  due: boolean;
  /** No load for a new value is started before: one is under way (Infinity), or failed just now. */
  quietUntil: number;
}

/** An entry's own weight beside key and value: the objects here and in the list of what was used last. */
const OVERHEAD_BYTES = 500;

export function timesOf(definition: CacheDefinition<unknown>, now: number, loadMs: number, random: number): Times {
  const freshUntil = now + jittered(definition.ttlMs, random);
  return { storedAt: now, freshUntil, staleUntil: freshUntil + definition.staleMs, loadMs };
}

export function makeEntry(parts: {
  value: unknown;
  times: Times;
  fence: Fence;
  size: number;
  key: string;
  statistics: CacheStatistics;
}): Entry {
  const { value, times, fence, statistics } = parts;
  return {
    value,
    ...times,
    fence,
    bytes: Math.ceil(Math.max(0, parts.size) + 2 * parts.key.length + OVERHEAD_BYTES),
    statistics,
    earlyFrom: earliestDue(times.freshUntil, times.loadMs),
    due: false,
    quietUntil: 0,
  };
}
