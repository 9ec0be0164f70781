import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type AccessContext, Audit, auditedBy } from '#access';
import type { Target, TargetInput, TargetPatch, TargetsBulkAnswer, TargetsBulkInput } from '#contracts';
import { AppError, Cache, type FieldError, Postgres } from '#platform';
import { risksTag, targetTag } from '../answers.js';
import { targetsTag } from './place-tags.js';
import { type Placed, place } from './placing.js';
import { presentTarget, TargetEntity } from './target.entity.js';

/** Cells all targets of one request may lie in together: some seconds of measuring, 4 MB of weights. */
const MAX_CELLS_PER_REQUEST = 250_000;
/** Rows of one INSERT; a statement takes 65,535 parameters. */
const ROWS_PER_INSERT = 500;

/** What changes targets. Lists and look-ups are those of `TargetsReader`. */
@Injectable()
export class TargetsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly audit: Audit,
    private readonly cache: Cache,
  ) {}

  /** @throws AppError SHAPE_INVALID, SHAPE_TOO_LARGE, GROUP_UNKNOWN */
  async create(access: AccessContext, input: TargetInput): Promise<Target> {
    const [created] = await this.insert(access, [{ input, path: '' }]);
    if (!created) throw new Error('Nothing was created');
    return created;
  }

  /**
   * All of them or none.
   * @throws AppError SHAPE_INVALID, SHAPE_TOO_LARGE, GROUP_UNKNOWN with the paths of all targets that cannot be
   */
  async createMany(access: AccessContext, { targets }: TargetsBulkInput): Promise<TargetsBulkAnswer> {
    const rows = targets.map((input, i) => ({ input, path: `targets.${i}.` }));
    const created = await this.insert(access, rows);
    return { created: created.length, targets: created };
  }

  /** @throws AppError NOT_FOUND, VERSION_CONFLICT, SHAPE_INVALID, SHAPE_TOO_LARGE, GROUP_UNKNOWN */
  async patch(
    access: AccessContext,
    targetId: string,
    patch: TargetPatch,
    version: number | undefined,
  ): Promise<Target> {
    // Measured before the row is held: it takes a while, and the grid of a namespace does not change.
    const placed = patch.shape && (await place(patch.shape, access.namespace.h3Resolution, 'shape'));
    return this.postgres.transaction(async (manager) => {
      const target = await held(manager, access, targetId, version);
      const before = presentTarget(target);
      if (typeof patch.group_id === 'string')
        await requireGroups(manager, access, [{ groupId: patch.group_id, path: 'group_id' }]);
      if (patch.name !== undefined) target.name = patch.name;
      if (patch.group_id !== undefined) target.groupId = patch.group_id;
      if (patch.attrs !== undefined) target.attrs = patch.attrs;
      if (patch.levels !== undefined) target.levels = patch.levels;
      Object.assign(target, placed);
      target.version++;
      target.updatedAt = new Date();
      await manager.save(target);
      const after = presentTarget(target);
      await this.audit.record(auditedBy(access), { action: 'target.patch', subject: targetId, before, after });
      await this.forget(access, [targetId]);
      return after;
    });
  }

  /**
   * Deletes it; its live risks expire, the others stay for the record.
   * @throws AppError NOT_FOUND, VERSION_CONFLICT
   */
  remove(access: AccessContext, targetId: string, version: number | undefined): Promise<void> {
    const { namespaceId } = access.namespace;
    return this.postgres.transaction(async (manager) => {
      const target = await held(manager, access, targetId, version);
      await manager.getRepository(TargetEntity).delete({ namespaceId, targetId });
      await manager.query(
        `UPDATE risks SET status = 'expired', updated_at = now(), version = version + 1
         WHERE namespace_id = $1 AND target_id = $2 AND status IN ('open', 'acknowledged')`,
        [namespaceId, targetId],
      );
      await this.audit.record(auditedBy(access), {
        action: 'target.delete',
        subject: targetId,
        before: presentTarget(target),
      });
      await this.forget(access, [targetId], risksTag(namespaceId));
    });
  }

  private async insert(access: AccessContext, rows: { input: TargetInput; path: string }[]): Promise<Target[]> {
    const placed = await placeAll(rows, access.namespace.h3Resolution);
    const now = new Date();
    const entities = rows.map(({ input }, i) =>
      Object.assign(new TargetEntity(), {
        namespaceId: access.namespace.namespaceId,
        targetId: `tgt_${randomBytes(12).toString('base64url')}`,
        groupId: input.group_id,
        name: input.name,
        attrs: input.attrs,
        levels: input.levels,
        createdAt: now,
        updatedAt: now,
        version: 1,
        ...(placed[i] as Placed),
      }),
    );
    const after = entities.map(presentTarget);
    const groups = rows.flatMap(({ input, path }) =>
      input.group_id === null ? [] : [{ groupId: input.group_id, path: `${path}group_id` }],
    );
    await this.postgres.transaction(async (manager) => {
      await requireGroups(manager, access, groups);
      for (let i = 0; i < entities.length; i += ROWS_PER_INSERT)
        await manager.getRepository(TargetEntity).insert(entities.slice(i, i + ROWS_PER_INSERT));
      for (const target of after) {
        const change = { action: 'target.create', subject: target.target_id, after: target };
        await this.audit.record(auditedBy(access), change);
      }
      await this.forget(
        access,
        after.map(({ target_id }) => target_id),
      );
    });
    return after;
  }

  private forget(access: AccessContext, targetIds: string[], ...also: string[]): Promise<void> {
    const tags = [targetsTag(access.namespace.namespaceId), ...targetIds.map(targetTag), ...also];
    return this.postgres.afterCommit(() => this.cache.invalidate(...tags));
  }
}

/** The target, locked against other changes. */
async function held(
  manager: EntityManager,
  { namespace }: AccessContext,
  targetId: string,
  version: number | undefined,
): Promise<TargetEntity> {
  const target = await manager.getRepository(TargetEntity).findOne({
    where: { namespaceId: namespace.namespaceId, targetId },
    lock: { mode: 'pessimistic_write' },
  });
  if (!target) throw new AppError('NOT_FOUND', 'The namespace has no such target');
  if (version !== undefined && version !== target.version)
    throw new AppError('VERSION_CONFLICT', `The target has version ${target.version} by now`);
  return target;
}

/** Lays all shapes on the grid, or says of every one that cannot be what is wrong with it. */
async function placeAll(rows: { input: TargetInput; path: string }[], resolution: number): Promise<Placed[]> {
  const placed: Placed[] = [];
  const refused: AppError[] = [];
  let cells = 0;
  for (const { input, path } of rows) {
    try {
      const one = await place(input.shape, resolution, `${path}shape`);
      cells += one.cellsCount;
      placed.push(one);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push(error);
      // Large ones cost as much to refuse as to take.
      if (refused.length >= 20) break;
    }
    if (cells > MAX_CELLS_PER_REQUEST)
      throw new AppError(
        'SHAPE_TOO_LARGE',
        `The targets of one request lie in at most ${MAX_CELLS_PER_REQUEST} cells together`,
        { errors: [{ path: `${path}shape`, message: `with it there are more than ${MAX_CELLS_PER_REQUEST} cells` }] },
      );
  }
  const [first] = refused;
  if (!first) return placed;
  throw new AppError(first.code, first.message, { errors: refused.flatMap(({ errors }) => errors).slice(0, 100) });
}

/** Holds the groups where they are until the targets that join them are written. */
async function requireGroups(
  manager: EntityManager,
  { namespace }: AccessContext,
  named: { groupId: string; path: string }[],
): Promise<void> {
  if (named.length === 0) return;
  const rows = await manager.query<{ group_id: string }[]>(
    `SELECT group_id FROM groups WHERE namespace_id = $1 AND group_id = ANY ($2) ORDER BY group_id FOR KEY SHARE`,
    [namespace.namespaceId, [...new Set(named.map(({ groupId }) => groupId))]],
  );
  const known = new Set(rows.map(({ group_id }) => group_id));
  const errors: FieldError[] = named
    .filter(({ groupId }) => !known.has(groupId))
    .map(({ path }) => ({ path, message: 'is no group of this namespace' }));
  if (errors.length > 0)
    throw new AppError('GROUP_UNKNOWN', 'The namespace has no such group', { errors: errors.slice(0, 100) });
}
