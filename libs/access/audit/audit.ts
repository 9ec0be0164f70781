import { Injectable } from '@nestjs/common';
import { Postgres } from '#platform';
import type { AccessContext } from '../guard/access-context.js';
import { AuditEntryEntity } from './audit-entry.entity.js';

export interface Change {
  /** What was done, as `resource.verb`: `risk.patch`, `model.activate`. */
  action: string;
  subject: string;
  before?: unknown;
  after?: unknown;
}

/** Writes down who changed what. Within a transaction the entry stands or falls with the change. */
@Injectable()
export class Audit {
  constructor(private readonly postgres: Postgres) {}

  async record(
    by: Pick<AccessContext, 'requestId'> & { namespaceId: string | null; tokenId: string | null },
    ...changes: Change[]
  ): Promise<void> {
    await this.postgres.manager.insert(
      AuditEntryEntity,
      changes.map((change) => ({
        namespaceId: by.namespaceId,
        tokenId: by.tokenId,
        requestId: by.requestId,
        action: change.action,
        subject: change.subject,
        // TypeORM reads a nested object as partial columns; these are opaque documents.
        before: (change.before ?? null) as object,
        after: (change.after ?? null) as object,
      })),
    );
  }
}
