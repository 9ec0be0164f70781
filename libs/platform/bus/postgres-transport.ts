import { Client } from 'pg';
import {
  HEARTBEAT_MS,
  HEARTBEAT_PATIENCE_MS,
  reconnectDelay,
  type Transport,
  type TransportListener,
} from './transport.js';

const CHANNEL = 'strisk_bus';

/**
 * PostgreSQL's LISTEN and NOTIFY, on a connection of its own. It does not pass a pooler in transaction mode: such a
 * DATABASE_URL wants a Redis beside it.
 */
export class PostgresTransport implements Transport {
  readonly kind = 'postgres';
  connected = false;
  private readonly url: string;
  private client: Client | undefined;
  private listener: TransportListener | undefined;
  private timer: NodeJS.Timeout | undefined;
  private attempt = 0;

  constructor(url: string) {
    this.url = url;
  }

  open(listener: TransportListener): void {
    this.listener = listener;
    void this.connect();
  }

  async send(payload: string): Promise<boolean> {
    const { client } = this;
    if (!this.connected || !client) return false;
    return client.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]).then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    this.listener = undefined;
    this.connected = false;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'strisk-bus',
      connectionTimeoutMillis: HEARTBEAT_PATIENCE_MS,
      query_timeout: HEARTBEAT_PATIENCE_MS,
      keepAlive: true,
    });
    this.client = client;
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ payload }) => {
      if (payload !== undefined) this.listener?.received(payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch {
      this.lost(client);
      return;
    }
    if (!this.listener) {
      await client.end().catch(() => undefined);
      return;
    }
    this.attempt = 0;
    this.connected = true;
    this.timer = setTimeout(() => void this.beat(client), HEARTBEAT_MS);
    this.timer.unref();
    this.listener.connected();
  }

  private async beat(client: Client): Promise<void> {
    try {
      await client.query('SELECT 1');
    } catch {
      this.lost(client);
      return;
    }
    if (client !== this.client || !this.connected) return;
    this.timer = setTimeout(() => void this.beat(client), HEARTBEAT_MS);
    this.timer.unref();
  }

  /** Once for each client, whichever of its signs of the end comes first. */
  private lost(client: Client): void {
    if (client !== this.client) return;
    this.client = undefined;
    clearTimeout(this.timer);
    // A server that does not answer would hold an orderly farewell up for ever; nobody waits for it.
    client.end().catch(() => undefined);
    const wasConnected = this.connected;
    this.connected = false;
    if (!this.listener) return;
    if (wasConnected) this.listener.disconnected();
    this.timer = setTimeout(() => void this.connect(), reconnectDelay(this.attempt++));
    this.timer.unref();
  }
}
