import { Injectable } from '@nestjs/common';
import type { AccessContext } from '#access';
import {
  type Level,
  LEVELS,
  MAX_RISKS_COUNTED,
  RISK_STATS_DAYS,
  type RiskStats,
  type RiskStatsQuery,
  type RiskStatus,
  riskStatus,
} from '#contracts';
import { Cache, defineCache, Postgres } from '#platform';

const DAY_MS = 86_400_000;

/** Counting costs up to a third of a second: whoever watches a wall of numbers sees those of ten seconds ago at most. */
const RISK_STATS = defineCache<RiskStats>({
  name: 'risk-stats',
  ttlMs: 10_000,
  staleMs: 60_000,
  sizeOf: () => 8_000,
});

interface CountRow {
  day: string;
  status: RiskStatus;
  level: Level;
  event_type: string;
  risks: string;
  acknowledged: string;
  seconds: number | null;
}

/** What became of a namespace's risks of the last days. */
@Injectable()
export class RiskStatsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cache: Cache,
  ) {}

  async stats(access: AccessContext, query: RiskStatsQuery): Promise<RiskStats> {
    const { namespaceId } = access.namespace;
    const key = JSON.stringify([namespaceId, query.event_type, query.target_id, query.group_id]);
    const { value } = await this.cache.getOrLoad(RISK_STATS, key, {}, () => this.count(namespaceId, query, new Date()));
    return value;
  }

  private async count(namespaceId: string, query: RiskStatsQuery, to: Date): Promise<RiskStats> {
    const today = Math.floor(to.getTime() / DAY_MS) * DAY_MS;
    const from = new Date(today - (RISK_STATS_DAYS - 1) * DAY_MS);
    // The newest so many: a namespace with more of them gets its answer in the same time.
    const rows = await this.postgres.reading((manager) =>
      manager.query<CountRow[]>(
        `SELECT to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, status, level, event_type,
                count(*) AS risks, count(acknowledged_at) AS acknowledged,
                sum(extract(epoch FROM acknowledged_at - opened_at))::double precision AS seconds
         FROM (
           SELECT opened_at, status, level, event_type, acknowledged_at FROM risks
           WHERE namespace_id = $1 AND opened_at >= $2
             AND ($3::text IS NULL OR event_type = $3)
             AND ($4::text IS NULL OR target_id = $4)
             AND ($5::text IS NULL
                  OR target_id IN (SELECT target_id FROM targets WHERE namespace_id = $1 AND group_id = $5))
           ORDER BY opened_at DESC, risk_id DESC LIMIT ${MAX_RISKS_COUNTED + 1}
         ) newest
         GROUP BY day, status, level, event_type`,
        [namespaceId, from, query.event_type ?? null, query.target_id ?? null, query.group_id ?? null],
      ),
    );
    return summarise(rows, from, to);
  }
}

/** Adds counted rows up by each of their sides. */
export function summarise(rows: readonly CountRow[], from: Date, to: Date): RiskStats {
  const sumBy = (key: (row: CountRow) => string, names: readonly string[]) => {
    const sums = new Map<string, number>(names.map((name) => [name, 0]));
    for (const row of rows) sums.set(key(row), (sums.get(key(row)) ?? 0) + Number(row.risks));
    return sums;
  };
  const days = Array.from({ length: RISK_STATS_DAYS }, (_, i) =>
    new Date(from.getTime() + i * DAY_MS).toISOString().slice(0, 10),
  );
  const perDay = sumBy(({ day }) => day, days);
  const total = rows.reduce((sum, { risks }) => sum + Number(risks), 0);
  const acknowledged = rows.reduce((sum, row) => sum + Number(row.acknowledged), 0);
  const seconds = rows.reduce((sum, row) => sum + (row.seconds ?? 0), 0);
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    total: Math.min(total, MAX_RISKS_COUNTED),
    complete: total <= MAX_RISKS_COUNTED,
    by_status: Object.fromEntries(sumBy(({ status }) => status, riskStatus.options)),
    by_level: Object.fromEntries(sumBy(({ level }) => level, LEVELS)),
    by_event_type: Object.fromEntries(sumBy(({ event_type }) => event_type, [])),
    opened_per_day: days.map((day) => ({ day, opened: perDay.get(day) ?? 0 })),
    mean_time_to_acknowledge_seconds: acknowledged === 0 ? null : Math.round(seconds / acknowledged),
  };
}
