import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import { type Engine, type EngineConnection, type QueryContext } from './engine.js';
import { ClickHouseFailure, errorBody, errorCode, httpStatus } from './errors.js';
import type { FaultPlan } from './faults.js';
import { pieces } from './insert-data.js';
import { type QueryRequest, readAll, readRequest } from './request.js';
import { inspect, mark, MARK_SETTING, rewriteKill, rewriteProcesses, type Statement } from './statement.js';

/** Formats of rows without frame or header: their output may be sent piece by piece. */
const STREAMABLE =
  /^(JSONEachRow|JSONCompactEachRow|JSONStringsEachRow|TSV|TabSeparated|TabSeparatedRaw|CSV|RowBinary)$/i;

const CONTENT_TYPES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^JSON\w*EachRow(WithProgress)?$/i, 'application/x-ndjson; charset=UTF-8'],
  [/^(JSON|GeoJSON)/i, 'application/json; charset=UTF-8'],
  [/^(TSV|TabSeparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8'],
  [/^(RowBinary|Native|Parquet|Arrow)/i, 'application/octet-stream'],
];

/** Counters of a query, as `X-ClickHouse-Summary` names them. */
interface Summary {
  readRows: number;
  readBytes: number;
  writtenRows: number;
  writtenBytes: number;
}

/** Answers one request for a query: parse, run on a connection of its own, write the result or the exception. */
export async function handleQuery(
  engine: Engine,
  faults: FaultPlan,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = process.hrtime.bigint();
  let queryId: string = randomUUID();
  try {
    const request = await readRequest(message);
    queryId = request.queryId ?? queryId;
    response.setHeader('X-ClickHouse-Query-Id', queryId);
    response.setHeader('X-ClickHouse-Timezone', 'UTC');
    response.setHeader('X-ClickHouse-Server-Display-Name', 'chdb');
    await faults.beforeQuery();

    // An INSERT named in the URL takes the body as data; in every other case the body is the rest of the query.
    const named = inspect(request.query);
    const insertsBody = named.kind === 'insert' && !named.insertsFromQuery && request.body !== undefined;
    const rest = insertsBody || request.body === undefined ? '' : (await readAll(request.body)).toString('utf8');
    const sql = request.query === '' ? rest : rest === '' ? request.query : `${request.query}\n${rest}`;
    if (sql.trim() === '') throw new ClickHouseFailure(62, 'SYNTAX_ERROR', 'Empty query');
    const statement = insertsBody ? named : inspect(sql);
    refuse(statement, message.method);

    if (insertsBody) {
      const summary = await insert(engine, request, statement, queryId);
      finish(response, faults, started, summary);
      return;
    }
    const settings = new Map(request.context.settings).set(MARK_SETTING, mark(queryId));
    const connection = await engine.connect({ ...request.context, settings });
    const stopWatching = cancelOnClose(engine, request.context, queryId, statement, response);
    try {
      await run(connection, { sql, statement, request, started }, faults, message, response);
    } finally {
      stopWatching();
      connection.close();
    }
  } catch (error) {
    await fail(engine, response, error);
  }
}

function refuse(statement: Statement, method: string | undefined): void {
  if (statement.kind !== 'insert' && statement.isMulti) {
    // The embedded engine would run them one after the other.
    throw new ClickHouseFailure(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)');
  }
  if (method === 'GET' && statement.kind !== 'read') {
    throw new ClickHouseFailure(
      164,
      'READONLY',
      'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. ' +
        'You should use method POST for modifying queries.',
    );
  }
}

/** Inserts the body; each piece has the token `token`, `token-1`, …, so that a repeated insert repeats the tokens. */
async function insert(engine: Engine, request: QueryRequest, statement: Statement, queryId: string): Promise<Summary> {
  const summary: Summary = { readRows: 0, readBytes: 0, writtenRows: 0, writtenBytes: 0 };
  // The engine puts a line break between statement and data; binary data must not meet a second one.
  const sql = request.query.trimEnd().replace(/;$/, '');
  const token = request.context.settings.get('insert_deduplication_token');
  let piece = 0;
  for await (const data of pieces(request.body ?? Readable.from([]), statement.format)) {
    if (isBlank(data, statement.format)) continue;
    const settings = new Map(request.context.settings).set(MARK_SETTING, mark(queryId));
    if (token !== undefined && piece > 0) settings.set('insert_deduplication_token', `${token}-${piece}`);
    piece += 1;
    const connection = await engine.connect({ ...request.context, settings });
    try {
      const written = await connection.insert(sql, data);
      summary.writtenRows += written.rowsWritten;
      summary.writtenBytes += written.bytesWritten;
      summary.readRows += written.rowsWritten;
      summary.readBytes += data.length;
    } finally {
      connection.close();
    }
  }
  return summary;
}

/** A body of nothing but white space has no rows; the embedded engine fails on it. In binary formats it is data. */
function isBlank(data: Uint8Array, format: string | undefined): boolean {
  if (/binary|native|parquet|arrow|avro|proto|msgpack|orc|bson/i.test(format ?? '')) return false;
  return data.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

interface Run {
  readonly sql: string;
  readonly statement: Statement;
  readonly request: QueryRequest;
  readonly started: bigint;
}

async function run(
  connection: EngineConnection,
  { sql, statement, request, started }: Run,
  faults: FaultPlan,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const rewritten = statement.kind === 'kill' ? rewriteKill(sql) : rewriteProcesses(sql);
  const text = rewritten.trimEnd().replace(/;$/, '');
  const format = statement.format ?? request.defaultFormat;
  if (statement.kind === 'read') {
    response.setHeader('X-ClickHouse-Format', format);
    response.setHeader('Content-Type', CONTENT_TYPES.find(([names]) => names.test(format))?.[1] ?? 'text/plain');
  }
  const encoder = compressor(request.context, message, response);
  if (statement.kind === 'read' && STREAMABLE.test(format) && !statement.hasSubquery && !request.waitEndOfQuery) {
    await stream(connection.stream(text, format), encoder, faults, response);
    return;
  }
  const result = await connection.query(text, format);
  const summary = { readRows: result.rowsRead, readBytes: result.bytesRead, writtenRows: 0, writtenBytes: 0 };
  finish(response, faults, started, summary, result.bytes, encoder);
}

/** Sends pieces as the engine makes them. An exception before the first is an error answer, later it ends the body. */
async function stream(
  source: AsyncGenerator<Uint8Array, void, void>,
  encoder: Transform | undefined,
  faults: FaultPlan,
  response: ServerResponse,
): Promise<void> {
  const first = await source.next();
  if (faults.dropsAnswer()) {
    await source.return();
    response.destroy();
    return;
  }
  const tag = randomBytes(8).toString('hex');
  response.setHeader('X-ClickHouse-Exception-Tag', tag);
  response.writeHead(200);
  async function* output(): AsyncGenerator<Uint8Array, void, void> {
    try {
      if (first.done !== true) yield first.value;
      yield* source;
    } catch (error) {
      yield Buffer.from(exceptionBlock(error, tag));
    }
  }
  if (encoder === undefined) await pipeline(output, response);
  else await pipeline(output, encoder, response);
}

/** How ClickHouse (from 25.11 on) tells of an exception when the status line has long been sent. */
function exceptionBlock(error: unknown, tag: string): string {
  const text = `${(error instanceof Error ? error.message : String(error)).trimEnd()}\n`;
  return `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
}

function finish(
  response: ServerResponse,
  faults: FaultPlan,
  started: bigint,
  summary: Summary,
  body: Uint8Array = new Uint8Array(0),
  encoder?: Transform,
): void {
  if (faults.dropsAnswer()) {
    response.destroy();
    return;
  }
  response.setHeader(
    'X-ClickHouse-Summary',
    JSON.stringify({
      read_rows: String(summary.readRows),
      read_bytes: String(summary.readBytes),
      written_rows: String(summary.writtenRows),
      written_bytes: String(summary.writtenBytes),
      total_rows_to_read: '0',
      result_rows: String(summary.writtenRows),
      result_bytes: String(body.length),
      elapsed_ns: String(process.hrtime.bigint() - started),
    }),
  );
  response.writeHead(200);
  if (encoder === undefined) {
    response.end(body);
    return;
  }
  encoder.pipe(response);
  encoder.end(body);
}

async function fail(engine: Engine, response: ServerResponse, error: unknown): Promise<void> {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const code = errorCode(error);
  const version = await engine.version();
  response.removeHeader('Content-Encoding');
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.setHeader('X-ClickHouse-Exception-Code', String(code));
  // What is left of the request's body would otherwise be taken for the next request.
  response.setHeader('Connection', 'close');
  response.writeHead(httpStatus(code));
  response.end(errorBody(error, version));
}

/** The response's compressor, where the query asks for one and the client takes one of ours. */
function compressor(context: QueryContext, message: IncomingMessage, response: ServerResponse): Transform | undefined {
  if (context.settings.get('enable_http_compression') !== '1') return undefined;
  const accepted = String(message.headers['accept-encoding'] ?? '');
  const encoders: Record<string, () => Transform> = {
    br: createBrotliCompress,
    gzip: createGzip,
    deflate: createDeflate,
    zstd: createZstdCompress,
  };
  const name = Object.keys(encoders).find((encoding) => new RegExp(`(^|[ ,])${encoding}\\b`).test(accepted));
  if (name === undefined) return undefined;
  response.setHeader('Content-Encoding', name);
  return encoders[name]?.();
}

/** `cancel_http_readonly_queries_on_client_close`: a SELECT whose client hangs up is killed; without it, it runs on. */
function cancelOnClose(
  engine: Engine,
  context: QueryContext,
  queryId: string,
  statement: Statement,
  response: ServerResponse,
): () => void {
  if (statement.kind !== 'read' || context.settings.get('cancel_http_readonly_queries_on_client_close') !== '1') {
    return () => undefined;
  }
  const onClose = (): void => {
    if (!response.writableFinished) void kill(engine, queryId);
  };
  response.once('close', onClose);
  return () => response.off('close', onClose);
}

async function kill(engine: Engine, queryId: string): Promise<void> {
  const connection = await engine.connect({ database: undefined, settings: new Map(), params: new Map() });
  try {
    await connection.query(rewriteKill(`KILL QUERY WHERE query_id = '${queryId.replace(/['\\]/g, '\\$&')}'`), 'Null');
  } catch (error) {
    process.stderr.write(`Query ${queryId} could not be killed: ${String(error)}\n`);
  } finally {
    connection.close();
  }
}
