import { Injectable } from '@nestjs/common';
import { outsideRequests } from '#platform';
import { Outbox } from '../outbox/outbox.js';
import { Publisher } from '../outbox/publisher.js';
import { JobRunner } from './runner.js';
import { Takes } from './takes.js';

/** What of a message is not begun by then goes back into the line: another worker may be free for it. */
const LINGER_MS = 200;

/** Does the jobs of a message of the queue one after the other. */
@Injectable()
export class Deliveries {
  constructor(
    private readonly takes: Takes,
    private readonly runner: JobRunner,
    private readonly outbox: Outbox,
    private readonly publisher: Publisher,
  ) {}

  /** @throws where the store was away; the jobs of the message are then found and published again */
  async process(delivery: string, jobIds: readonly string[]): Promise<void> {
    const left = [...jobIds];
    const writing: Promise<void>[] = [];
    const later = (work: Promise<void>) => {
      writing.push(work);
      // Looked at when all is done; until then nobody hears of it.
      work.catch(() => undefined);
    };
    const giveBack = () => {
      if (left.length > 0) later(this.giveBack(delivery, left.splice(0)));
    };
    const linger = setTimeout(giveBack, LINGER_MS);
    try {
      while (left.length > 0) {
        // Begun now they would hold up the end of the process.
        if (this.runner.stopping) giveBack();
        const jobId = left.shift();
        if (jobId === undefined) break;
        const job = await this.takes.take(jobId, delivery);
        // The end of one and the take of the next go to the store together.
        if (job) later((await this.runner.run(job)).written);
      }
    } finally {
      clearTimeout(linger);
      await Promise.all(writing);
    }
  }

  private async giveBack(delivery: string, jobIds: string[]): Promise<void> {
    await outsideRequests(() => this.outbox.giveBack(delivery, jobIds));
    this.publisher.wake();
  }
}
