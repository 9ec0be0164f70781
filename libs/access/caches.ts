import { defineCache } from '#platform';
import type { NamespaceEntity } from './namespaces/namespace.entity.js';
import type { TokenEntity } from './tokens/token.entity.js';

const HOUR_MS = 3_600_000;

/**
 * Who a token stands for, by the hash of its secret. It stays in the process; while PostgreSQL is away, tokens that were
 * seen go on being good for an hour beyond their hour here, but never beyond their own expiry.
 */
export const TOKENS = defineCache<TokenEntity | null>({
  name: 'tokens',
  ttlMs: HOUR_MS,
  staleMs: HOUR_MS,
  sizeOf: () => 1_000,
});

export const NAMESPACES = defineCache<NamespaceEntity | null>({
  name: 'namespaces',
  ttlMs: HOUR_MS,
  staleMs: HOUR_MS,
  sizeOf: () => 1_000,
});
