import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** The time that schedules go by: the database's, for every worker has a clock of its own and they differ. */
@Injectable()
export class SchedulerClock {
  /** @returns milliseconds since 1970 */
  async now(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
    if (!row) throw new Error('PostgreSQL does not tell the time');
    return row.now.getTime();
  }
}
