import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { AuditEntry, AuditQuery, Paged } from '#contracts';
import { Cursors, Postgres } from '#platform';
import type { AccessContext } from '../guard/access-context.js';
import { AuditEntryEntity } from './audit-entry.entity.js';

const cursorKey = z.tuple([z.iso.datetime(), z.string().regex(/^\d{1,19}$/)]);

/** Reads what `Audit` wrote down. */
@Injectable()
export class AuditLogService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
  ) {}

  /** The newest first. */
  async list(access: AccessContext, query: AuditQuery): Promise<Paged<AuditEntry>> {
    const { namespaceId } = access.namespace;
    const list = this.cursors.of('audit-log', namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.postgres.reading((manager) => {
      const builder = manager
        .getRepository(AuditEntryEntity)
        .createQueryBuilder('entry')
        .where('entry.namespace_id = :namespaceId', { namespaceId })
        .orderBy('entry.at', 'DESC')
        .addOrderBy('entry.audit_id', 'DESC')
        .limit(query.limit + 1);
      if (query.action) builder.andWhere('entry.action = :action', { action: query.action });
      if (query.subject) builder.andWhere('entry.subject = :subject', { subject: query.subject });
      if (query.token_id) builder.andWhere('entry.token_id = :token', { token: query.token_id });
      if (query.from) builder.andWhere('entry.at >= :from', { from: new Date(query.from) });
      if (query.to) builder.andWhere('entry.at < :to', { to: new Date(query.to) });
      if (after) builder.andWhere('(entry.at, entry.audit_id) < (:at, :id)', { at: after[0], id: after[1] });
      return builder.getMany();
    });
    const page = list.page(rows, query.limit, (row) => [row.at.toISOString(), row.auditId]);
    return { data: page.data.map(present), page: page.page };
  }
}

function present(entry: AuditEntryEntity): AuditEntry {
  return {
    audit_id: entry.auditId,
    at: entry.at.toISOString(),
    action: entry.action,
    subject: entry.subject,
    namespace_id: entry.namespaceId,
    token_id: entry.tokenId,
    request_id: entry.requestId,
    before: entry.before,
    after: entry.after,
  };
}
