import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AppError, Cache, Postgres } from '#platform';
import { Audit } from '../audit/audit.js';
import type { Principal } from '../guard/access-context.js';
import { NamespaceEntity } from './namespace.entity.js';
import { namespaceTag, presentNamespace } from './namespaces.service.js';

/** Where requests without a namespace go. */
const PERMANENT = 'default';
const LOOK_EVERY_MS = 60_000;
/** An insert that was under way when its namespace went has ended by then, and is taken away by the second purge. */
const SECOND_PURGE = '10 minutes';
/** Rows of everything in it go with a namespace: that may take longer than a common statement may. */
const DELETE_TIMEOUT_MS = 25_000;

/** What a domain keeps of namespaces beside the tables whose rows go with their namespace. */
export interface NamespaceHolding {
  /** What it is, for people: `events`. */
  readonly name: string;
  holdsAny(namespaceId: string): Promise<boolean>;
  /** Takes it all away; again and again does no harm. */
  remove(namespaceId: string): Promise<void>;
}

/** Deletes namespaces, and sees to it that nothing of them is left in any store. */
@Injectable()
export class NamespaceRemovals implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(NamespaceRemovals.name);
  private readonly holdings: NamespaceHolding[] = [];
  private timer: NodeJS.Timeout | undefined;
  private purging: Promise<void> | undefined;

  constructor(
    private readonly postgres: Postgres,
    private readonly audit: Audit,
    private readonly cache: Cache,
  ) {}

  register(holding: NamespaceHolding): void {
    this.holdings.push(holding);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.purge(), LOOK_EVERY_MS);
    void this.purge();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.purging;
  }

  async wasRemoved(namespaceId: string): Promise<boolean> {
    const rows = await this.postgres.manager.query<unknown[]>(
      `SELECT 1 FROM namespace_removals WHERE namespace_id = $1`,
      [namespaceId],
    );
    return rows.length > 0;
  }

  /**
   * Deletes a namespace with everything in it, tokens too. What other stores hold of it follows within moments, or as
   * soon as they can be reached; the id is not given again.
   * @throws AppError NAMESPACE_NOT_FOUND, NAMESPACE_PERMANENT, VERSION_CONFLICT,
   *   NAMESPACE_NOT_EMPTY where it has events and they are not given up with `force`
   */
  async remove(
    by: Principal & { requestId: string },
    namespaceId: string,
    force: boolean,
    version: number | undefined,
  ): Promise<void> {
    if (namespaceId === PERMANENT)
      throw new AppError('NAMESPACE_PERMANENT', `"${PERMANENT}" is where requests without a namespace go`);
    if (!force) await this.requireEmpty(namespaceId);
    await this.postgres.transaction(async (manager) => {
      await manager.query(`SET LOCAL statement_timeout = ${DELETE_TIMEOUT_MS}`);
      const namespace = await manager.getRepository(NamespaceEntity).findOne({
        where: { namespaceId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!namespace) throw new AppError('NAMESPACE_NOT_FOUND', `There is no namespace "${namespaceId}"`);
      if (version !== undefined && version !== namespace.version)
        throw new AppError('VERSION_CONFLICT', `The namespace has version ${namespace.version} by now`);
      await manager.query(`INSERT INTO namespace_removals (namespace_id) VALUES ($1)`, [namespaceId]);
      await manager.getRepository(NamespaceEntity).delete({ namespaceId });
      await this.audit.record(
        { ...by, namespaceId },
        { action: 'namespace.delete', subject: namespaceId, before: presentNamespace(namespace), after: { force } },
      );
      await this.postgres.afterCommit(async () => {
        await this.cache.invalidate(namespaceTag(namespaceId));
        void this.purge();
      });
    });
  }

  /** Purges what is due; a run that is under way is shared. Stores that are away are tried again in a minute. */
  purge(): Promise<void> {
    this.purging ??= this.purgeDue()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'a deleted namespace could not be purged yet'))
      .finally(() => (this.purging = undefined));
    return this.purging;
  }

  private async requireEmpty(namespaceId: string): Promise<void> {
    for (const holding of this.holdings)
      if (await holding.holdsAny(namespaceId))
        throw new AppError(
          'NAMESPACE_NOT_EMPTY',
          `The namespace holds ${holding.name}; ?force=true deletes it with all of them`,
          { errors: [{ path: 'force', message: `must be true: the namespace holds ${holding.name}` }] },
        );
  }

  private async purgeDue(): Promise<void> {
    const due = await this.postgres.manager.query<{ namespace_id: string }[]>(
      `SELECT namespace_id FROM namespace_removals WHERE next_purge <= now() ORDER BY next_purge`,
    );
    for (const { namespace_id: namespaceId } of due) {
      const [started] = await this.postgres.manager.query<{ at: Date }[]>(`SELECT now() AS at`);
      for (const holding of this.holdings) await holding.remove(namespaceId);
      await this.postgres.manager.query(
        `UPDATE namespace_removals
         SET next_purge = CASE WHEN removed_at + interval '${SECOND_PURGE}' <= $2 THEN NULL
                               ELSE removed_at + interval '${SECOND_PURGE}' END
         WHERE namespace_id = $1`,
        [namespaceId, started?.at],
      );
      this.logger.log({ namespace: namespaceId }, 'what was left of a deleted namespace was taken away');
    }
  }
}
