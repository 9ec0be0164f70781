import { setTimeout as delay } from 'node:timers/promises';
import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { QueueName } from '../catalog/catalog.js';
import type { Parcel } from './parcels.js';

/** Kills of a worker that one message survives: the jobs in it are counted by their rows, not by the queue. */
export const MAX_STALLED = 1_000;
/** A queue that takes longer is as good as away. */
const PATIENCE_MS = 3_000;

/** Carries job ids to the workers, and nothing else: what a job is and how it ended stands in its row. */
@Injectable()
export class Queues {
  private readonly logger = new Logger(Queues.name);
  private readonly byName: Record<QueueName, Queue>;

  constructor(
    @InjectQueue('training') training: Queue,
    @InjectQueue('surface') surface: Queue,
    @InjectQueue('data') data: Queue,
  ) {
    this.byName = { training, surface, data };
    for (const queue of Object.values(this.byName))
      queue.on('error', (error) => this.logger.warn({ err: error, queue: queue.name }, 'the queue is not reachable'));
  }

  /** @throws when the queue does not take them in time; some may have arrived */
  async publish(parcels: readonly Parcel[]): Promise<void> {
    const adding = [...Map.groupBy(parcels, ({ queue }) => queue)].map(([queue, own]) =>
      this.byName[queue].addBulk(
        own.map(({ delivery, jobs }) => ({
          name: 'deliver',
          data: { jobs },
          opts: { jobId: delivery, removeOnComplete: true, removeOnFail: true },
        })),
      ),
    );
    if (adding.length > 0) await inTime(Promise.all(adding));
  }

  /** The messages that wait in a queue or are with a worker. */
  async deliveries(queue: QueueName): Promise<Set<string>> {
    // In this order: one that a worker takes in between is seen in one of the two.
    return new Set(await inTime(this.byName[queue].getRanges(['waiting', 'active'])));
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`the queue did not answer within ${PATIENCE_MS} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    patience.abort();
    late.catch(() => undefined);
    work.catch(() => undefined);
  }
}
