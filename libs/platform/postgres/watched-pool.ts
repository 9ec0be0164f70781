import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { Bulkhead } from '../bulkhead/bulkhead.js';
import { AppError } from '../http/app-error.js';
import { requestContext } from '../http/request-context.js';
import { DeadlineClient } from './deadline-client.js';
import { PreparedStatements } from './prepared-statements.js';
import { poolExhausted, poolWait, type ServerRole, watchPool } from './pool-metrics.js';

/** Callers of one namespace that may wait for a connection, for each one of its share. */
const WAITING_PER_CONNECTION = 25;
/** A request has five seconds, and something is to be done in them yet. */
const PATIENCE_MS = 4_000;

interface WatchedPoolConfig extends PoolConfig {
  /** Which kind of server it is, for the metrics; the primary where left out. */
  role?: ServerRole;
  /** Statements that come again and again are prepared, once for each connection. */
  prepare?: boolean;
}

type Done = (error?: Error | boolean) => void;
type Connected = (error: Error | undefined, client: PoolClient | undefined, done: Done) => void;

/**
 * A pool of connections that counts what it does and lets no namespace take more than half of it. It gives out clients
 * that keep to the deadline of the request they are used for, and emits `written` with the id of a token that wrote.
 */
export class WatchedPool extends Pool {
  readonly role: ServerRole;
  private readonly bulkhead: Bulkhead;
  private readonly unwatch: () => void;

  constructor({ role = 'primary', prepare = false, ...config }: WatchedPoolConfig) {
    const written = (tokenId: string) => this.emit('written', tokenId);
    const prepared = prepare ? new PreparedStatements() : undefined;
    super({ ...config, Client: DeadlineClient, written, prepared } as PoolConfig);
    this.role = role;
    const width = this.options.max;
    // Two at least: who holds a connection in a transaction may need another one for a moment.
    const share = Math.min(width, Math.max(2, Math.floor(width / 2)));
    this.bulkhead = new Bulkhead({
      name: 'The database',
      width,
      share,
      line: share * WAITING_PER_CONNECTION,
      patienceMs: PATIENCE_MS,
    });
    this.unwatch = watchPool(this);
  }

  get counts(): { in_use: number; idle: number; waiting: number } {
    return { in_use: this.totalCount - this.idleCount, idle: this.idleCount, waiting: this.bulkhead.waiting };
  }

  // The library has a form with a callback and one with a promise.
  override connect(callback?: Connected): never {
    return (callback ? void this.hand(callback) : this.connected()) as never;
  }

  // As in the library, with a callback or a promise.
  override end(callback?: () => void): never {
    this.unwatch();
    return (callback ? super.end(callback) : super.end()) as never;
  }

  private async hand(callback: Connected): Promise<void> {
    let client: PoolClient;
    try {
      client = await this.connected();
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), undefined, () => undefined);
      return;
    }
    callback(undefined, client, (error) => client.release(error));
  }

  private async connected(): Promise<PoolClient> {
    const leave = await this.turn();
    try {
      const client = await new Promise<PoolClient>((resolve, reject) => {
        super.connect((error, given) => {
          if (given) resolve(given);
          else reject(error ?? new Error('There is no connection'));
        });
      });
      const release = client.release.bind(client);
      client.release = (error) => {
        release(error);
        leave();
      };
      return client;
    } catch (error) {
      leave();
      throw error;
    }
  }

  private async turn(): Promise<() => void> {
    const context = requestContext();
    // Of a request whose namespace is not known yet: those share one part among them, for anyone can send them.
    const owner = context && (context.namespaceId ?? '');
    const started = performance.now();
    const before = this.bulkhead.waiting;
    const turn = this.bulkhead.enter(owner, context?.signal);
    const waits = this.bulkhead.waiting > before;
    try {
      const leave = await turn;
      if (waits) this.waited('served', started);
      return leave;
    } catch (error) {
      const given = context?.signal.aborted === true && !(error instanceof AppError && error.code === 'OVERLOADED');
      this.waited(given ? 'given_up' : 'refused', started);
      throw error;
    }
  }

  private waited(outcome: string, started: number): void {
    poolExhausted.inc({ server: this.role, outcome });
    poolWait.observe({ server: this.role }, (performance.now() - started) / 1000);
  }
}
