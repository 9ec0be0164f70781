import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { type AccessContext, Audit, auditedBy } from '#access';
import type { Paged, Risk, RiskPatch, RisksQuery } from '#contracts';
import { AppError, Cache, Cursors, Postgres } from '#platform';
import { riskListsTag, riskTag } from '../answers.js';
import { applyPatch } from './life-cycle.js';
import { presentRisk, RiskEntity } from './risk.entity.js';
import { searchRisks } from './risk-search.js';

const cursorKey = z.tuple([z.iso.datetime(), z.string()]);

@Injectable()
export class RisksService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly cache: Cache,
    private readonly audit: Audit,
  ) {}

  /** Newest first. */
  async list(access: Pick<AccessContext, 'namespace'>, query: RisksQuery): Promise<Paged<Risk>> {
    const { namespaceId } = access.namespace;
    const list = this.cursors.of('risks', namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.postgres.reading((manager) =>
      searchRisks(manager, namespaceId, query, after, query.limit + 1),
    );
    const page = list.page(rows, query.limit, (row) => [row.openedAt.toISOString(), row.riskId]);
    return { data: page.data.map(presentRisk), page: page.page };
  }

  /** @throws AppError NOT_FOUND, also for a risk of another namespace */
  async read(access: AccessContext, riskId: string): Promise<Risk> {
    const namespaceId = access.namespace.namespaceId;
    const risk = await this.postgres.repository(RiskEntity).findOneBy({ riskId, namespaceId });
    if (!risk) throw noSuchRisk();
    return presentRisk(risk);
  }

  /** @throws AppError NOT_FOUND, RISK_CLOSED, VERSION_CONFLICT when `version` is given and not the present one */
  patch(access: AccessContext, riskId: string, patch: RiskPatch, version: number | undefined): Promise<Risk> {
    return this.postgres.transaction(async (manager) => {
      const risks = manager.getRepository(RiskEntity);
      const risk = await risks.findOne({
        where: { riskId, namespaceId: access.namespace.namespaceId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!risk) throw noSuchRisk();
      if (version !== undefined && version !== risk.version)
        throw new AppError('VERSION_CONFLICT', `The risk has version ${risk.version} by now`);
      const before = presentRisk(risk);
      Object.assign(risk, applyPatch(risk, patch, access.principal.name));
      if (risk.acknowledgedBy !== null) risk.acknowledgedAt ??= new Date();
      risk.version++;
      risk.updatedAt = new Date();
      await risks.save(risk);
      const after = presentRisk(risk);
      await this.audit.record(auditedBy(access), { action: 'risk.patch', subject: riskId, before, after });
      await this.postgres.afterCommit(() => this.cache.invalidate(riskTag(riskId), riskListsTag(risk.namespaceId)));
      return after;
    });
  }
}

const noSuchRisk = () => new AppError('NOT_FOUND', 'The namespace has no such risk');
