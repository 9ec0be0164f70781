import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import CircuitBreaker from 'opossum';

/** Whoever asks can do without the answer: beyond this it is cheaper to do without. */
const COMMAND_TIMEOUT_MS = 400;
const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_RETRY_MS = 1_000;
const BREAKER_RESET_MS = 1_000;
/** Commands in a row without an answer after which the server counts as frozen; each of them cost its caller the timeout. */
const SILENT_COMMANDS = 3;
const KEY_PREFIX = 'strisk:';
/** A server that refuses one command refuses thousands: one line for all of them. */
const REFUSALS_LOGGED_MS = 10_000;

type Operation = () => Promise<unknown>;

/**
 * Redis for what may be lost: cache, rate counters, pub/sub. It is never an error for the caller that Redis is away,
 * frozen or full: `run` then answers undefined, at once after the first few. Commands are not queued for later.
 */
export class CacheRedis implements OnApplicationShutdown {
  /** For commands with keys: `strisk:` is put before each. undefined where no Redis is configured. */
  readonly client: Redis | undefined;
  private readonly breaker: CircuitBreaker<[Operation], unknown>;
  private readonly logger = new Logger('CacheRedis');
  private silent = 0;
  private server: string | undefined;
  private away = false;
  private closing = false;
  private refusalLoggedAt = -Infinity;

  /** @param url `redis(s)://`; undefined: there is none, and every `run` answers undefined */
  constructor(url: string | undefined) {
    this.breaker = new CircuitBreaker((operation: Operation) => operation(), {
      name: 'cache-redis',
      // The client has a timeout for each command; one here would abort them all.
      timeout: false,
      // Short: after ten quiet seconds of successes a frozen server would need as long to reach half of the window.
      rollingCountTimeout: 2_000,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorThresholdPercentage: 50,
      volumeThreshold: 10,
      resetTimeout: BREAKER_RESET_MS,
      // A refusal (out of memory, wrong type) is an answer, and so is what cannot be read: the server is there.
      errorFilter: (error: unknown) => isReply(error) || error instanceof SyntaxError,
    });
    if (url !== undefined) this.client = this.connect(url);
  }

  /** Commands get through, as far as is known. */
  get connected(): boolean {
    return this.client?.status === 'ready' && !this.breaker.opened;
  }

  /** Of the server's present run: another one after a restart or a failover. undefined while it is not known. */
  get serverId(): string | undefined {
    return this.connected ? this.server : undefined;
  }

  /**
   * What `operation` answers, or undefined where Redis did not answer it.
   * @param name of the operation, for the log
   */
  async run<T>(name: string, operation: (client: Redis) => Promise<T>): Promise<T | undefined> {
    const { client } = this;
    // Past the breaker: a connection that is known to be gone says nothing about the server that comes back.
    if (client?.status !== 'ready') return undefined;
    try {
      const result = (await this.breaker.fire(() => operation(client))) as T;
      this.silent = 0;
      return result;
    } catch (error) {
      this.failed(name, error);
      return undefined;
    }
  }

  onApplicationShutdown(): void {
    this.closing = true;
    this.breaker.shutdown();
    this.client?.disconnect();
  }

  private connect(url: string): Redis {
    const client = new Redis(url, {
      keyPrefix: KEY_PREFIX,
      // Not enableAutoPipelining: it saves writes, but keeps so much alive that collections of garbage take three times as long.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAlive: 10_000,
      retryStrategy: (times) => Math.min(50 * times, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2),
    });
    // An unheard error event would end the process; that Redis is away is told by `close`.
    client.on('error', () => undefined);
    client.on('ready', () => void this.ready(client));
    client.on('close', () => {
      this.server = undefined;
      if (this.away || this.closing) return;
      this.away = true;
      this.logger.warn('Redis is away; what may be lost is kept in this process alone');
    });
    return client;
  }

  private async ready(client: Redis): Promise<void> {
    this.breaker.close();
    this.silent = 0;
    if (this.away) this.logger.log('Redis is back');
    this.away = false;
    const info = await client.info('server').catch(() => undefined);
    // Where the server will not say, its restarts cannot be told apart.
    if (info !== undefined && client.status === 'ready') this.server = /^run_id:(\w+)/m.exec(info)?.[1] ?? 'unknown';
    // Without the answer the connection is of little use: the next one asks again.
    else if (client.status === 'ready') client.disconnect(true);
  }

  private failed(name: string, error: unknown): void {
    if (isTimeout(error)) {
      this.silent++;
      if (this.silent >= SILENT_COMMANDS && !this.breaker.opened) {
        this.logger.warn(`Redis does not answer (${name}); it is left alone for a second at a time`);
        this.breaker.open();
      }
    } else if (isReply(error) && performance.now() - this.refusalLoggedAt > REFUSALS_LOGGED_MS) {
      this.refusalLoggedAt = performance.now();
      this.logger.warn(`Redis refused ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}
