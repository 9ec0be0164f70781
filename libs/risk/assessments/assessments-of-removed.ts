import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type NamespaceHolding, NamespaceRemovals } from '#access';
import { ClickHouse, defineQuery } from '#platform';

const anyAssessment = defineQuery<{ namespace: string }, { one: number }>(
  'assessments.any',
  `SELECT 1 AS one FROM assessments WHERE namespace_id = {namespace:String} LIMIT 1
   UNION ALL SELECT 1 AS one FROM assessments_archive WHERE namespace_id = {namespace:String} LIMIT 1`,
);

/** What was forecast for a namespace that is deleted goes with it, also out of the archive. */
@Injectable()
export class AssessmentsOfRemoved implements NamespaceHolding, OnModuleInit {
  readonly name = 'kept assessments';

  constructor(
    private readonly clickhouse: ClickHouse,
    private readonly removals: NamespaceRemovals,
  ) {}

  onModuleInit(): void {
    this.removals.register(this);
  }

  async holdsAny(namespaceId: string): Promise<boolean> {
    return (await this.clickhouse.query(anyAssessment, { namespace: namespaceId })).length > 0;
  }

  async remove(namespaceId: string): Promise<void> {
    for (const table of ['assessments', 'assessments_archive'])
      await this.clickhouse.command(
        `${table}.remove`,
        `ALTER TABLE ${table} DELETE WHERE namespace_id = {namespace:String} SETTINGS mutations_sync = 1`,
        {
          namespace: namespaceId,
        },
      );
  }
}
