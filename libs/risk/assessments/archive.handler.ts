import { Inject, Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler, type JobParams, type JobResult } from '#jobs';
import { ClickHouse, type ConfigOf } from '#platform';
import { DAY_MS, daysBefore, spansOf } from '../days.js';
import { riskConfig } from '../risk.config.js';
import { archivedSum, hotSum, MOVE, oldDays, type Slice } from './archive.queries.js';

const READ_TIMEOUT_MS = 120_000;
/** Assessments that are moved at once, where a day has not more. */
const ROWS_AT_ONCE = 5_000_000;

/**
 * Moves old assessments to the archive, some days at a time: copied, counted and compared, and only then deleted. An attempt that dies leaves rows in both tables at worst, where whoever reads both sees them once;
 * the next one copies them onto themselves and goes on.
 */
@Injectable()
@HandlesJob('archive')
export class ArchiveHandler implements JobHandler<'archive'> {
  constructor(
    private readonly clickhouse: ClickHouse,
    @Inject(riskConfig.token) private readonly config: Pick<ConfigOf<typeof riskConfig>, 'ASSESSMENT_HOT_DAYS'>,
  ) {}

  async run(
    { older_than_days = this.config.ASSESSMENT_HOT_DAYS, dry_run }: JobParams<'archive'>,
    context: JobContext,
  ): Promise<JobResult<'archive'>> {
    const { namespaceId, signal } = context;
    const before = daysBefore(Date.now(), older_than_days);
    const days = await this.clickhouse.query(
      oldDays,
      { namespace: namespaceId, before },
      { timeoutMs: READ_TIMEOUT_MS, signal },
    );
    const result = { dry_run, before: new Date(before).toISOString(), days: 0, rows: 0 };
    for (const { from, to, rows } of spansOf(days, ROWS_AT_ONCE)) {
      signal.throwIfAborted();
      if (!dry_run) {
        context.progress((100 * result.days) / days.length, `from ${new Date(from).toISOString().slice(0, 10)} on`);
        await this.move({ namespace: namespaceId, from, to }, signal);
      }
      result.days += days.filter(({ day }) => day * DAY_MS >= from && day * DAY_MS < to).length;
      result.rows += rows;
    }
    return result;
  }

  private async move(slice: Slice, signal: AbortSignal): Promise<void> {
    await this.clickhouse.command('archive.copy', MOVE.copy, slice, { signal });
    const options = { timeoutMs: READ_TIMEOUT_MS, signal };
    const [hot] = await this.clickhouse.query(hotSum, slice, options);
    const [archived] = await this.clickhouse.query(archivedSum, slice, options);
    if (!hot || hot.rows !== archived?.rows || hot.checksum !== archived.checksum)
      throw new Error(
        `Of ${hot?.rows} assessments the archive has ${archived?.rows}, or others; nothing of them was deleted`,
      );
    await this.clickhouse.command('archive.remove', MOVE.remove, slice, { signal });
  }
}
