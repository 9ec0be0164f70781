import { setTimeout as delay } from 'node:timers/promises';
import type { IngestAnswer } from '#contracts';
import type { Client } from './platform.js';

/** An answer that said that events are kept. */
export interface Acknowledged {
  /** When its request was first sent, and how long its answer took from then on; milliseconds. */
  readonly sentAt: number;
  readonly tookMs: number;
  readonly buffered: boolean;
  readonly eventIds: readonly string[];
}

export interface LoadShape {
  readonly senders: number;
  readonly eventsPerRequest: number;
  readonly eventsPerSecond: number;
}

/**
 * Senders of events, as devices behind a gateway: each sends one request after the other, at its pace, and one that was
 * not acknowledged again and again until it is. The events of a sender are of one entity and numbered.
 */
export class IngestLoad {
  readonly acknowledged: Acknowledged[] = [];
  /** Answers that acknowledged nothing, by status or what the connection failed with. */
  readonly refusals = new Map<string, number>();
  private going = true;
  private readonly senders: Promise<void>[];

  constructor(
    private readonly clients: readonly Client[],
    private readonly shape: LoadShape,
  ) {
    this.senders = Array.from({ length: shape.senders }, (_, sender) => this.send(sender));
  }

  /** Every event that was acknowledged. */
  get eventIds(): string[] {
    return this.acknowledged.flatMap(({ eventIds }) => eventIds);
  }

  /** The time that 99 of 100 answers took, of requests that were sent between two moments; milliseconds. */
  p99(from: number, to: number): number {
    const took = this.acknowledged
      .filter(({ sentAt }) => sentAt >= from && sentAt < to)
      .map(({ tookMs }) => tookMs)
      .toSorted((a, b) => a - b);
    return took[Math.ceil(took.length * 0.99) - 1] ?? Number.NaN;
  }

  /** Each sender sends what it has begun until it is acknowledged, and no more. */
  async stop(): Promise<void> {
    this.going = false;
    await Promise.all(this.senders);
  }

  private async send(sender: number): Promise<void> {
    const { senders, eventsPerRequest, eventsPerSecond } = this.shape;
    const paceMs = (1000 * senders * eventsPerRequest) / eventsPerSecond;
    let due = performance.now() + (paceMs * sender) / senders;
    for (let n = 0; this.going; n += eventsPerRequest) {
      await delay(Math.max(0, due - performance.now()));
      // What is late is sent at once, and what was missed is made up for.
      due += paceMs;
      await this.untilAcknowledged(sender, n);
    }
  }

  private async untilAcknowledged(sender: number, first: number): Promise<void> {
    const sentAt = performance.now();
    const events = Array.from({ length: this.shape.eventsPerRequest }, (_, i) => ({
      event_id: `s${sender}-${first + i}`,
      timestamp: new Date().toISOString(),
      lat: 43.6 + (sender % 40) / 100,
      lon: -79.4,
      event_type: 'fire',
      entity_id: `s${sender}`,
    }));
    for (let attempt = 0; ; attempt++) {
      const client = this.clients[(sender + attempt) % this.clients.length];
      const outcome = await client?.ask('POST', '/events', { json: { events } }).catch((error: unknown) => error);
      const status = outcome instanceof Object && 'status' in outcome ? outcome.status : 'no answer';
      if ((status === 201 || status === 202) && outcome instanceof Object && 'text' in outcome) {
        const { buffered } = JSON.parse(String(outcome.text)) as IngestAnswer;
        const eventIds = events.map(({ event_id }) => event_id);
        this.acknowledged.push({ sentAt, tookMs: performance.now() - sentAt, buffered, eventIds });
        return;
      }
      this.refusals.set(String(status), (this.refusals.get(String(status)) ?? 0) + 1);
      await delay(100);
    }
  }
}

/**
 * Where events of a sender stand before an earlier one, and which are there twice or not at all. A sender's events are
 * written in the order of their numbers where their positions in the ingest do not fall.
 */
export function faultsOf(
  acknowledged: readonly string[],
  stored: readonly { event_id: string; seq: number }[],
): { missing: string[]; doubled: string[]; overtaken: string[] } {
  const seqs = new Map<string, number>();
  const doubled: string[] = [];
  for (const { event_id, seq } of stored) {
    if (seqs.has(event_id)) doubled.push(event_id);
    seqs.set(event_id, seq);
  }
  const overtaken = acknowledged.filter((id) => {
    const [sender, n] = id.split('-');
    return (seqs.get(id) ?? 0) < (seqs.get(`${sender}-${Number(n) - 1}`) ?? 0);
  });
  return { missing: acknowledged.filter((id) => !seqs.has(id)), doubled, overtaken };
}
