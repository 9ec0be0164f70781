import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type AccessContext, Audit, auditedBy } from '#access';
import type { Paged, Risk, RiskPatch, RisksQuery } from '#contracts';
import { AppError, decodeCursor, pageOf } from '#platform';
import { applyPatch } from './life-cycle.js';
import { presentRisk, RiskEntity } from './risk.entity.js';

const cursorKey = z.tuple([z.iso.datetime(), z.string()]);

@Injectable()
export class RisksService {
  constructor(
    @InjectDataSource() private readonly postgres: DataSource,
    private readonly audit: Audit,
  ) {}

  /** Newest first. */
  async list(access: AccessContext, query: RisksQuery): Promise<Paged<Risk>> {
    const after = decodeCursor(query.cursor, cursorKey);
    const builder = this.postgres
      .getRepository(RiskEntity)
      .createQueryBuilder('risk')
      .where('risk.namespace_id = :namespace', { namespace: access.namespace.namespaceId })
      .orderBy('risk.opened_at', 'DESC')
      .addOrderBy('risk.risk_id', 'DESC')
      .limit(query.limit + 1);
    if (query.status) builder.andWhere('risk.status = :status', { status: query.status });
    if (query.level) builder.andWhere('risk.level = :level', { level: query.level });
    if (query.event_type) builder.andWhere('risk.event_type = :type', { type: query.event_type });
    if (query.cell) builder.andWhere('risk.cell = :cell', { cell: query.cell });
    if (query.from) builder.andWhere('risk.opened_at >= :from', { from: query.from });
    if (query.to) builder.andWhere('risk.opened_at < :to', { to: query.to });
    if (query.bbox) {
      const { west, south, east, north } = query.bbox;
      builder.andWhere('risk.lat BETWEEN :south AND :north', { south, north });
      builder.andWhere(west <= east ? 'risk.lon BETWEEN :west AND :east' : '(risk.lon >= :west OR risk.lon <= :east)', {
        west,
        east,
      });
    }
    if (after) builder.andWhere('(risk.opened_at, risk.risk_id) < (:at, :id)', { at: after[0], id: after[1] });
    const page = pageOf(await builder.getMany(), query.limit, (row) => [row.openedAt.toISOString(), row.riskId]);
    return { data: page.data.map(presentRisk), page: page.page };
  }

  /** @throws AppError NOT_FOUND, also for a risk of another namespace */
  async read(access: AccessContext, riskId: string): Promise<Risk> {
    const namespaceId = access.namespace.namespaceId;
    const risk = await this.postgres.getRepository(RiskEntity).findOneBy({ riskId, namespaceId });
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
      risk.version++;
      risk.updatedAt = new Date();
      await risks.save(risk);
      const after = presentRisk(risk);
      await this.audit.record(auditedBy(access), { action: 'risk.patch', subject: riskId, before, after }, manager);
      return after;
    });
  }
}

const noSuchRisk = () => new AppError('NOT_FOUND', 'The namespace has no such risk');
