import { Injectable } from '@nestjs/common';
import { Cache, doNotKeep, Postgres } from '#platform';
import { targetTag } from '../answers.js';
import { TARGET_WEIGHTS } from './caches.js';

import { weighed, type WeighedTarget, type WeightsRow } from './weights.js';

/** Targets' weights, in memory once they were asked for. */
@Injectable()
export class TargetWeightsCache {
  constructor(
    private readonly postgres: Postgres,
    private readonly cache: Cache,
  ) {}

  /** What is in memory, at once; undefined where {@link find} must be asked. */
  peek(namespaceId: string, targetId: string): WeighedTarget | undefined {
    return this.cache.peek(TARGET_WEIGHTS, `${namespaceId} ${targetId}`)?.value ?? undefined;
  }

  /** null: the namespace has no such target. */
  async find(namespaceId: string, targetId: string): Promise<WeighedTarget | null> {
    const load = async () => {
      const [row] = await this.postgres.manager.query<WeightsRow[]>(
        `SELECT target_id, version, levels, cells, weights FROM targets WHERE namespace_id = $1 AND target_id = $2`,
        [namespaceId, targetId],
      );
      return row ? weighed(row) : null;
    };
    // What a transaction sees may never come true.
    if (this.postgres.inTransaction) return load();
    const { value } = await this.cache.getOrLoad(
      TARGET_WEIGHTS,
      `${namespaceId} ${targetId}`,
      { tags: [targetTag(targetId)] },
      async () => (await load()) ?? doNotKeep(null),
    );
    return value;
  }
}
