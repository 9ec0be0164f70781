import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { outsideRequests, Postgres } from '#platform';
import { Outbox } from './outbox.js';
import { Queues } from './queues.js';

/** How often it looks though nobody has woken it: another process may have died between its commit and its publishing. */
const SWEEP_MS = 1_000;

/** Hands jobs whose turn it is to the queues. Every process has one; whichever is awake first does it. */
@Injectable()
export class Publisher implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Publisher.name);
  private timer: NodeJS.Timeout | undefined;
  private wanted = false;
  private closed = false;
  private rounds: Promise<void> | undefined;

  constructor(
    private readonly postgres: Postgres,
    private readonly outbox: Outbox,
    private readonly queues: Queues,
  ) {}

  onApplicationBootstrap(): void {
    this.wake();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.rounds;
  }

  /** There may be something to publish: a job was written down, one ended, or one was given back. Returns at once. */
  wake(): void {
    this.wanted = true;
    if (this.closed || this.rounds) return;
    // Neither the deadline nor the transaction of whoever woke it is that of its work.
    this.rounds = outsideRequests(() => this.postgres.outside(() => this.publishAll()));
  }

  private async publishAll(): Promise<void> {
    let nextMs: number | undefined;
    try {
      while (this.wanted && !this.closed) {
        this.wanted = false;
        const round = await this.outbox.giveOut();
        await this.queues.publish(round.parcels);
        this.wanted ||= round.more;
        nextMs = round.nextMs;
      }
    } catch (error) {
      // What was given out and did not arrive is found by the search for lost messages.
      this.logger.warn({ err: error }, 'jobs could not be published; trying again');
    }
    this.rounds = undefined;
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.wake(), Math.min(SWEEP_MS, Math.max(1, nextMs ?? SWEEP_MS)));
  }
}
