import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { QueryContext } from './engine.js';
import { ClickHouseFailure } from './errors.js';

/** URL parameters that are no settings (src/Server/HTTPHandler.cpp); the database is handled by the connection. */
const RESERVED = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'role',
  'quota_key',
  'stacktrace',
  'compress',
  'decompress',
  'buffer_size',
  'wait_end_of_query',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'client_protocol_version',
]);

/** `http_max_field_value_size`: a server holds to its default for URL and form alike, whatever the request sets. */
const MAX_FIELD_VALUE = 131_072;

/** A request for a query, its body not yet read. */
export interface QueryRequest {
  /** The `query` parameter; the body follows it. */
  readonly query: string;
  readonly queryId: string | undefined;
  readonly defaultFormat: string;
  readonly waitEndOfQuery: boolean;
  readonly context: QueryContext;
  /** The body, decompressed; for multipart forms the rest of the query is in `query` and this is undefined. */
  readonly body: Readable | undefined;
}

/** Reads address, headers and (of a multipart form) body. Throws ClickHouseFailure for what cannot be served. */
export async function readRequest(message: IncomingMessage): Promise<QueryRequest> {
  const values = new URL(message.url ?? '/', 'http://localhost').searchParams;
  let body: Readable | undefined = decompressed(message);
  if (message.headers['content-type']?.startsWith('multipart/form-data') === true) {
    for (const [name, value] of await formFields(message, body)) values.append(name, value);
    body = undefined;
  }
  for (const value of values.values()) {
    if (value.length > MAX_FIELD_VALUE) {
      throw new ClickHouseFailure(1000, 'POCO_EXCEPTION', 'HTML Form Exception: Field value too long');
    }
  }
  if (values.has('session_id')) {
    throw new ClickHouseFailure(48, 'NOT_IMPLEMENTED', 'Sessions are not kept by this test server');
  }
  if (values.get('compress') === '1' || values.get('decompress') === '1') {
    throw new ClickHouseFailure(
      48,
      'NOT_IMPLEMENTED',
      "ClickHouse's own compression is not spoken by this test server",
    );
  }
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of values) {
    if (name.startsWith('param_')) params.set(name.slice('param_'.length), value);
    else if (!RESERVED.has(name)) settings.set(name, value);
  }
  return {
    query: values.getAll('query').join(''),
    queryId: values.get('query_id') ?? undefined,
    defaultFormat: values.get('default_format') ?? header(message, 'x-clickhouse-format') ?? 'TabSeparated',
    waitEndOfQuery: values.get('wait_end_of_query') === '1',
    context: {
      database: values.get('database') ?? header(message, 'x-clickhouse-database'),
      settings,
      params,
    },
    body,
  };
}

function header(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function decompressed(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding'];
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : encoding === 'br'
          ? createBrotliDecompress()
          : encoding === 'zstd'
            ? createZstdDecompress()
            : undefined;
  if (decoder !== undefined) {
    message.once('error', (error) => decoder.destroy(error));
    return message.pipe(decoder);
  }
  if (encoding === undefined || encoding === 'identity') return message;
  throw new ClickHouseFailure(48, 'NOT_IMPLEMENTED', `Unknown compression method: ${encoding}`);
}

/** The fields of a multipart form, in which the client sends parameters that are too long for a URL. */
async function formFields(message: IncomingMessage, body: Readable): Promise<Array<[string, string]>> {
  const boundary = /boundary="?([^";]+)"?/.exec(message.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw new ClickHouseFailure(36, 'BAD_ARGUMENTS', 'A multipart form without boundary');
  // latin1 keeps every byte, so that a value is cut out as it was sent.
  const parts = `\r\n${(await readAll(body)).toString('latin1')}`.split(`\r\n--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const headEnd = part.indexOf('\r\n\r\n');
    const head = part.slice(0, headEnd);
    const name = /\bname="([^"]*)"/.exec(head)?.[1];
    if (headEnd < 0 || name === undefined || /\bfilename=/.test(head)) {
      throw new ClickHouseFailure(48, 'NOT_IMPLEMENTED', 'External tables are not taken by this test server');
    }
    return [name, Buffer.from(part.slice(headEnd + 4), 'latin1').toString('utf8')];
  });
}

/** A body at once. */
export async function readAll(body: Readable): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
