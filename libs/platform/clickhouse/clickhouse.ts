import { setTimeout as delay } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient, type ClickHouseSettings } from '@clickhouse/client';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import CircuitBreaker from 'opossum';
import type { ConfigOf } from '../config/define-config.js';
import type { Stores } from '../embedded/stores.js';
import { STORES } from '../embedded/stores.token.js';
import { AppError } from '../http/app-error.js';
import { requestContext } from '../http/request-context.js';
import { clickhouseConfig } from './clickhouse.config.js';
import { classify } from './clickhouse-errors.js';
import { paramStatement } from './embedded-params.js';
import { openEmbeddedClient } from './embedded-client.js';
import { watchLanes } from './lane-metrics.js';
import { Lanes } from './lanes.js';
import { type ReadCall, Reads, withinTime } from './reads.js';

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

export interface InsertOptions {
  /** By which `endInsert` finds it on the server. */
  queryId?: string;
  /** Gives it up. A server may go on with it all the same. */
  signal?: AbortSignal | undefined;
}

type Call = () => Promise<unknown>;

const INSERT_TIMEOUT_MS = 120_000;
const COMMAND_TIMEOUT_MS = 120_000;
const WRITE_CONNECTIONS = 4;
const SIGN_TIMEOUT_MS = 750;
const PING_TIMEOUT_MS = 5_000;
/** How long an insert that was told to stop is waited for. */
const ENDING_MS = 20_000;
const ENDING_LOOK_MS = 100;

const queriesOfId = defineQuery<{ id: string }, { one: number }>(
  'processes.of-query',
  `SELECT 1 AS one FROM system.processes WHERE query_id = {id:String}`,
);

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
  private readonly readLanes: Lanes;
  private readonly reads: Reads;
  private readonly writes: Lanes;
  /** For what must not wait behind a long query: that somebody stops one. */
  private readonly control: Lanes;
  private readonly unwatch: () => void;
  private readonly readBreaker: CircuitBreaker<[Call], unknown>;
  private readonly writeBreaker: CircuitBreaker<[Call], unknown>;
  private readonly timeoutMs: number;
  /** Over a wire. The embedded engine stops by itself, and one that is given up blocks its connection all the same. */
  readonly remote: boolean;
  /** Past the lines, where those may be full of calls that nobody answers. */
  private readonly sign: () => Promise<unknown>;

  constructor(
    @Inject(STORES) stores: Pick<Stores, 'clickhouse'>,
    @Inject(clickhouseConfig.token) config: ConfigOf<typeof clickhouseConfig>,
  ) {
    this.timeoutMs = config.CLICKHOUSE_QUERY_TIMEOUT_MS;
    this.remote = 'url' in stores.clickhouse;
    if ('url' in stores.clickhouse) {
      const client = createClient({
        url: stores.clickhouse.url,
        // One beyond those of the lines: for a sign of life while all of them wait.
        max_open_connections: config.CLICKHOUSE_READ_CONNECTIONS + WRITE_CONNECTIONS + 1,
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
      this.readLanes = new Lanes([client], config.CLICKHOUSE_READ_CONNECTIONS);
      this.writes = new Lanes([client], WRITE_CONNECTIONS);
      this.control = this.writes;
      this.sign = async () => {
        const result = await client.ping({ select: false, abort_signal: AbortSignal.timeout(SIGN_TIMEOUT_MS) });
        if (!result.success) throw result.error;
      };
    } else {
      const path = stores.clickhouse.embeddedPath;
      this.readLanes = new Lanes(
        Array.from({ length: config.CLICKHOUSE_READ_CONNECTIONS }, () => openEmbeddedClient(path)),
      );
      this.writes = new Lanes([openEmbeddedClient(path)]);
      this.control = new Lanes([openEmbeddedClient(path)]);
      this.sign = () => Promise.resolve();
    }
    this.reads = new Reads(this.readLanes, config.CLICKHOUSE_READ_CONNECTIONS, this.remote, this.control);
    this.unwatch = watchLanes([
      { line: 'read', of: this.reads },
      { line: 'write', of: this.writes },
    ]);
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
    const rows = await this.read(query.name, query.sql, params, options, async (call) => {
      const result = await call.client.query({
        query: call.sql,
        ...(call.params ? { query_params: call.params } : {}),
        format: 'JSONEachRow',
        ...call.abort,
        clickhouse_settings: settingsOf(options, call),
      });
      return result.json();
    });
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
    const sql = `${query.sql}\nFORMAT ${format}`;
    const text = await this.read(query.name, sql, params, options, async (call) => {
      const result = await call.client.exec({
        query: call.sql,
        ...(call.params ? { query_params: call.params } : {}),
        ...call.abort,
        clickhouse_settings: settingsOf(options, call),
      });
      const chunks: Buffer[] = [];
      for await (const chunk of result.stream) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString('utf8');
    });
    return text as string;
  }

  /**
   * Inserts rows as arrays in the order of `columns`, in one block. Of two with the same token the second adds nothing,
   * whatever its rows are.
   * @throws AppError UNAVAILABLE, STORAGE_FULL, INTERNAL where the rows are refused; the reason of the signal
   */
  async insert(
    table: string,
    columns: [string, ...string[]],
    rows: unknown[][],
    token: string,
    { queryId, signal }: InsertOptions = {},
  ): Promise<void> {
    if (rows.length === 0) return;
    const insert = (client: ClickHouseClient) =>
      this.within(INSERT_TIMEOUT_MS, signal, (abort) =>
        client.insert({
          table,
          columns,
          values: rows,
          format: 'JSONCompactEachRow',
          ...(queryId === undefined ? {} : { query_id: queryId }),
          ...abort,
          clickhouse_settings: {
            max_execution_time: INSERT_TIMEOUT_MS / 1000,
            // A catalogue of decades goes into one partition a month; a cap on parts an insert would refuse it.
            max_partitions_per_insert_block: '0',
            // Beyond so many bytes a server begins a second block; a token names one alone.
            min_insert_block_size_bytes: '0',
            // What a server collects for later it writes under names of its own.
            async_insert: 0,
            insert_deduplication_token: token,
            deduplicate_blocks_in_dependent_materialized_views: 1,
            date_time_input_format: 'best_effort',
          },
        }),
      );
    await this.guarded(this.writeBreaker, `insert:${table}`, () => this.writes.run(insert, signal), [signal]);
  }

  /**
   * Stops the insert of this id where it still runs, and returns when it does not.
   * @throws AppError UNAVAILABLE where it cannot be stopped
   */
  async endInsert(queryId: string, signal?: AbortSignal): Promise<void> {
    // One of the embedded engine ended with the process that began it.
    if (!this.remote) return;
    const deadline = Date.now() + ENDING_MS;
    while ((await this.query(queriesOfId, { id: queryId }, signal ? { signal } : {})).length > 0) {
      if (Date.now() > deadline) throw new AppError('UNAVAILABLE', 'The event store is still busy with an old insert');
      await this.command('insert.kill', `KILL QUERY WHERE query_id = {id:String} ASYNC`, { id: queryId }, { signal });
      await delay(ENDING_LOOK_MS);
    }
  }

  /** Whether it gives a sign of life at once, whatever waits in the lines; the embedded engine always does. */
  async answers(): Promise<boolean> {
    return this.sign().then(
      () => true,
      () => false,
    );
  }

  /** A statement without an answer: DDL, mutations. */
  async command(
    name: string,
    sql: string,
    params: Record<string, unknown> = {},
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const command = (client: ClickHouseClient) =>
      this.within(COMMAND_TIMEOUT_MS, signal, (abort) =>
        client.command({
          ...(this.remote ? { query: sql, query_params: params } : { query: paramStatement(params) + sql }),
          ...abort,
          // Every setting that another call on this connection sets is set here too: the engine keeps them.
          clickhouse_settings: { max_execution_time: COMMAND_TIMEOUT_MS / 1000, insert_deduplication_token: '' },
        }),
      );
    await this.guarded(this.writeBreaker, name, () => this.writes.run(command, signal), [signal]);
  }

  /** Milliseconds a trivial query took. It goes past the breaker, for it is how one learns that the server is back. */
  async ping(): Promise<number> {
    const start = performance.now();
    await this.readLanes.run((client) =>
      this.within(PING_TIMEOUT_MS, undefined, async (abort) => {
        const result = await client.ping({ select: false, ...abort });
        if (!result.success) throw result.error;
      }),
    );
    return performance.now() - start;
  }

  async onApplicationShutdown(): Promise<void> {
    this.readBreaker.shutdown();
    this.writeBreaker.shutdown();
    this.unwatch();
    const lanes = new Set([this.readLanes, this.writes, this.control]);
    await Promise.all([...lanes].map((one) => one.close()));
  }

  private read(
    name: string,
    sql: string,
    params: Record<string, unknown>,
    { timeoutMs = this.timeoutMs, signal }: CallOptions,
    call: (call: ReadCall) => Promise<unknown>,
  ): Promise<unknown> {
    const signals = [signal, requestContext()?.signal];
    return this.guarded(
      this.readBreaker,
      name,
      () => this.reads.run(sql, params, { timeoutMs, signal }, call),
      signals,
    );
  }

  /** Gives the call up when the server has had its time and more; the embedded engine stops by itself. */
  private within<T>(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    call: (abort: { abort_signal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    return this.remote ? withinTime(timeoutMs, signal, call) : call({});
  }

  private async guarded(
    by: CircuitBreaker<[Call], unknown>,
    name: string,
    call: Call,
    signals: readonly (AbortSignal | undefined)[] = [],
  ): Promise<unknown> {
    try {
      return await by.fire(call);
    } catch (error) {
      if (error instanceof AppError) throw error;
      // Whoever ended it said why.
      for (const signal of signals) if (signal?.aborted && signal.reason instanceof Error) throw signal.reason;
      throw classify(error, name);
    }
  }
}

function settingsOf({ settings }: CallOptions, { maxExecutionTime }: ReadCall): ClickHouseSettings {
  return { ...QUERY_SETTINGS, ...settings, max_execution_time: maxExecutionTime };
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
