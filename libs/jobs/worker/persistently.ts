import { setTimeout as delay } from 'node:timers/promises';
import { QueryFailedError } from 'typeorm';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Writes until it is written, for a store that is away comes back, and what was done must not be done again for want of
 * a note. What PostgreSQL itself refuses is not tried again, unless it asks for that.
 */
export async function persistently<T>(write: () => Promise<T>, forMs: number): Promise<T> {
  const until = Date.now() + forMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await write();
    } catch (error) {
      if (isRefusal(error) || Date.now() + pause > until) throw error;
    }
    await delay(pause);
  }
}

/** Classes of SQLSTATE that speak of what was asked for: data, constraints, syntax. Deadlocks, shutdowns and the like pass. */
const REFUSALS = /^(22|23|42|P0)/;

function isRefusal(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && REFUSALS.test(code);
}
