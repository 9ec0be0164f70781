import type { ClickHouseClient } from '@clickhouse/client';

/**
 * Clients of which each runs one query at a time, as an embedded connection does; callers wait in line for a free one.
 * A pool over HTTP has its queue in the client and needs a single lane of any width.
 */
export class Lanes {
  private readonly free: ClickHouseClient[];
  private readonly size: number;
  private readonly waiting: { take: (client: ClickHouseClient) => void; signal: AbortSignal | undefined }[] = [];

  constructor(
    private readonly clients: ClickHouseClient[],
    width = 1,
  ) {
    this.free = clients.flatMap((client) => Array.from({ length: width }, () => client));
    this.size = this.free.length;
  }

  /** Runs on the next free client. Rejects with the signal's reason where it fires while still in line. */
  async run<T>(work: (client: ClickHouseClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const client = await this.take(signal);
    try {
      return await work(client);
    } finally {
      this.give(client);
    }
  }

  /** Clients that work at the moment, and callers in line for one. */
  get counts(): { in_use: number; waiting: number } {
    return { in_use: this.size - this.free.length, waiting: this.waiting.length };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  private take(signal: AbortSignal | undefined): Promise<ClickHouseClient> {
    signal?.throwIfAborted();
    const client = this.free.pop();
    if (client) return Promise.resolve(client);
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('The wait for ClickHouse was given up'));
      };
      const entry = {
        signal,
        take: (taken: ClickHouseClient) => {
          signal?.removeEventListener('abort', leave);
          resolve(taken);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(entry);
    });
  }

  private give(client: ClickHouseClient): void {
    const next = this.waiting.shift();
    if (next) next.take(client);
    else this.free.push(client);
  }
}
