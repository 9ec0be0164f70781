import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { NamespacesService } from '#access';
import {
  assessInput,
  cellFeaturesQuery,
  cellId,
  cellQuery,
  type CellDetail,
  type CellRisk,
  eventsQuery,
  groupId,
  groupsQuery,
  jobsQuery,
  modelsQuery,
  namespaceId,
  pageQuery,
  plainText,
  queryInteger,
  riskMapQuery,
  risksQuery,
  riskStatsQuery,
  snapshotQuery,
  type Target,
  targetId,
  targetRiskQuery,
  targetsQuery,
} from '#contracts';
import { JobsService } from '#jobs';
import {
  AssessService,
  CellsService,
  EventsService,
  FeaturesService,
  GroupsService,
  ModelsService,
  RiskMapService,
  RisksService,
  RiskStatsService,
  TargetRiskService,
  TargetsReader,
} from '#risk';
import { query, read, requireScope, type Resolver } from './scoped.js';

const pages = z.strictObject(pageQuery);
const MAX_MAP_CELLS = 5_000;
const mapQuery = riskMapQuery.omit({ format: true }).extend({ limit: queryInteger(1, MAX_MAP_CELLS).default(500) });

/** The fields of the root, each a call of the service that REST calls. */
@Injectable()
export class Queries {
  constructor(
    private readonly namespaces: NamespacesService,
    private readonly jobs: JobsService,
    private readonly events: EventsService,
    private readonly cells: CellsService,
    private readonly features: FeaturesService,
    private readonly maps: RiskMapService,
    private readonly assessments: AssessService,
    private readonly risks: RisksService,
    private readonly statistics: RiskStatsService,
    private readonly models: ModelsService,
    private readonly groups: GroupsService,
    private readonly targets: TargetsReader,
    private readonly targetRisks: TargetRiskService,
  ) {}

  get root(): Record<string, Resolver> {
    return {
      me: query('any', z.strictObject({}), async ({ principal, namespace }) => ({
        token_id: principal.tokenId,
        name: principal.name,
        scopes: principal.scopes,
        namespace: await this.namespaces.read(principal, namespace.namespaceId),
      })),
      namespace: query('any', z.strictObject({ namespace_id: namespaceId.optional() }), (access, args) =>
        this.namespaces.read(access.principal, args.namespace_id ?? access.namespace.namespaceId),
      ),
      namespaces: query('any', pages, ({ principal }, { limit, cursor }) =>
        this.namespaces.list(principal, limit, cursor),
      ),
      event_types: query('risk:read', z.strictObject({}), ({ namespace }) => this.events.types(namespace.namespaceId)),
      events: query('risk:read', eventsQuery, (access, args) => this.events.list(access, args)),
      cell: query('risk:read', cellQuery.extend({ cell: cellId }), (access, { cell, ...args }) =>
        this.cells.detail(access, cell, args),
      ),
      feature_snapshot: query('risk:read', snapshotQuery, (access, args) => this.features.snapshot(access, args)),
      risk_map: query('risk:read', mapQuery, (access, { limit, ...args }) => {
        const { cells, ...map } = this.maps.map(access, { ...args, format: undefined });
        return { ...map, cells: highest(cells, limit) };
      }),
      assess: query('risk:read', assessInput, (access, args) => this.assessments.assess(access, args)),
      risks: query('risk:read', risksQuery, (access, args) => this.risks.list(access, args)),
      risk: query('risk:read', z.strictObject({ risk_id: plainText.max(100) }), (access, { risk_id }) =>
        this.risks.read(access, risk_id),
      ),
      risk_stats: query('risk:read', riskStatsQuery, (access, args) => this.statistics.stats(access, args)),
      groups: query('risk:read', groupsQuery, (access, args) => this.groups.list(access, args)),
      group: query('risk:read', z.strictObject({ group_id: groupId }), (access, args) =>
        this.groups.read(access, args.group_id),
      ),
      targets: query('risk:read', targetsQuery, (access, args) => this.targets.list(access, args)),
      target: query('risk:read', z.strictObject({ target_id: targetId }), (access, args) =>
        this.targets.read(access, args.target_id),
      ),
      models: query('risk:read', modelsQuery, (access, args) => this.models.list(access, args)),
      model: query('risk:read', z.strictObject({ model_version: plainText.min(1).max(100) }), (access, args) =>
        this.models.read(access, args.model_version),
      ),
      jobs: query('admin', jobsQuery, ({ namespace }, args) => this.jobs.list(namespace.namespaceId, args)),
      job: query('jobs', z.strictObject({ job_id: z.uuid() }), ({ namespace }, { job_id }) =>
        this.jobs.read(namespace.namespaceId, job_id),
      ),
    };
  }

  get types(): Record<string, Record<string, Resolver<never>>> {
    return {
      Query: this.root,
      Cell: {
        features: ({ cell }: CellDetail, args, { access }) => {
          requireScope(access, 'risk:read');
          return this.features.ofCell(access, cell, read(cellFeaturesQuery, args));
        },
      },
      Target: {
        risk: ({ target_id }: Target, args, { access }) =>
          this.targetRisks.risk(access, target_id, read(targetRiskQuery, args)),
      },
      // A name in GraphQL cannot begin with a digit.
      Windowed: {
        h1: (windows: Windows) => windows['1h'],
        h24: (windows: Windows) => windows['24h'],
        d7: (windows: Windows) => windows['7d'],
        d28: (windows: Windows) => windows['28d'],
      },
    };
  }
}

type Windows = Record<'1h' | '24h' | '7d' | '28d', number>;

function highest(cells: readonly CellRisk[], limit: number): CellRisk[] {
  return cells.toSorted((a, b) => b.expected_count - a.expected_count || (a.cell < b.cell ? -1 : 1)).slice(0, limit);
}
