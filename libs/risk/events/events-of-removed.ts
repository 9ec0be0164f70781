import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type NamespaceHolding, NamespaceRemovals } from '#access';
import { ClickHouse, defineQuery, Postgres } from '#platform';

const anyEvent = defineQuery<{ namespace: string }, { one: number }>(
  'events.any',
  `SELECT 1 AS one FROM event_keys WHERE namespace_id = {namespace:String} LIMIT 1`,
);

/** The events of a namespace that is deleted go with it, their keys and counts too. */
@Injectable()
export class EventsOfRemoved implements NamespaceHolding, OnModuleInit {
  readonly name = 'events';

  constructor(
    private readonly postgres: Postgres,
    private readonly clickhouse: ClickHouse,
    private readonly removals: NamespaceRemovals,
  ) {}

  onModuleInit(): void {
    this.removals.register(this);
  }

  async holdsAny(namespaceId: string): Promise<boolean> {
    const spooled = await this.postgres.manager.query<unknown[]>(
      `SELECT 1 FROM ingest_spools WHERE namespace_id = $1 AND batches > 0
       UNION ALL SELECT 1 FROM ingest_parked WHERE namespace_id = $1 LIMIT 1`,
      [namespaceId],
    );
    if (spooled.length > 0) return true;
    return (await this.clickhouse.query(anyEvent, { namespace: namespaceId })).length > 0;
  }

  /** `DELETE FROM` would mask the rows and leave them in the projection of the events. */
  async remove(namespaceId: string): Promise<void> {
    const params = { namespace: namespaceId };
    await this.clickhouse.command(
      'events.remove',
      `ALTER TABLE events DELETE WHERE namespace_id = {namespace:String} SETTINGS mutations_sync = 1`,
      params,
    );
    await this.clickhouse.command(
      'keys.remove',
      `ALTER TABLE event_keys DELETE WHERE namespace_id = {namespace:String} SETTINGS mutations_sync = 1`,
      params,
    );
    await this.clickhouse.command(
      'hours.remove',
      `ALTER TABLE cell_hours DELETE WHERE namespace_id = {namespace:String} SETTINGS mutations_sync = 1`,
      params,
    );
  }
}
