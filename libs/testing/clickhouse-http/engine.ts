import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One result of the engine, complete. */
export interface EngineResult {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

/** What an insert wrote, rows of materialized views included (as ClickHouse's own summary counts them). */
export interface EngineInsert {
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

/**
 * chDB's native functions. Its JavaScript session is not used: it refuses formats other than text on insert, formats
 * query parameters again, and delays closing a connection until every other query of the process has ended.
 */
interface NativeChdb {
  CreateConnection(path: string, args?: readonly string[]): object;
  CloseConnection(connection: object): void;
  QueryAsyncConnection(connection: object, sql: string, format: string): Promise<EngineResult>;
  InsertRawAsyncConnection(
    connection: object,
    prefix: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<EngineInsert>;
  StreamQuery(connection: object, sql: string, format: string): object;
  StreamFetch(stream: object): Promise<{ bytes: Uint8Array; numRows: number; done: boolean }>;
  StreamCancel(stream: object): void;
}

function loadNative(): NativeChdb {
  const require = createRequire(import.meta.url);
  // The package does not export its loader; a path, unlike a package name, is not checked against its exports.
  const loader = require(join(dirname(require.resolve('chdb/package.json')), 'dist', 'loader.js')) as {
    loadNative(): NativeChdb;
  };
  return loader.loadNative();
}

/** What a query brings along in its URL; all of it ends with the connection. */
export interface QueryContext {
  readonly database: string | undefined;
  readonly settings: ReadonlyMap<string, string>;
  /** Query parameters, in ClickHouse's escaped form as they came in the URL. */
  readonly params: ReadonlyMap<string, string>;
}

/** The ClickHouse engine over one data directory; one per process. */
export class Engine {
  readonly #native = loadNative();
  readonly #path: string;
  /** Holds the engine up: it shuts down with its last connection. */
  readonly #keeper: object;
  #version = '';

  /** Opens or creates the directory. Throws when another process holds it. */
  constructor(path: string) {
    this.#path = path;
    this.#keeper = this.#native.CreateConnection(path);
  }

  /** The engine's version, `26.7.2.1` for instance. */
  async version(): Promise<string> {
    if (this.#version === '') {
      const { bytes } = await this.#native.QueryAsyncConnection(this.#keeper, 'SELECT version()', 'TabSeparatedRaw');
      this.#version = Buffer.from(bytes).toString('utf8').trim();
    }
    return this.#version;
  }

  /**
   * A connection with the context applied. One per request (0.2 ms): settings, parameters and current database are
   * the connection's, so a shared one would carry them into the next request.
   */
  async connect(context: QueryContext): Promise<EngineConnection> {
    const connection = new EngineConnection(this.#native, this.#native.CreateConnection(this.#path));
    try {
      await connection.apply(context);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** To be called when no query runs any more. */
  close(): void {
    this.#native.CloseConnection(this.#keeper);
  }
}

/** A connection runs one query at a time, side by side with other connections. */
export class EngineConnection {
  readonly #native: NativeChdb;
  readonly #connection: object;

  constructor(native: NativeChdb, connection: object) {
    this.#native = native;
    this.#connection = connection;
  }

  async apply({ database, settings, params }: QueryContext): Promise<void> {
    const assignments = [
      ...[...settings].map(([name, value]) => `${identifier(name)} = ${quoted(value)}`),
      // SET and not chDB's own binding: that is not kept apart between connections, and its wrapper
      // therefore lets one parameterised query of the whole process run at a time.
      ...[...params].map(([name, value]) => `${identifier(`param_${name}`)} = ${quoted(value)}`),
    ];
    if (assignments.length > 0) await this.query(`SET ${assignments.join(', ')}`, 'Null');
    if (database !== undefined) await this.query(`USE \`${database.replace(/[`\\]/g, '\\$&')}\``, 'Null');
  }

  /** Runs one statement to its end and returns all of its output. Throws the engine's error as `Error`. */
  async query(sql: string, format: string): Promise<EngineResult> {
    return this.#native.QueryAsyncConnection(this.#connection, sql, format);
  }

  /** `INSERT … FORMAT x` with its data as bytes, in any input format. */
  async insert(statement: string, data: Uint8Array): Promise<EngineInsert> {
    return this.#native.InsertRawAsyncConnection(this.#connection, statement, data, false);
  }

  /**
   * The output of one SELECT piece by piece. Each piece is formatted on its own, so the format must be one of rows
   * without frame or header; planning happens on the caller's thread, so the statement must have no subquery that
   * would be computed then.
   */
  async *stream(sql: string, format: string): AsyncGenerator<Uint8Array, void, void> {
    const stream = this.#native.StreamQuery(this.#connection, sql, format);
    let failed = false;
    try {
      for (;;) {
        const piece = await this.#native.StreamFetch(stream);
        if (piece.done) return;
        yield piece.bytes;
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      if (!failed) this.#native.StreamCancel(stream);
    }
  }

  /** To be called when its query has ended: the engine does not survive losing a connection under a query. */
  close(): void {
    this.#native.CloseConnection(this.#connection);
  }
}

function identifier(name: string): string {
  // What reaches this is a URL parameter: anything else in a name would be SQL.
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new Error(`Code: 115. DB::Exception: Unknown setting '${name}'. (UNKNOWN_SETTING)`);
  }
  return name;
}

function quoted(value: string): string {
  return `'${value.replace(/['\\]/g, '\\$&')}'`;
}
