import { setTimeout as delay } from 'node:timers/promises';
import { ERRORS } from '#contracts';

/** How long a command goes on trying. Waits double from `firstDelayMs` up to `longestDelayMs`. */
export interface Patience {
  attempts: number;
  firstDelayMs: number;
  longestDelayMs: number;
  /** Whether a server that cannot be reached is asked again; a person who mistyped an address wants to know at once. */
  whenUnreachable: boolean;
}

/** For single requests that a person waits for. */
export const BRIEF: Patience = { attempts: 4, firstDelayMs: 250, longestDelayMs: 5_000, whenUnreachable: false };
/** For long work that must outlast a restart of the server: about a minute of trying. */
export const STEADY: Patience = { attempts: 10, firstDelayMs: 250, longestDelayMs: 15_000, whenUnreachable: true };

/** Longest wait that a server's `Retry-After` is granted. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Wait before attempt `attempt + 1` (attempts count from 1), in ms. `random` in [0, 1) spreads clients apart. */
export function waitBefore(
  attempt: number,
  patience: Patience,
  retryAfter: string | null,
  now: number,
  random: number,
): number {
  const asked = retryAfter === null ? null : retryAfterMs(retryAfter, now);
  if (asked !== null) return Math.min(asked, LONGEST_RETRY_AFTER_MS);
  const full = Math.min(patience.firstDelayMs * 2 ** (attempt - 1), patience.longestDelayMs);
  return full * (0.5 + random / 2);
}

/** `Retry-After` in ms from `now`: seconds or an HTTP date; null for anything else. */
export function retryAfterMs(header: string, now: number): number | null {
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Whether an answer promises that the same request may succeed later. A full storage does not mend itself within a minute. */
export function isTransient(status: number, code: string | null): boolean {
  if (status === 507) return false;
  const kind = code !== null && code in ERRORS ? ERRORS[code as keyof typeof ERRORS] : undefined;
  if (kind !== undefined) return kind.retry && kind.status >= 429;
  return status === 429 || status === 502 || status === 503 || status === 504;
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal });
}
