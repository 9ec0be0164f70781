import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { QueryFailedError, Repository } from 'typeorm';
import { z } from 'zod';
import type { Namespace, NamespaceInput, NamespacePatch, Paged } from '#contracts';
import { AppError, decodeCursor, pageOf } from '#platform';
import { Audit } from '../audit/audit.js';
import type { Principal } from '../guard/access-context.js';
import { NamespaceEntity } from './namespace.entity.js';

const CACHE_MS = 30_000;
const UNIQUE_VIOLATION = '23505';

@Injectable()
export class NamespacesService {
  private readonly cache = createCache({
    ttl: CACHE_MS,
    stores: [new Keyv<NamespaceEntity>({ serialize: undefined, deserialize: undefined })],
  });

  /** Part of every key: a look-up that was under way when a namespace changed must not put the old one back. */
  private generation = 0;

  constructor(
    @InjectRepository(NamespaceEntity) private readonly namespaces: Repository<NamespaceEntity>,
    private readonly audit: Audit,
  ) {}

  /** @throws AppError NAMESPACE_NOT_FOUND */
  async require(namespaceId: string): Promise<NamespaceEntity> {
    const key = `${this.generation}:${namespaceId}`;
    const found = await this.cache.wrap(key, () => this.namespaces.findOneBy({ namespaceId }));
    if (found) return found;
    await this.cache.del(key);
    throw new AppError('NAMESPACE_NOT_FOUND', `There is no namespace "${namespaceId.slice(0, 64)}"`);
  }

  all(): Promise<NamespaceEntity[]> {
    return this.namespaces.find({ order: { namespaceId: 'ASC' } });
  }

  /** All namespaces for an administrator, their own for everyone else. */
  async list(by: Principal, limit: number, cursor: string | undefined): Promise<Paged<Namespace>> {
    const after = decodeCursor(cursor, z.string());
    const query = this.namespaces
      .createQueryBuilder('ns')
      .orderBy('ns.namespace_id', 'ASC')
      .limit(limit + 1);
    if (after !== undefined) query.andWhere('ns.namespace_id > :after', { after });
    if (by.namespaceId !== null) query.andWhere('ns.namespace_id = :own', { own: by.namespaceId });
    const page = pageOf(await query.getMany(), limit, (row) => row.namespaceId);
    return { data: page.data.map(presentNamespace), page: page.page };
  }

  /** A namespace that is not the caller's looks like one that does not exist. */
  async read(by: Principal, namespaceId: string): Promise<Namespace> {
    if (by.namespaceId !== null && by.namespaceId !== namespaceId)
      throw new AppError('NAMESPACE_NOT_FOUND', 'There is no such namespace');
    return presentNamespace(await this.require(namespaceId));
  }

  /** @throws AppError NAMESPACE_EXISTS */
  async create(by: Principal & { requestId: string }, input: NamespaceInput): Promise<Namespace> {
    const entity = this.namespaces.create({
      namespaceId: input.namespace_id,
      name: input.name ?? input.namespace_id,
      h3Resolution: input.h3_resolution,
      timeZone: input.time_zone,
      levels: input.levels,
      amountKind: input.amount_kind,
    });
    try {
      await this.namespaces.insert(entity);
    } catch (error) {
      const state = error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined;
      if (state === UNIQUE_VIOLATION)
        throw new AppError('NAMESPACE_EXISTS', `There is a namespace "${input.namespace_id}" already`, {
          cause: error,
        });
      throw error;
    }
    await this.forget();
    const created = presentNamespace(await this.require(input.namespace_id));
    await this.audit.record(
      { ...by, namespaceId: created.namespace_id },
      {
        action: 'namespace.create',
        subject: created.namespace_id,
        after: created,
      },
    );
    return created;
  }

  /** @throws AppError VERSION_CONFLICT when `version` is given and not the present one */
  async patch(
    by: Principal & { requestId: string },
    namespaceId: string,
    patch: NamespacePatch,
    version: number | undefined,
  ): Promise<Namespace> {
    const before = await this.require(namespaceId);
    const changes = {
      ...(patch.name === undefined ? {} : { name: patch.name }),
      ...(patch.levels === undefined ? {} : { levels: patch.levels }),
    };
    const { affected } = await this.namespaces.update(
      { namespaceId, ...(version === undefined ? {} : { version }) },
      { ...changes, version: () => 'version + 1' },
    );
    if (affected === 0) throw new AppError('VERSION_CONFLICT', 'Read the namespace again and repeat the change');
    await this.forget();
    const after = presentNamespace(await this.require(namespaceId));
    await this.audit.record(
      { ...by, namespaceId },
      {
        action: 'namespace.patch',
        subject: namespaceId,
        before: presentNamespace(before),
        after,
      },
    );
    return after;
  }

  private async forget(): Promise<void> {
    this.generation++;
    await this.cache.clear();
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
      })
      .orIgnore()
      .execute();
    return this.require(input.namespace_id);
  }
}

export function presentNamespace(namespace: NamespaceEntity): Namespace {
  return {
    namespace_id: namespace.namespaceId,
    name: namespace.name,
    h3_resolution: namespace.h3Resolution,
    time_zone: namespace.timeZone,
    levels: namespace.levels,
    amount_kind: namespace.amountKind,
    created_at: namespace.createdAt.toISOString(),
    version: namespace.version,
  };
}
