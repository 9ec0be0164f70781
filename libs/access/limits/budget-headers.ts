import type { Taken } from './budgets.js';
import { WINDOW_MS } from './window.js';

const WINDOW_SECONDS = WINDOW_MS / 1000;

/**
 * What tells a caller of their budget, names and values in turn: the three fields that clients have long read, and the
 * structured ones of draft-ietf-httpapi-ratelimit-headers that are to replace them.
 */
export function budgetLines({ allowed, limit, remaining, resetSeconds }: Taken): string[] {
  const reset = String(resetSeconds);
  const lines = [
    'RateLimit-Limit',
    String(limit),
    'RateLimit-Remaining',
    String(remaining),
    'RateLimit-Reset',
    reset,
    'RateLimit-Policy',
    `"minute";q=${limit};w=${WINDOW_SECONDS}`,
    'RateLimit',
    `"minute";r=${remaining};t=${reset}`,
  ];
  if (!allowed) lines.push('Retry-After', reset);
  return lines;
}

/** The same by name. */
export function budgetHeaders(taken: Taken): Record<string, string> {
  const lines = budgetLines(taken);
  const headers: Record<string, string> = {};
  for (let i = 0; i < lines.length; i += 2) headers[lines[i] ?? ''] = lines[i + 1] ?? '';
  return headers;
}
