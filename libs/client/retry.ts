/** How long a client goes on trying. Waits double from `firstDelayMs` up to `longestDelayMs`. */
export interface Patience {
  attempts: number;
  firstDelayMs: number;
  longestDelayMs: number;
  /** Whether a server that cannot be reached is asked again. */
  whenUnreachable: boolean;
}

/** What a client does unless it is told otherwise: a few seconds of trying. */
export const DEFAULT_PATIENCE: Patience = {
  attempts: 4,
  firstDelayMs: 250,
  longestDelayMs: 5_000,
  whenUnreachable: true,
};

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
  const asked = retryAfterMs(retryAfter, now);
  if (asked !== null) return Math.min(asked, LONGEST_RETRY_AFTER_MS);
  const full = Math.min(patience.firstDelayMs * 2 ** (attempt - 1), patience.longestDelayMs);
  return full * (0.5 + random / 2);
}

/** `Retry-After` in ms from `now`: seconds or an HTTP date; null for anything else. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null || header.trim() === '') return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/**
 * Whether a failed request may be sent again. The platform turns requests away with 429 and 503 before they have done
 * anything; after anything else only what does the same when done twice is repeated.
 */
export function mayRepeat(request: Request, status: number): boolean {
  if (status === 429 || status === 503) return true;
  return (status === 0 || status === 502 || status === 504) && isRepeatable(request);
}

function isRepeatable({ method, headers }: Request): boolean {
  if (method === 'POST') return headers.has('idempotency-key');
  return method !== 'PATCH' || headers.has('if-match');
}
