import { Injectable } from '@nestjs/common';
import type { MercuriusLoaders } from 'mercurius';
import { z } from 'zod';
import type { AccessContext } from '#access';
import { type Group, queryInteger, type Risk, type Target } from '#contracts';
import { Postgres } from '#platform';
import { GroupsService, TargetsReader } from '#risk';
import { type GraphqlContext, read } from './scoped.js';

const MAX_TARGETS_OF_GROUP = 100;
const targetsArguments = z.strictObject({ limit: queryInteger(1, MAX_TARGETS_OF_GROUP).default(20) });

interface Asked<Parent> {
  obj: Parent;
  params: object;
}

/**
 * Fields that lead from one thing to another. Each is asked once for all rows of an answer, however many there are.
 * What they lead to is of the same namespace and needs the scope that what they lead from has needed.
 */
@Injectable()
export class Loaders {
  constructor(
    private readonly postgres: Postgres,
    private readonly groups: GroupsService,
    private readonly targets: TargetsReader,
  ) {}

  get all(): MercuriusLoaders<GraphqlContext> {
    // mercurius would compare whole rows to find those that are asked for twice; ids are compared here.
    const opts = { cache: false };
    return {
      Risk: {
        target: {
          opts,
          loader: async (asked: Asked<Risk>[], { access }) => {
            const ids = asked.flatMap(({ obj }) => obj.target_id ?? []);
            const found = ids.length > 0 ? await this.targets.byIds(access, ids) : undefined;
            return asked.map(({ obj }) => (obj.target_id === null ? null : (found?.get(obj.target_id) ?? null)));
          },
        },
      },
      Target: {
        group: {
          opts,
          loader: async (asked: Asked<Target>[], { access }) => {
            const ids = asked.flatMap(({ obj }) => obj.group_id ?? []);
            const found = ids.length > 0 ? await this.groups.byIds(access, ids) : undefined;
            return asked.map(({ obj }) => (obj.group_id === null ? null : (found?.get(obj.group_id) ?? null)));
          },
        },
      },
      Group: {
        targets: { opts, loader: (asked: Asked<Group>[], { access }) => this.targetsOf(access, asked) },
      },
    };
  }

  private async targetsOf(access: AccessContext, asked: readonly Asked<Group>[]): Promise<Target[][]> {
    // Under aliases a field may stand there several times, with limits of its own.
    const limits = asked.map(({ params }) => read(targetsArguments, params).limit);
    const rows = await this.postgres.reading((manager) =>
      manager.query<{ group_id: string; target_id: string }[]>(
        `SELECT grp.group_id, target.target_id
         FROM unnest($2::text[]) AS grp(group_id)
         CROSS JOIN LATERAL (
           SELECT target_id, created_at FROM targets
           WHERE namespace_id = $1 AND group_id = grp.group_id
           ORDER BY created_at DESC, target_id DESC LIMIT $3
         ) AS target
         ORDER BY target.created_at DESC, target.target_id DESC`,
        [access.namespace.namespaceId, [...new Set(asked.map(({ obj }) => obj.group_id))], Math.max(...limits)],
      ),
    );
    const targets = await this.targets.byIds(
      access,
      rows.map(({ target_id }) => target_id),
    );
    const byGroup = Map.groupBy(rows, ({ group_id }) => group_id);
    return asked.map(({ obj }, i) =>
      (byGroup.get(obj.group_id) ?? []).slice(0, limits[i]).flatMap(({ target_id }) => targets.get(target_id) ?? []),
    );
  }
}
