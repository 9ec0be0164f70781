import { Controller, Get, Query } from '@nestjs/common';
import { type AuditEntry, auditPage, type AuditQuery, auditQuery, type Paged } from '#contracts';
import { Answers } from '#platform';
import { Access, type AccessContext } from '../guard/access-context.js';
import { RequireScope } from '../guard/require-scope.js';
import { AuditLogService } from './audit-log.service.js';

@Controller('audit-log')
export class AuditLogController {
  constructor(private readonly log: AuditLogService) {}

  @Get()
  @RequireScope('admin')
  @Answers(auditPage, { summary: 'Who changed what in the namespace, the newest first' })
  list(@Access() access: AccessContext, @Query({ schema: auditQuery }) query: AuditQuery): Promise<Paged<AuditEntry>> {
    return this.log.list(access, query);
  }
}
