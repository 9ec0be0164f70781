import { setTimeout as delay } from 'node:timers/promises';
import type { Patience } from '#client';
import { ERRORS } from '#contracts';

/** For single requests that a person waits for. */
export const BRIEF: Patience = { attempts: 4, firstDelayMs: 250, longestDelayMs: 5_000, whenUnreachable: false };
/** For long work that must outlast a restart of the server: about a minute of trying. */
export const STEADY: Patience = { attempts: 10, firstDelayMs: 250, longestDelayMs: 15_000, whenUnreachable: true };

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
