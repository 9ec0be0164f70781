import type { Redis } from 'ioredis';
import type { CacheRedis } from '../redis/cache-redis.js';
import {
  HEARTBEAT_MS,
  HEARTBEAT_PATIENCE_MS,
  reconnectDelay,
  type Transport,
  type TransportListener,
} from './transport.js';

/** Redis does not put the key prefix before the names of channels. */
const CHANNEL = 'strisk:bus';

/** Redis pub/sub: published on the cache's connection, received on one of its own (a subscribed one takes no commands). */
export class RedisTransport implements Transport {
  readonly kind = 'redis';
  connected = false;
  private readonly redis: CacheRedis;
  private readonly subscriber: Redis;
  private heartbeat: NodeJS.Timeout | undefined;
  private listener: TransportListener | undefined;

  /** @param client that of `redis`, whose options the second connection takes over */
  constructor(redis: CacheRedis, client: Redis) {
    this.redis = redis;
    this.subscriber = client.duplicate({
      lazyConnect: true,
      // Done here, for it counts as connected only when Redis has confirmed the subscription.
      autoResubscribe: false,
      // A subscription is confirmed, but what is asked while subscribed has an answer that comes as a message.
      commandTimeout: HEARTBEAT_PATIENCE_MS,
      retryStrategy: (attempt) => reconnectDelay(attempt),
    });
  }

  open(listener: TransportListener): void {
    this.listener = listener;
    this.subscriber.on('error', () => undefined);
    this.subscriber.on('ready', () => void this.subscribe());
    this.subscriber.on('close', () => this.lost());
    this.subscriber.on('message', (channel: string, payload: string) => {
      if (channel === CHANNEL) listener.received(payload);
    });
    // What fails here is tried again by the client itself.
    this.subscriber.connect().catch(() => undefined);
  }

  async send(payload: string): Promise<boolean> {
    return (await this.redis.run('publish', (client) => client.publish(CHANNEL, payload))) !== undefined;
  }

  close(): Promise<void> {
    clearInterval(this.heartbeat);
    this.listener = undefined;
    this.connected = false;
    this.subscriber.disconnect();
    return Promise.resolve();
  }

  private async subscribe(): Promise<void> {
    try {
      await this.subscriber.subscribe(CHANNEL);
    } catch {
      if (this.listener) this.subscriber.disconnect(true);
      return;
    }
    if (!this.listener) return;
    this.connected = true;
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.heartbeat.unref();
    this.listener.connected();
  }

  private async beat(): Promise<void> {
    try {
      await this.subscriber.ping();
    } catch {
      if (this.listener && this.connected) {
        this.lost();
        this.subscriber.disconnect(true);
      }
    }
  }

  private lost(): void {
    clearInterval(this.heartbeat);
    if (!this.connected) return;
    this.connected = false;
    this.listener?.disconnected();
  }
}
