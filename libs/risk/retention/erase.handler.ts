import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Audit } from '#access';
import { HandlesJob, type JobContext, type JobHandler, type JobParams, type JobResult } from '#jobs';
import { AppError, ClickHouse } from '#platform';
import { type DayOfRows, spansOf } from '../days.js';
import { EventStore, SpoolIsAhead, type WriterTurn } from '../events/event-store.js';
import { ParkedEntity } from './parked-entity.js';
import { daysOfEntity, ERASE } from './retention.queries.js';

const READ_TIMEOUT_MS = 120_000;
/** Events of the namespace, whosever they are, over which counts are made anew at once. */
const EVENTS_AT_ONCE = 5_000_000;

/**
 * Erases the events of an entity wherever they are: in the event store with their keys, in the counts by cell and hour,
 * among those that the store had refused. Some days at a time, alone in the namespace; what an attempt left half done is
 * put right by whoever writes there next. What is sent later is a new event.
 */
@Injectable()
@HandlesJob('events.erase')
export class EraseHandler implements JobHandler<'events.erase'> {
  constructor(
    private readonly clickhouse: ClickHouse,
    private readonly store: EventStore,
    private readonly parkedEntity: ParkedEntity,
    private readonly audit: Audit,
  ) {}

  async run(
    { entity_id: entity, dry_run }: JobParams<'events.erase'>,
    context: JobContext,
  ): Promise<JobResult<'events.erase'>> {
    const { namespaceId, signal, requestId, tokenId } = context;
    if (dry_run) {
      const days = await this.days(namespaceId, entity, signal);
      const parked = await this.parkedEntity.count(namespaceId, entity);
      return { dry_run, events: days.reduce((sum, { rows }) => sum + rows, 0), parked };
    }
    const { parked, days } = await this.alone(namespaceId, signal, async () => ({
      parked: await this.parkedEntity.erase(namespaceId, entity, signal),
      days: await this.days(namespaceId, entity, signal),
    }));
    const spans = spansOf(days, EVENTS_AT_ONCE);
    let events = 0;
    for (const [i, { from, to, rows }] of spans.entries()) {
      signal.throwIfAborted();
      context.progress((100 * i) / spans.length, `from ${new Date(from).toISOString().slice(0, 10)} on`);
      const of = { namespace: namespaceId, entity, from, to };
      await this.alone(namespaceId, signal, (turn) =>
        turn.rewrite(from, to - 1, async () => {
          await this.clickhouse.command('erase.keys', ERASE.keys, of, { signal });
          await this.clickhouse.command('erase.events', ERASE.events, of, { signal });
        }),
      );
      events += rows;
    }
    // By its hash: the log of changes is kept for ever, and answers whether somebody who asks was erased all the same.
    await this.audit.record(
      { namespaceId, tokenId, requestId: requestId ?? '' },
      { action: 'events.erase', subject: `sha256:${hash('sha256', entity)}`, after: { events, parked } },
    );
    return { dry_run, events, parked };
  }

  private days(namespace: string, entity: string, signal: AbortSignal): Promise<DayOfRows[]> {
    return this.clickhouse.query(daysOfEntity, { namespace, entity }, { timeoutMs: READ_TIMEOUT_MS, signal });
  }

  private async alone<T>(namespaceId: string, signal: AbortSignal, work: (turn: WriterTurn) => Promise<T>): Promise<T> {
    try {
      return await this.store.whenFree(namespaceId, signal, work);
    } catch (error) {
      if (!(error instanceof SpoolIsAhead)) throw error;
      throw new AppError('UNAVAILABLE', 'Events of the namespace wait in the spool; theirs may be among them', {
        cause: error,
      });
    }
  }
}
