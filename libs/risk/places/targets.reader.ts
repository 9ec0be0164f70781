import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { z } from 'zod';
import type { AccessContext } from '#access';
import type { Paged, Target, TargetsQuery } from '#contracts';
import { AppError, Cursors, plainRows, Postgres } from '#platform';
import { requireCell } from '../cells/require-cell.js';
import { prefixPattern } from './prefix.js';
import { presentTarget, TargetEntity } from './target.entity.js';
import { idsNear, type NearFilter } from './targets-near.js';

const cursorKey = z.tuple([z.iso.datetime(), z.string()]);

/** Lists and look-ups of targets. */
@Injectable()
export class TargetsReader {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
  ) {}

  /** Newest first. */
  async list(access: AccessContext, query: TargetsQuery): Promise<Paged<Target>> {
    const { namespaceId, h3Resolution } = access.namespace;
    const list = this.cursors.of('targets', namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const cell = query.cell === undefined ? undefined : requireCell(query.cell, h3Resolution);
    const filter = {
      namespaceId,
      groupId: query.group_id,
      name: query.q === undefined ? undefined : prefixPattern(query.q),
      bbox: query.bbox,
      cell,
      after,
      limit: query.limit + 1,
    };
    const rows = await this.postgres.reading((manager) =>
      query.bbox || cell !== undefined ? near(manager, filter) : newest(manager, filter),
    );
    const page = list.page(rows, query.limit, (row) => [row.createdAt.toISOString(), row.targetId]);
    return { data: page.data.map(presentTarget), page: page.page };
  }

  /** @throws AppError NOT_FOUND, also for a target of another namespace */
  async read(access: AccessContext, targetId: string): Promise<Target> {
    const { namespaceId } = access.namespace;
    const target = await this.postgres.repository(TargetEntity).findOneBy({ namespaceId, targetId });
    if (!target) throw new AppError('NOT_FOUND', 'The namespace has no such target');
    return presentTarget(target);
  }

  /** Those that there are, by id: for readers who have many ids at once. */
  async byIds(access: AccessContext, targetIds: readonly string[]): Promise<Map<string, Target>> {
    const { namespaceId } = access.namespace;
    const rows = await this.postgres.reading((manager) =>
      manager.getRepository(TargetEntity).findBy({ namespaceId, targetId: In([...new Set(targetIds)]) }),
    );
    return new Map(rows.map((row) => [row.targetId, presentTarget(row)]));
  }
}

function newest(manager: EntityManager, filter: NearFilter): Promise<TargetEntity[]> {
  const builder = manager
    .createQueryBuilder(TargetEntity, 'target')
    .where('target.namespace_id = :namespaceId', { namespaceId: filter.namespaceId })
    .orderBy('target.created_at', 'DESC')
    .addOrderBy('target.target_id', 'DESC')
    .limit(filter.limit);
  if (filter.groupId !== undefined) builder.andWhere('target.group_id = :group', { group: filter.groupId });
  if (filter.name !== undefined) builder.andWhere('lower(target.name) LIKE :name', { name: filter.name });
  if (filter.after)
    builder.andWhere('(target.created_at, target.target_id) < (:at, :id)', {
      at: filter.after[0],
      id: filter.after[1],
    });
  return plainRows(builder);
}

async function near(manager: EntityManager, filter: NearFilter): Promise<TargetEntity[]> {
  const ids = await idsNear(manager, filter);
  const { namespaceId } = filter;
  const rows = await plainRows(
    manager
      .createQueryBuilder(TargetEntity, 'target')
      .where('target.namespace_id = :namespaceId AND target.target_id = ANY(:ids)', { namespaceId, ids }),
  );
  const byId = new Map(rows.map((row) => [row.targetId, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
