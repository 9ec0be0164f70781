import { Injectable } from '@nestjs/common';
import { Audit, NamespacesService } from '#access';
import { HandlesJob, type JobContext, type JobHandler, type JobParams, type JobResult } from '#jobs';
import { Cache, ClickHouse, Postgres } from '#platform';
import { risksTag } from '../answers.js';
import { daysBefore, spansOf } from '../days.js';
import { daysOfOldEvents, EXPIRE, oldAssessments } from './retention.queries.js';

const READ_TIMEOUT_MS = 120_000;
/** Events that go in one statement, whose keys are in the memory of the store together. */
const EVENTS_AT_ONCE = 2_000_000;
/** Risks that go in one statement: others write the table at the same time. */
const RISKS_AT_ONCE = 2_000;

/** Live risks stay however old they are, for somebody has still to deal with them. */
const CLOSED_BEFORE = `namespace_id = $1 AND status IN ('resolved', 'expired') AND updated_at < $2`;

/** Deletes what a namespace no longer keeps. Each step may be repeated: what is gone already is not found again. */
@Injectable()
@HandlesJob('retention')
export class RetentionHandler implements JobHandler<'retention'> {
  constructor(
    private readonly namespaces: NamespacesService,
    private readonly clickhouse: ClickHouse,
    private readonly postgres: Postgres,
    private readonly cache: Cache,
    private readonly audit: Audit,
  ) {}

  async run({ dry_run }: JobParams<'retention'>, context: JobContext): Promise<JobResult<'retention'>> {
    const { namespaceId, requestId, tokenId } = context;
    const kept = await this.namespaces.retentionOf(namespaceId);
    const now = Date.now();
    const part = async (days: number | null, expire: (before: number) => Promise<number>) => {
      if (days === null) return null;
      context.signal.throwIfAborted();
      const before = daysBefore(now, days);
      return { before: new Date(before).toISOString(), rows: await expire(before) };
    };
    const result = {
      dry_run,
      events: await part(kept.events_days, (before) => this.events(before, dry_run, context)),
      assessments: await part(kept.assessments_days, (before) => this.assessments(before, dry_run, context)),
      risks: await part(kept.risks_days, (before) => this.risks(before, dry_run, context)),
    };
    const deleted = [result.events, result.assessments, result.risks].some((one) => (one?.rows ?? 0) > 0);
    if (!dry_run && deleted)
      await this.audit.record(
        { namespaceId, tokenId, requestId: requestId ?? '' },
        { action: 'retention.apply', subject: namespaceId, after: result },
      );
    return result;
  }

  private async events(before: number, dryRun: boolean, context: JobContext) {
    const { namespaceId: namespace, signal } = context;
    const days = await this.clickhouse.query(
      daysOfOldEvents,
      { namespace, before },
      { timeoutMs: READ_TIMEOUT_MS, signal },
    );
    const events = days.reduce((sum, { rows }) => sum + rows, 0);
    if (dryRun) return events;
    for (const { from, to } of spansOf(days, EVENTS_AT_ONCE)) {
      signal.throwIfAborted();
      context.progress(0, `events from ${new Date(from).toISOString().slice(0, 10)} on`);
      await this.clickhouse.command('retention.keys', EXPIRE.keys, { namespace, from, to }, { signal });
      await this.clickhouse.command('retention.events', EXPIRE.events, { namespace, from, to }, { signal });
    }
    // Also where no event is left: an attempt may have died before this.
    await this.clickhouse.command(
      'retention.hours',
      EXPIRE.hours,
      { namespace, before_second: before / 1000 },
      { signal },
    );
    return events;
  }

  private async assessments(before: number, dryRun: boolean, context: JobContext) {
    const { signal } = context;
    const of = { namespace: context.namespaceId, before };
    const [found] = await this.clickhouse.query(oldAssessments, of, { timeoutMs: READ_TIMEOUT_MS, signal });
    const rows = found?.rows ?? 0;
    if (dryRun || rows === 0) return rows;
    context.progress(33, 'assessments');
    // A copy that an archive is making at this moment may come into the archive afterwards; the next run finds it there.
    await this.clickhouse.command('retention.assessments', EXPIRE.assessments, of, { signal });
    await this.clickhouse.command('retention.archived', EXPIRE.archived, of, { signal });
    return rows;
  }

  private async risks(before: number, dryRun: boolean, context: JobContext) {
    const { namespaceId, signal } = context;
    const of = [namespaceId, new Date(before)];
    if (dryRun) {
      const [found] = await this.postgres.manager.query<{ rows: number }[]>(
        `SELECT count(*)::int AS rows FROM risks WHERE ${CLOSED_BEFORE}`,
        of,
      );
      return found?.rows ?? 0;
    }
    let rows = 0;
    context.progress(66, 'risks');
    for (;;) {
      signal.throwIfAborted();
      const [, gone] = await this.postgres.manager.query<[unknown[], number]>(
        `DELETE FROM risks WHERE risk_id IN (SELECT risk_id FROM risks WHERE ${CLOSED_BEFORE} LIMIT ${RISKS_AT_ONCE})`,
        of,
      );
      rows += gone;
      if (gone > 0) await this.cache.invalidate(risksTag(namespaceId));
      if (gone < RISKS_AT_ONCE) return rows;
    }
  }
}
