import { Injectable } from '@nestjs/common';
import type { CityEvent } from '#forecast';
import { ClickHouse, defineQuery } from '#platform';

/** What is older sets off next to nothing: the city's slowest component halves in two weeks. */
const MEMORY_MS = 200 * 86_400_000;

const recent = defineQuery<{ from: number; to: number }, { event_id: string; time: string; lat: number; lon: number }>(
  'demo.recent',
  `SELECT event_id, toString(toUnixTimestamp64Milli(ts)) AS time, lat, lon FROM events
   WHERE namespace_id = 'demo' AND event_type = 'incident'
     AND ts >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ts < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
   ORDER BY ts, event_id`,
);

/** The demo's own past, from which its present goes on. */
@Injectable()
export class DemoHistory {
  constructor(private readonly clickhouse: ClickHouse) {}

  async before(time: Date): Promise<CityEvent[]> {
    const to = time.getTime();
    const rows = await this.clickhouse.query(recent, { from: to - MEMORY_MS, to }, { timeoutMs: 30_000 });
    return rows.map(({ event_id, time: at, lat, lon }) => ({
      event_id,
      timestamp: new Date(Number(at)).toISOString(),
      lat,
      lon,
      amount: 0,
    }));
  }
}
