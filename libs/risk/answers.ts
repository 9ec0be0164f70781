import { namespaceTag } from '#access';
import { answerCache, type CachedRule } from '#platform';

const MINUTE_MS = 60_000;
const SCOPE = 'risk:read';

/** What people and surfaces change of a namespace's risks. */
export const risksTag = (namespaceId: string) => `risks:${namespaceId}`;
export const riskTag = (riskId: string) => `risk:${riskId}`;
export const targetTag = (targetId: string) => `target:${targetId}`;

/** Until the surface is replaced: its version is part of the key, and what is old leaves the memory unasked. */
const OF_A_SURFACE = { ttlMs: 24 * 60 * MINUTE_MS, staleMs: 0 };
const COMPUTED = { ttlMs: 15 * MINUTE_MS, staleMs: 15 * MINUTE_MS };

export const RISK_MAP: CachedRule = {
  cache: answerCache('risk-map', OF_A_SURFACE),
  version: 'surface',
  tags: ({ namespaceId }) => [namespaceTag(namespaceId)],
  scope: SCOPE,
};

export const TILE: CachedRule = { ...RISK_MAP, cache: answerCache('tile', OF_A_SURFACE) };

export const RISK: CachedRule = {
  cache: answerCache('risk', COMPUTED),
  tags: ({ namespaceId, params }) => [risksTag(namespaceId), riskTag(params['risk_id'] ?? '')],
  scope: SCOPE,
};

export const TARGET_RISK: CachedRule = {
  cache: answerCache('target-risk', OF_A_SURFACE),
  version: 'surface',
  tags: ({ namespaceId, params }) => [namespaceTag(namespaceId), targetTag(params['target_id'] ?? '')],
  scope: SCOPE,
};
