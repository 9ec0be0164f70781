/**
 * ClickHouse's HTTP interface in front of chDB, for tests: the real client talks to a real engine over a real wire, in a
 * process that can be killed and frozen. Run by Node as it stands (no decorators, no enums):
 *
 *     node --import ./libs/testing/bin/ts-resolve.mjs libs/testing/clickhouse-http/main.ts --path DIR [--port N]
 *
 * Prints `listening on PORT` when it takes requests; SIGTERM ends it in order. Not served: sessions, external tables,
 * ClickHouse's own compression of bodies, progress headers, users and rights (every name and password is let in).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { Engine } from './engine.js';
import { FaultPlan, type Faults } from './faults.js';
import { handleQuery } from './handler.js';
import { readAll } from './request.js';

const { values } = parseArgs({
  options: {
    path: { type: 'string' },
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});
if (values.path === undefined) throw new Error('--path DIR is missing');

const engine = new Engine(values.path);
const faults = new FaultPlan();
let running = 0;
let ending = false;

async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://localhost');
  if (
    pathname === '/ping' ||
    pathname === '/replicas_status' ||
    (message.method === 'GET' && searchParams.size === 0)
  ) {
    response.writeHead(200, { 'content-type': 'text/html; charset=UTF-8' }).end('Ok.\n');
    return;
  }
  if (pathname === '/-/faults') {
    faults.set(JSON.parse((await readAll(message)).toString('utf8')) as Faults);
    response.writeHead(204).end();
    return;
  }
  if (pathname !== '/') {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`There is no handle ${pathname}\n`);
    return;
  }
  await handleQuery(engine, faults, message, response);
}

// http_max_uri_size of the real server is 1 MiB; Node's own limit would be 16 KiB.
const server = createServer({ maxHeaderSize: 1024 * 1024 }, (message, response) => {
  running += 1;
  handle(message, response)
    // A client that went away while its answer was written is its own business.
    .catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))))
    .finally(() => {
      running -= 1;
      endWhenIdle();
    });
});
// The real server's default (keep_alive_timeout) is 30 s; the client gives its sockets up earlier.
server.keepAliveTimeout = 30_000;
// An insert may take as long as its client needs.
server.requestTimeout = 0;

function endWhenIdle(): void {
  if (!ending || running > 0) return;
  engine.close();
  process.exit(0);
}

process.once('SIGTERM', () => {
  ending = true;
  server.close();
  server.closeIdleConnections();
  endWhenIdle();
});

server.listen(Number(values.port), values.host, () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : values.port;
  process.stdout.write(`listening on ${port}\n`);
});
