import { namespaceTag } from '#access';
import { answerCache, type CachedRule } from '#platform';
import { groupsTag, targetsTag } from './places/place-tags.js';

const MINUTE_MS = 60_000;
const SCOPE = 'risk:read';

/** What people and surfaces change of a namespace's risks. */
export const risksTag = (namespaceId: string) => `risks:${namespaceId}`;
export const riskTag = (riskId: string) => `risk:${riskId}`;
export const targetTag = (targetId: string) => `target:${targetId}`;

/** What one person changes of one risk: the lists it stands in. */
export const riskListsTag = (namespaceId: string) => `risk-lists:${namespaceId}`;
export const modelsTag = (namespaceId: string) => `models:${namespaceId}`;

/** Until the surface is replaced: its version is part of the key, and what is old leaves the memory unasked. */
const OF_A_SURFACE = { ttlMs: 24 * 60 * MINUTE_MS, staleMs: 0 };
/** Pages are dead when anything they list has changed, so how long they serve matters for what nobody told of alone. */
const LISTED = { ttlMs: 5 * MINUTE_MS, staleMs: 15 * MINUTE_MS };
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

/** Pages of lists: what stands on them, and what a filter of theirs asks. */
const list = (name: string, tags: (namespaceId: string) => string[]): CachedRule => ({
  cache: answerCache(name, LISTED),
  tags: ({ namespaceId }) => [namespaceTag(namespaceId), ...tags(namespaceId)],
  pagesOnly: true,
  scope: SCOPE,
});

// With the groups of their targets, by which they are filtered.
export const RISKS = list('risk-pages', (id) => [risksTag(id), riskListsTag(id), targetsTag(id)]);
export const TARGETS = list('target-pages', (id) => [targetsTag(id)]);
export const GROUPS = list('group-pages', (id) => [groupsTag(id)]);
export const MODELS = list('model-pages', (id) => [modelsTag(id)]);
