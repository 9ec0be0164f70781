import { randomUUID } from 'node:crypto';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import type { Transport, TransportListener } from './transport.js';

/** Bytes of a message and its channel: PostgreSQL carries 8,000 with what is put around them. */
const BUS_MESSAGE_BYTES = 7_000;

/** Said by a process whose messages did not get out: whoever hears it may have missed some. */
const LOSS = '!loss';
const LOSS_RETRY_MS = 500;

const envelope = z.tuple([z.string(), z.string(), z.string()]);

type Handler = (message: string) => void;

/**
 * Short messages to every process of the platform, this one included: Redis pub/sub where there is a Redis, else
 * PostgreSQL's LISTEN and NOTIFY. Nothing is kept: what is published while the way is cut is lost for the others, who
 * are told so by `onReconnect` when it is mended.
 */
export class Bus implements OnApplicationShutdown {
  private readonly transport: Transport;
  private readonly logger = new Logger('Bus');
  private readonly origin = randomUUID();
  private readonly handlers = new Map<string, Set<Handler>>();
  private readonly reconnectHandlers = new Set<() => void>();
  private lossTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(transport: Transport) {
    this.transport = transport;
    const listener: TransportListener = {
      received: (payload) => this.received(payload),
      connected: () => this.reconnected(),
      disconnected: () => this.logger.warn(`The bus (${transport.kind}) is cut; other processes are not heard`),
    };
    transport.open(listener);
  }

  /** Other processes are heard, as far as is known. */
  get connected(): boolean {
    return this.transport.connected;
  }

  get kind(): Transport['kind'] {
    return this.transport.kind;
  }

  /**
   * Tells every process. The handlers of this one have run when the call returns; the promise settles when the message
   * is on its way, and never rejects for the transport's sake.
   * @throws RangeError where channel and message are beyond 7,000 bytes
   */
  async publish(channel: string, message: string): Promise<void> {
    const payload = JSON.stringify([this.origin, channel, message]);
    // JSON may be longer than what it stands for, so that the payload is what counts.
    if (Buffer.byteLength(payload) > BUS_MESSAGE_BYTES + 100)
      throw new RangeError(`A message of ${Buffer.byteLength(payload)} bytes is too large for the bus`);
    this.deliver(channel, message);
    if (!(await this.transport.send(payload))) this.tellOfLossLater();
  }

  /** @returns what ends the subscription */
  subscribe(channel: string, handler: Handler): () => void {
    const own = (message: string) => handler(message);
    let handlers = this.handlers.get(channel);
    if (!handlers) this.handlers.set(channel, (handlers = new Set()));
    handlers.add(own);
    return () => {
      handlers.delete(own);
      if (handlers.size === 0 && this.handlers.get(channel) === handlers) this.handlers.delete(channel);
    };
  }

  /**
   * Called whenever messages of others may have been missed: on every connection, the first one too, and when another
   * process says that its own did not get out. What was built from messages has to be read anew.
   */
  onReconnect(handler: () => void): () => void {
    const own = () => handler();
    this.reconnectHandlers.add(own);
    return () => this.reconnectHandlers.delete(own);
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.lossTimer);
    await this.transport.close();
  }

  private received(payload: string): void {
    let message: z.infer<typeof envelope>;
    try {
      message = envelope.parse(JSON.parse(payload));
    } catch {
      this.logger.warn('Something that is not ours was published on the bus');
      return;
    }
    const [origin, channel, text] = message;
    // Its own messages come back as well; they were delivered when they were published.
    if (origin === this.origin) return;
    if (channel === LOSS) this.missed();
    else this.deliver(channel, text);
  }

  private reconnected(): void {
    this.logger.log(`The bus (${this.transport.kind}) is connected`);
    this.missed();
  }

  private missed(): void {
    for (const handler of this.reconnectHandlers) this.guarded('a reconnection', handler);
  }

  private deliver(channel: string, message: string): void {
    const handlers = this.handlers.get(channel);
    if (handlers) for (const handler of handlers) this.guarded(channel, () => handler(message));
  }

  /** One handler's mistake is not that of whoever published, nor of the other handlers. */
  private guarded(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.logger.error(`A handler of ${what} failed`, error instanceof Error ? error.stack : String(error));
    }
  }

  private tellOfLossLater(): void {
    if (this.lossTimer || this.closed) return;
    this.lossTimer = setTimeout(() => void this.tellOfLoss(), LOSS_RETRY_MS);
    this.lossTimer.unref();
  }

  private async tellOfLoss(): Promise<void> {
    const told = await this.transport.send(JSON.stringify([this.origin, LOSS, '']));
    this.lossTimer = undefined;
    if (!told) this.tellOfLossLater();
  }
}
