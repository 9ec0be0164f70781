import type { Group } from '#contracts';
import { defineCache } from '#platform';
import type { WeighedTarget } from './weights.js';

const HOUR_MS = 3_600_000;

export const GROUPS = defineCache<Group | null>({
  name: 'groups',
  ttlMs: HOUR_MS,
  staleMs: HOUR_MS,
  codec: { encode: (group) => JSON.stringify(group), decode: (text) => JSON.parse(text) as Group | null },
  sizeOf: (group) => (group ? 500 + 2 * (group.description?.length ?? 0) + JSON.stringify(group.attrs).length * 2 : 0),
});

/** In the process alone: a target's weights are typed arrays of up to half a megabyte, and one query away. */
export const TARGET_WEIGHTS = defineCache<WeighedTarget | null>({
  name: 'target-weights',
  ttlMs: HOUR_MS,
  staleMs: HOUR_MS,
  sizeOf: (target) => target?.weights.bytes ?? 0,
});
