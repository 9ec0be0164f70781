import { Injectable } from '@nestjs/common';
import { QueryFailedError, type Repository } from 'typeorm';
import { z } from 'zod';
import {
  KEEP_FOR_EVER,
  type Namespace,
  type NamespaceInput,
  type NamespacePatch,
  type Paged,
  type Retention,
} from '#contracts';
import { AppError, Cache, Cursors, doNotKeep, Postgres } from '#platform';
import { Audit } from '../audit/audit.js';
import { NAMESPACES } from '../caches.js';
import type { Principal } from '../guard/access-context.js';
import { NamespaceEntity } from './namespace.entity.js';

const UNIQUE_VIOLATION = '23505';

@Injectable()
export class NamespacesService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly audit: Audit,
    private readonly cache: Cache,
  ) {}

  private get namespaces(): Repository<NamespaceEntity> {
    return this.postgres.repository(NamespaceEntity);
  }

  /** @throws AppError NAMESPACE_NOT_FOUND */
  async require(namespaceId: string): Promise<NamespaceEntity> {
    const found = await this.cache.getOrLoad(NAMESPACES, namespaceId, { tags: [namespaceTag(namespaceId)] }, () =>
      this.postgres.outside(async () => (await this.namespaces.findOneBy({ namespaceId })) ?? doNotKeep(null)),
    );
    if (found.value) return found.value;
    throw noSuchNamespace(namespaceId);
  }

  /**
   * For how long a namespace keeps what, as it stands in the store: what was deleted by a rule that had just been changed
   * would be gone.
   * @throws AppError NAMESPACE_NOT_FOUND
   */
  async retentionOf(namespaceId: string): Promise<Retention> {
    return (await this.postgres.outside(() => this.fresh(namespaceId))).retention;
  }

  all(): Promise<NamespaceEntity[]> {
    return this.namespaces.find({ order: { namespaceId: 'ASC' } });
  }

  /** All namespaces for an administrator, their own for everyone else. */
  async list(by: Principal, limit: number, cursor: string | undefined): Promise<Paged<Namespace>> {
    const list = this.cursors.of('namespaces', by.namespaceId);
    const after = list.after(cursor, z.string());
    const rows = await this.postgres.reading((manager) => {
      const query = manager
        .createQueryBuilder(NamespaceEntity, 'ns')
        .orderBy('ns.namespace_id', 'ASC')
        .limit(limit + 1);
      if (after !== undefined) query.andWhere('ns.namespace_id > :after', { after });
      if (by.namespaceId !== null) query.andWhere('ns.namespace_id = :own', { own: by.namespaceId });
      return query.getMany();
    });
    const page = list.page(rows, limit, (row) => row.namespaceId);
    return { data: page.data.map(presentNamespace), page: page.page };
  }

  /** A namespace that is not the caller's looks like one that does not exist. */
  async read(by: Principal, namespaceId: string): Promise<Namespace> {
    if (by.namespaceId !== null && by.namespaceId !== namespaceId)
      throw new AppError('NAMESPACE_NOT_FOUND', 'There is no such namespace');
    return presentNamespace(await this.require(namespaceId));
  }

  /** @throws AppError NAMESPACE_EXISTS */
  create(by: Principal & { requestId: string }, input: NamespaceInput): Promise<Namespace> {
    const entity = this.namespaces.create({
      namespaceId: input.namespace_id,
      name: input.name ?? input.namespace_id,
      h3Resolution: input.h3_resolution,
      timeZone: input.time_zone,
      levels: input.levels,
      amountKind: input.amount_kind,
      retention: { ...KEEP_FOR_EVER, ...input.retention },
    });
    return this.postgres.transaction(async () => {
      await this.insert(entity);
      const created = presentNamespace(await this.fresh(entity.namespaceId));
      await this.audit.record(
        { ...by, namespaceId: created.namespace_id },
        { action: 'namespace.create', subject: created.namespace_id, after: created },
      );
      await this.forget(created.namespace_id);
      return created;
    });
  }

  /** @throws AppError VERSION_CONFLICT when `version` is given and not the present one */
  patch(
    by: Principal & { requestId: string },
    namespaceId: string,
    patch: NamespacePatch,
    version: number | undefined,
  ): Promise<Namespace> {
    return this.postgres.transaction(async () => {
      const before = presentNamespace(await this.fresh(namespaceId));
      const changes = {
        ...(patch.name === undefined ? {} : { name: patch.name }),
        ...(patch.levels === undefined ? {} : { levels: patch.levels }),
        ...(patch.retention === undefined ? {} : { retention: { ...before.retention, ...patch.retention } }),
      };
      const { affected } = await this.namespaces.update(
        { namespaceId, ...(version === undefined ? {} : { version }) },
        { ...changes, version: () => 'version + 1' },
      );
      if (affected === 0) throw new AppError('VERSION_CONFLICT', 'Read the namespace again and repeat the change');
      const after = presentNamespace(await this.fresh(namespaceId));
      await this.audit.record(
        { ...by, namespaceId },
        { action: 'namespace.patch', subject: namespaceId, before, after },
      );
      await this.forget(namespaceId);
      return after;
    });
  }

  private async insert(entity: NamespaceEntity): Promise<void> {
    try {
      await this.namespaces.insert(entity);
    } catch (error) {
      const state = error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined;
      if (state !== UNIQUE_VIOLATION) throw error;
      throw new AppError('NAMESPACE_EXISTS', `There is a namespace "${entity.namespaceId}" already`, { cause: error });
    }
  }

  /** As it is in the store, within the transaction. */
  private async fresh(namespaceId: string): Promise<NamespaceEntity> {
    const found = await this.namespaces.findOneBy({ namespaceId });
    if (found) return found;
    throw noSuchNamespace(namespaceId);
  }

  private forget(namespaceId: string): Promise<void> {
    return this.postgres.afterCommit(() => this.cache.invalidate(namespaceTag(namespaceId)));
  }

  /** For the demo: makes the namespace unless it is there. */
  async ensure(input: NamespaceInput): Promise<NamespaceEntity> {
    await this.namespaces
      .createQueryBuilder()
      .insert()
      .values({
        namespaceId: input.namespace_id,
        name: input.name ?? input.namespace_id,
        h3Resolution: input.h3_resolution,
        timeZone: input.time_zone,
        levels: input.levels,
        amountKind: input.amount_kind,
        retention: { ...KEEP_FOR_EVER, ...input.retention },
      })
      .orIgnore()
      .execute();
    return this.require(input.namespace_id);
  }
}

/** Behind it is everything that shows what people set of a namespace: its levels, its name. */
export const namespaceTag = (namespaceId: string) => `namespace:${namespaceId}`;

const noSuchNamespace = (namespaceId: string) =>
  new AppError('NAMESPACE_NOT_FOUND', `There is no namespace "${namespaceId.slice(0, 64)}"`);

export function presentNamespace(namespace: NamespaceEntity): Namespace {
  return {
    namespace_id: namespace.namespaceId,
    name: namespace.name,
    h3_resolution: namespace.h3Resolution,
    time_zone: namespace.timeZone,
    levels: namespace.levels,
    amount_kind: namespace.amountKind,
    retention: namespace.retention,
    created_at: namespace.createdAt.toISOString(),
    version: namespace.version,
  };
}
