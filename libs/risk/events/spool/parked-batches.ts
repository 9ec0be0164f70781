import { Injectable } from '@nestjs/common';
import type { SpoolRetry, SpoolState } from '#contracts';
import { Postgres } from '#platform';
import { REFUSALS_OF_A_HALF } from './drain-round.js';

interface Sums {
  batches: number;
  rows: number;
  bytes: number;
  oldest: Date | null;
}

/** What people see of a namespace's spool, and what they can do about events that ClickHouse refused. */
@Injectable()
export class ParkedBatches {
  constructor(private readonly postgres: Postgres) {}

  async state(namespaceId: string): Promise<SpoolState> {
    const [waiting, parked, [last]] = await Promise.all([
      this.sums('ingest_spool', namespaceId),
      this.sums('ingest_parked', namespaceId),
      this.postgres.manager.query<{ error: string }[]>(
        `SELECT error FROM ingest_parked WHERE namespace_id = $1 ORDER BY parked_at DESC LIMIT 1`,
        [namespaceId],
      ),
    ]);
    return { waiting, parked: { ...parked, last_error: last?.error ?? null } };
  }

  /** Puts what was set aside back where it was in the line. What is refused again is set aside again. */
  async retry(namespaceId: string): Promise<SpoolRetry> {
    return this.postgres.transaction(async (manager) => {
      await manager.query(`SELECT 1 FROM ingest_spools WHERE namespace_id = $1 FOR UPDATE`, [namespaceId]);
      const back = await manager.query<{ rows: number; bytes: number }[]>(
        `WITH back AS (DELETE FROM ingest_parked WHERE namespace_id = $1 RETURNING *)
         INSERT INTO ingest_spool (namespace_id, position, part, rows, bytes, payload, refusals, spooled_at)
         OVERRIDING SYSTEM VALUE
         SELECT namespace_id, position, part, rows, bytes, payload, $2::int, spooled_at FROM back RETURNING rows, bytes`,
        [namespaceId, REFUSALS_OF_A_HALF],
      );
      const rows = back.reduce((sum, one) => sum + one.rows, 0);
      const bytes = back.reduce((sum, one) => sum + one.bytes, 0);
      await manager.query(
        `UPDATE ingest_spools SET batches = batches + $2, rows = rows + $3, bytes = bytes + $4 WHERE namespace_id = $1`,
        [namespaceId, back.length, rows, bytes],
      );
      return { batches: back.length, rows };
    });
  }

  private async sums(table: 'ingest_spool' | 'ingest_parked', namespaceId: string) {
    const [found] = await this.postgres.manager.query<Sums[]>(
      `SELECT count(*)::int AS batches, coalesce(sum(rows), 0)::float8 AS rows,
              coalesce(sum(bytes), 0)::float8 AS bytes, min(spooled_at) AS oldest
       FROM ${table} WHERE namespace_id = $1`,
      [namespaceId],
    );
    const { batches = 0, rows = 0, bytes = 0, oldest } = found ?? {};
    return { batches, rows, bytes, oldest_at: oldest?.toISOString() ?? null };
  }
}
