import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { z } from 'zod';
import { type AccessContext, Audit, auditedBy } from '#access';
import type { Group, GroupDeletion, GroupInput, GroupPatch, GroupsQuery, Paged } from '#contracts';
import { AppError, Cache, Cursors, doNotKeep, plainRows, Postgres } from '#platform';
import { targetTag } from '../answers.js';
import { GROUPS } from './caches.js';
import { GroupEntity, presentGroup } from './group.entity.js';
import { groupsTag, groupTag, targetsTag } from './place-tags.js';
import { prefixPattern } from './prefix.js';

const cursorKey = z.tuple([z.iso.datetime(), z.string()]);

@Injectable()
export class GroupsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly audit: Audit,
    private readonly cache: Cache,
  ) {}

  /** Newest first. */
  async list(access: AccessContext, query: GroupsQuery): Promise<Paged<Group>> {
    const { namespaceId } = access.namespace;
    const list = this.cursors.of('groups', namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.postgres.reading((manager) => {
      const builder = manager
        .createQueryBuilder(GroupEntity, 'grp')
        .where('grp.namespace_id = :namespaceId', { namespaceId })
        .orderBy('grp.created_at', 'DESC')
        .addOrderBy('grp.group_id', 'DESC')
        .limit(query.limit + 1);
      if (query.q !== undefined) builder.andWhere('lower(grp.name) LIKE :prefix', { prefix: prefixPattern(query.q) });
      if (after) builder.andWhere('(grp.created_at, grp.group_id) < (:at, :id)', { at: after[0], id: after[1] });
      return plainRows(builder);
    });
    const page = list.page(rows, query.limit, (row) => [row.createdAt.toISOString(), row.groupId]);
    return { data: page.data.map(presentGroup), page: page.page };
  }

  /** @throws AppError NOT_FOUND, also for a group of another namespace */
  async read(access: AccessContext, groupId: string): Promise<Group> {
    const { namespaceId } = access.namespace;
    const load = async () => {
      const row = await this.postgres.repository(GroupEntity).findOneBy({ namespaceId, groupId });
      return row ? presentGroup(row) : null;
    };
    // What a transaction sees may never come true.
    const group = this.postgres.inTransaction
      ? await load()
      : (
          await this.cache.getOrLoad(
            GROUPS,
            `${namespaceId} ${groupId}`,
            { tags: [groupTag(groupId)] },
            async () => (await load()) ?? doNotKeep(null),
          )
        ).value;
    if (!group) throw noSuchGroup();
    return group;
  }

  /** Those that there are, by id: for readers who have many ids at once. */
  async byIds(access: AccessContext, groupIds: readonly string[]): Promise<Map<string, Group>> {
    const { namespaceId } = access.namespace;
    const rows = await this.postgres.reading((manager) =>
      manager.getRepository(GroupEntity).findBy({ namespaceId, groupId: In([...new Set(groupIds)]) }),
    );
    return new Map(rows.map((row) => [row.groupId, presentGroup(row)]));
  }

  async create(access: AccessContext, input: GroupInput): Promise<Group> {
    const now = new Date();
    const entity = Object.assign(new GroupEntity(), {
      namespaceId: access.namespace.namespaceId,
      groupId: `grp_${randomBytes(12).toString('base64url')}`,
      name: input.name,
      description: input.description,
      attrs: input.attrs,
      createdAt: now,
      updatedAt: now,
      version: 1,
    });
    const after = presentGroup(entity);
    await this.postgres.transaction(async (manager) => {
      await manager.getRepository(GroupEntity).insert(entity);
      await this.audit.record(auditedBy(access), { action: 'group.create', subject: after.group_id, after });
      await this.forget(access, after.group_id);
    });
    return after;
  }

  /** @throws AppError NOT_FOUND, VERSION_CONFLICT when `version` is given and not the present one */
  patch(access: AccessContext, groupId: string, patch: GroupPatch, version: number | undefined): Promise<Group> {
    return this.postgres.transaction(async (manager) => {
      const group = await held(manager, access, groupId, version);
      const before = presentGroup(group);
      if (patch.name !== undefined) group.name = patch.name;
      if (patch.description !== undefined) group.description = patch.description;
      if (patch.attrs !== undefined) group.attrs = patch.attrs;
      group.version++;
      group.updatedAt = new Date();
      await manager.save(group);
      const after = presentGroup(group);
      await this.audit.record(auditedBy(access), { action: 'group.patch', subject: groupId, before, after });
      await this.forget(access, groupId);
      return after;
    });
  }

  /** @throws AppError NOT_FOUND, VERSION_CONFLICT, GROUP_NOT_EMPTY where it has targets that are not to be detached */
  remove(
    access: AccessContext,
    groupId: string,
    { targets }: GroupDeletion,
    version: number | undefined,
  ): Promise<void> {
    const { namespaceId } = access.namespace;
    return this.postgres.transaction(async (manager) => {
      const group = await held(manager, access, groupId, version);
      const detached = targets === 'detach' ? await detach(manager, namespaceId, groupId) : [];
      const [left] = await manager.query<unknown[]>(
        `SELECT 1 FROM targets WHERE namespace_id = $1 AND group_id = $2 LIMIT 1`,
        [namespaceId, groupId],
      );
      if (left)
        throw new AppError('GROUP_NOT_EMPTY', 'Move its targets first, or let them go with ?targets=detach', {
          errors: [{ path: 'targets', message: 'must be detach: the group has targets' }],
        });
      await manager.getRepository(GroupEntity).delete({ namespaceId, groupId });
      await this.audit.record(auditedBy(access), {
        action: 'group.delete',
        subject: groupId,
        before: presentGroup(group),
        ...(detached.length > 0 ? { after: { detached_targets: detached } } : {}),
      });
      await this.forget(access, groupId, detached.map(targetTag));
    });
  }

  private forget(access: AccessContext, groupId: string, targets: string[] = []): Promise<void> {
    const { namespaceId } = access.namespace;
    const tags = [groupTag(groupId), groupsTag(namespaceId), ...targets];
    if (targets.length > 0) tags.push(targetsTag(namespaceId));
    return this.postgres.afterCommit(() => this.cache.invalidate(...tags));
  }
}

/** The group, locked against other changes and against targets that would join it. */
async function held(
  manager: EntityManager,
  { namespace }: AccessContext,
  groupId: string,
  version: number | undefined,
): Promise<GroupEntity> {
  const group = await manager.getRepository(GroupEntity).findOne({
    where: { namespaceId: namespace.namespaceId, groupId },
    lock: { mode: 'pessimistic_write' },
  });
  if (!group) throw noSuchGroup();
  if (version !== undefined && version !== group.version)
    throw new AppError('VERSION_CONFLICT', `The group has version ${group.version} by now`);
  return group;
}

async function detach(manager: EntityManager, namespaceId: string, groupId: string): Promise<string[]> {
  const [rows] = await manager.query<[{ target_id: string }[], number]>(
    `UPDATE targets SET group_id = NULL, version = version + 1, updated_at = now()
     WHERE namespace_id = $1 AND group_id = $2 RETURNING target_id`,
    [namespaceId, groupId],
  );
  return rows.map(({ target_id }) => target_id);
}

const noSuchGroup = () => new AppError('NOT_FOUND', 'The namespace has no such group');
