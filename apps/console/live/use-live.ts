import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError } from '../api/api-error.js';
import { type Polling, retryDelay, startPolling } from './polling.js';

/** A value that is kept up to date. A failed refresh keeps the value and says so. */
export interface Live<T> {
  readonly value: T | undefined;
  readonly error: ApiError | null;
  /** Nothing to show yet, neither value nor error. */
  readonly loading: boolean;
  refresh(): void;
}

interface Entry<T> {
  readonly value: T | undefined;
  readonly error: ApiError | null;
}
type Entries<T> = ReadonlyMap<string, Entry<T>>;

/** As many keys are remembered: five horizons of a few event types. */
const REMEMBERED = 16;

/** With an entry put last, and the oldest left out; the same entries where nothing changed, so that nothing is drawn. */
function withEntry<T>(entries: Entries<T>, key: string, entry: Entry<T>): Entries<T> {
  const old = entries.get(key);
  if (old !== undefined && old.value === entry.value && old.error === entry.error) return entries;
  const rest = [...entries].filter(([each]) => each !== key);
  return new Map([...rest.slice(-(REMEMBERED - 1)), [key, entry]]);
}

/**
 * Loads `key` and, with `everyMs`, keeps loading it. `load` gets the value it gave before, to return that very value
 * where nothing changed. A key seen before shows its last value at once and is checked behind it. Null loads nothing.
 */
export function useLive<T>(
  key: string | null,
  load: (signal: AbortSignal, previous: T | undefined) => Promise<T>,
  everyMs: number | null,
): Live<T> {
  const [entries, setEntries] = useState<Entries<T>>(() => new Map());
  const polling = useRef<Polling | null>(null);
  // What a running poll needs of the last rendering, without being started anew by each.
  const latest = useRef({ load, entries });
  useEffect(() => {
    latest.current = { load, entries };
  });

  useEffect(() => {
    if (key === null) return undefined;
    let failures = 0;
    const current = startPolling(async (signal) => {
      try {
        const value = await latest.current.load(signal, latest.current.entries.get(key)?.value);
        failures = 0;
        if (!signal.aborted) setEntries((old) => withEntry(old, key, { value, error: null }));
        return everyMs;
      } catch (failure) {
        if (signal.aborted) return null;
        const error =
          failure instanceof ApiError ? failure : new ApiError(0, 'PAGE', String(failure), { cause: failure });
        failures++;
        setEntries((old) => withEntry(old, key, { value: old.get(key)?.value, error }));
        return error.passing ? retryDelay(failures, error.details.retryAfterMs) : everyMs;
      }
    });
    polling.current = current;
    return () => current.stop();
  }, [key, everyMs]);

  const refresh = useCallback(() => polling.current?.refresh(), []);
  const { value, error } = (key === null ? undefined : entries.get(key)) ?? { value: undefined, error: null };
  return useMemo(
    () => ({ value, error, loading: value === undefined && error === null, refresh }),
    [value, error, refresh],
  );
}
