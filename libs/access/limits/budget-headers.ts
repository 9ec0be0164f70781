import type { Taken } from './budgets.js';
import { WINDOW_MS } from './window.js';

const WINDOW_SECONDS = WINDOW_MS / 1000;

/**
 * What tells a caller of their budget: the three fields that clients have long read, and the structured ones of
 * draft-ietf-httpapi-ratelimit-headers that are to replace them.
 */
export function budgetHeaders({ allowed, limit, remaining, resetSeconds }: Taken): Record<string, string> {
  const headers: Record<string, string> = {
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(resetSeconds),
    'RateLimit-Policy': `"minute";q=${limit};w=${WINDOW_SECONDS}`,
    RateLimit: `"minute";r=${remaining};t=${resetSeconds}`,
  };
  if (!allowed) headers['Retry-After'] = String(resetSeconds);
  return headers;
}
