import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { outsideRequests, Postgres } from '#platform';
import type { JobType } from '#contracts';
import { JOBS, kindOf } from '../catalog/catalog.js';
import { Publisher } from './publisher.js';
import { Queues } from './queues.js';

const EVERY_MS = 2_000;
/** What was published within this may still be on its way. */
const YOUNG = '2 seconds';
/** One process at a time searches, and the others do not wait for it. */
const LOCK = 7_203_117;

interface Out {
  job_id: string;
  delivery: string;
  type: JobType;
}

/**
 * Finds jobs that were handed to a queue which does not know of them: it was away, it lost them, or whoever was to
 * publish them died. They get back into the line and go out under a message of a new name.
 */
@Injectable()
export class LostMessages implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(LostMessages.name);
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private searching: Promise<void> | undefined;
  /** Not seen the last time. Between two looks at a queue a message may move, so one look is not enough. */
  private missing = new Set<string>();

  constructor(
    private readonly postgres: Postgres,
    private readonly queues: Queues,
    private readonly publisher: Publisher,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setTimeout(() => this.begin(), EVERY_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.searching;
  }

  private begin(): void {
    this.searching = outsideRequests(() => this.search())
      .catch((error: unknown) => this.logger.warn({ err: error }, 'the queues could not be compared with the outbox'))
      .finally(() => {
        if (!this.closed) this.timer = setTimeout(() => this.begin(), EVERY_MS);
      });
  }

  /** One look; what was missing in the one before as well is put back into the line. */
  async search(): Promise<void> {
    const lost = await this.postgres.transaction(async (manager) => {
      const [lock] = await manager.query<{ mine: boolean }[]>(`SELECT pg_try_advisory_xact_lock($1) AS mine`, [LOCK]);
      if (lock?.mine !== true) return [];
      const out = await manager.query<Out[]>(
        `SELECT job_id, delivery, type FROM job_outbox
         WHERE delivery IS NOT NULL AND published_at < now() - $1::interval`,
        [YOUNG],
      );
      const unseen: Out[] = [];
      for (const [queue, own] of Map.groupBy(out.filter(isKnown), ({ type }) => kindOf(type).queue)) {
        const there = await this.queues.deliveries(queue);
        unseen.push(...own.filter(({ delivery }) => !there.has(delivery)));
      }
      const gone = unseen.filter(({ delivery }) => this.missing.has(delivery));
      this.missing = new Set(unseen.map(({ delivery }) => delivery));
      if (gone.length > 0)
        await manager.query(
          `UPDATE job_outbox o SET delivery = NULL, published_at = NULL
           FROM unnest($1::uuid[], $2::uuid[]) AS gone (job_id, delivery)
           WHERE o.job_id = gone.job_id AND o.delivery = gone.delivery`,
          [gone.map(({ job_id }) => job_id), gone.map(({ delivery }) => delivery)],
        );
      return gone;
    });
    if (lost.length === 0) return;
    this.logger.warn({ jobs: lost.length }, 'the queue had lost jobs; they are published again');
    this.publisher.wake();
  }
}

const isKnown = ({ type }: Out) => Object.hasOwn(JOBS, type);
