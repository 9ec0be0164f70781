import { ClickHouseLogLevel, createClient, type ClickHouseSettings } from '@clickhouse/client';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import CircuitBreaker from 'opossum';
import type { ConfigOf } from '../config/define-config.js';
import type { Stores } from '../embedded/stores.js';
import { STORES } from '../embedded/stores.token.js';
import { AppError } from '../http/app-error.js';
import { clickhouseConfig } from './clickhouse.config.js';
import { classify } from './clickhouse-errors.js';
import { openEmbeddedClient } from './embedded-client.js';
import { Lanes } from './lanes.js';

/** A query: its name for logs and metrics, its SQL with `{name:Type}` parameters. Parameters and rows are its types. */
export interface Query<P extends Record<string, unknown>, Row> {
  name: string;
  sql: string;
  /** Never set; it carries the type of the rows. */
  readonly row?: Row;
  readonly params?: P;
}

export const defineQuery = <P extends Record<string, unknown>, Row>(name: string, sql: string): Query<P, Row> => ({
  name,
  sql,
});

export interface CallOptions {
  /** Milliseconds the server may work on it; the configured default where left out. */
  timeoutMs?: number;
  signal?: AbortSignal;
  settings?: ClickHouseSettings;
}

type Call = () => Promise<unknown>;

/** How much longer than the server may work the client waits: one that is frozen never says that its time is up. */
const GRACE_MS = 1_000;
const INSERT_TIMEOUT_MS = 120_000;
const PING_TIMEOUT_MS = 5_000;

const QUERY_SETTINGS: ClickHouseSettings = {
  // A cell's index has more digits than a JavaScript number keeps.
  output_format_json_quote_64bit_integers: 1,
  date_time_input_format: 'best_effort',
  // In WHERE a name means the column, as everywhere else in SQL, though SELECT may give it to something new.
  prefer_column_name_to_alias: 1,
};

/**
 * The one way to ClickHouse: the embedded engine or a server, behind the same client. Reads and writes have breakers
 * and lines of their own, so that a flood of reads cannot hold back what is to be stored.
 */
@Injectable()
export class ClickHouse implements OnApplicationShutdown {
  private readonly reads: Lanes;
  private readonly writes: Lanes;
  private readonly readBreaker: CircuitBreaker<[Call], unknown>;
  private readonly writeBreaker: CircuitBreaker<[Call], unknown>;
  private readonly timeoutMs: number;
  /** Over a wire. The embedded engine stops by itself, and one that is given up blocks its connection all the same. */
  private readonly remote: boolean;

  constructor(
    @Inject(STORES) stores: Pick<Stores, 'clickhouse'>,
    @Inject(clickhouseConfig.token) config: ConfigOf<typeof clickhouseConfig>,
  ) {
    this.timeoutMs = config.CLICKHOUSE_QUERY_TIMEOUT_MS;
    this.remote = 'url' in stores.clickhouse;
    if ('url' in stores.clickhouse) {
      const client = createClient({
        url: stores.clickhouse.url,
        max_open_connections: config.CLICKHOUSE_READ_CONNECTIONS + 4,
        request_timeout: 300_000,
        use_multipart_params_auto: true,
        compression: { request: true, response: true },
        // What fails is thrown with its cause and logged once, by whoever knows whether it matters.
        log: { level: ClickHouseLogLevel.OFF },
        clickhouse_settings: {
          cancel_http_readonly_queries_on_client_close: 1,
          // A long insert must not look like a dead connection to what lies between.
          send_progress_in_http_headers: 1,
          http_headers_progress_interval_ms: '20000',
        },
      });
      this.reads = new Lanes([client], config.CLICKHOUSE_READ_CONNECTIONS);
      this.writes = new Lanes([client], 4);
    } else {
      const path = stores.clickhouse.embeddedPath;
      this.reads = new Lanes(
        Array.from({ length: config.CLICKHOUSE_READ_CONNECTIONS }, () => openEmbeddedClient(path)),
      );
      this.writes = new Lanes([openEmbeddedClient(path)]);
    }
    this.readBreaker = breaker('clickhouse-read');
    this.writeBreaker = breaker('clickhouse-write');
  }

  get breakers(): Record<string, 'closed' | 'half-open' | 'open'> {
    const state = (one: CircuitBreaker<[Call], unknown>) =>
      one.opened ? 'open' : one.halfOpen ? 'half-open' : 'closed';
    return { 'clickhouse-read': state(this.readBreaker), 'clickhouse-write': state(this.writeBreaker) };
  }

  /**
   * All rows of a query.
   * @throws AppError DEADLINE_EXCEEDED when it takes too long, UNAVAILABLE when ClickHouse is away
   */
  async query<P extends Record<string, unknown>, Row>(
    query: Query<P, Row>,
    params: P,
    options: CallOptions = {},
  ): Promise<Row[]> {
    const rows = await this.guarded(this.readBreaker, query.name, () =>
      this.reads.run(
        (client) =>
          this.within(options, async (abort) => {
            const result = await client.query({
              query: query.sql,
              query_params: params,
              format: 'JSONEachRow',
              ...abort,
              clickhouse_settings: this.settings(options),
            });
            return result.json();
          }),
        options.signal,
      ),
    );
    // The shape of a row is what the query's author wrote beside its SQL.
    return rows as Row[];
  }

  /** The answer of a query as text in a ClickHouse format. */
  async text<P extends Record<string, unknown>>(
    query: Query<P, unknown>,
    params: P,
    format: 'CSVWithNames' | 'JSONCompactColumns',
    options: CallOptions = {},
  ): Promise<string> {
    const text = await this.guarded(this.readBreaker, query.name, () =>
      this.reads.run(
        (client) =>
          this.within(options, async (abort) => {
            const result = await client.exec({
              query: `${query.sql}\nFORMAT ${format}`,
              query_params: params,
              ...abort,
              clickhouse_settings: this.settings(options),
            });
            const chunks: Buffer[] = [];
            for await (const chunk of result.stream) chunks.push(Buffer.from(chunk as Uint8Array));
            return Buffer.concat(chunks).toString('utf8');
          }),
        options.signal,
      ),
    );
    return text as string;
  }

  /** Inserts rows as arrays in the order of `columns`. The token makes a repeated insert of the same rows harmless. */
  async insert(table: string, columns: [string, ...string[]], rows: unknown[][], token: string): Promise<void> {
    if (rows.length === 0) return;
    await this.guarded(this.writeBreaker, `insert:${table}`, () =>
      this.writes.run((client) =>
        this.within({ timeoutMs: INSERT_TIMEOUT_MS }, (abort) =>
          client.insert({
            table,
            columns,
            values: rows,
            format: 'JSONCompactEachRow',
            ...abort,
            clickhouse_settings: {
              max_execution_time: INSERT_TIMEOUT_MS / 1000,
              // A catalogue of decades goes into one partition a month; a cap on parts an insert would refuse it.
              max_partitions_per_insert_block: '0',
              insert_deduplication_token: token,
              deduplicate_blocks_in_dependent_materialized_views: 1,
              date_time_input_format: 'best_effort',
            },
          }),
        ),
      ),
    );
  }

  /** A statement without an answer: DDL, mutations. */
  async command(name: string, sql: string, params: Record<string, unknown> = {}, timeoutMs = 120_000): Promise<void> {
    await this.guarded(this.writeBreaker, name, () =>
      this.writes.run((client) =>
        this.within({ timeoutMs }, (abort) =>
          client.command({
            query: sql,
            query_params: params,
            ...abort,
            // Every setting that another call on this connection sets is set here too: the engine keeps them.
            clickhouse_settings: { max_execution_time: timeoutMs / 1000, insert_deduplication_token: '' },
          }),
        ),
      ),
    );
  }

  /** Milliseconds a trivial query took. It goes past the breaker, for it is how one learns that the server is back. */
  async ping(): Promise<number> {
    const start = performance.now();
    await this.reads.run((client) =>
      this.within({ timeoutMs: PING_TIMEOUT_MS }, async (abort) => {
        const result = await client.ping({ select: false, ...abort });
        if (!result.success) throw result.error;
      }),
    );
    return performance.now() - start;
  }

  async onApplicationShutdown(): Promise<void> {
    this.readBreaker.shutdown();
    this.writeBreaker.shutdown();
    await Promise.all([this.reads.close(), this.writes.close()]);
  }

  private settings(options: CallOptions): ClickHouseSettings {
    return { ...QUERY_SETTINGS, ...options.settings, max_execution_time: (options.timeoutMs ?? this.timeoutMs) / 1000 };
  }

  /** Gives the call up when the server has had its time and more: a frozen one would hold its lane for minutes. */
  private async within<T>(
    { timeoutMs = this.timeoutMs, signal }: CallOptions,
    call: (abort: { abort_signal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    if (!this.remote) return call(signal ? { abort_signal: signal } : {});
    const over = AbortSignal.timeout(timeoutMs + GRACE_MS);
    try {
      return await call({ abort_signal: signal ? AbortSignal.any([signal, over]) : over });
    } catch (error) {
      if (!over.aborted) throw error;
      throw new AppError('UNAVAILABLE', 'The event store does not answer', { cause: error });
    }
  }

  private async guarded(by: CircuitBreaker<[Call], unknown>, name: string, call: Call): Promise<unknown> {
    try {
      return await by.fire(call);
    } catch (error) {
      throw error instanceof AppError ? error : classify(error, name);
    }
  }
}

/** Only what says that the server is away or drowning counts as a failure; a wrong query does not open it. */
function breaker(name: string): CircuitBreaker<[Call], unknown> {
  return new CircuitBreaker((call: Call) => call(), {
    name,
    // Each call carries its own deadline; a shared one would abort them all.
    timeout: false,
    errorThresholdPercentage: 50,
    volumeThreshold: 10,
    resetTimeout: 5_000,
    errorFilter: (error: unknown) => !(classify(error, name).code === 'UNAVAILABLE'),
  });
}
