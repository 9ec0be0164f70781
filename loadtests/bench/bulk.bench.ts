/**
 * Events in bulk over HTTP, beside ClickHouse's own `INSERT … FORMAT JSONEachRow` of the same rows: the same client, the same
 * tables and views, a fresh directory each. The server judges every row, computes its cell and looks its id up; the
 * insert is given the finished rows. It is tried as one statement and in the server's batches, and the faster counts.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AnyBench, Bench } from './bench.js';
import type { Inserted } from './load/insert.ts';
import { type BenchServer, startServer, temporaryDataDir } from './server.ts';
import { call, cityEvents, ndjson, RESOLUTION, storedRow } from './world.ts';

const ROWS = 300_000;
const FEW = 100_000;
const MANY = 1_000_000;
const BATCH = 20_000;
const NAMESPACE = 'bulk';
const run = promisify(execFile);

interface Files {
  readonly remove: () => Promise<void>;
  readonly path: string;
  /** As clients send them, and as the table holds them. */
  readonly events: string;
  readonly stored: string;
}

/** Rows as they come from the world: the last half year or so, in no order. */
async function write(file: string, rows: Iterable<object>): Promise<void> {
  await pipeline(ndjson(rows), createWriteStream(file));
}

function* mapped<T, U>(of: Iterable<T>, map: (one: T) => U): Generator<U> {
  for (const one of of) yield map(one);
}

/** Starts a platform on a fresh directory, with a namespace for the rows. */
async function fresh(): Promise<{ server: BenchServer; end: () => Promise<void> }> {
  const dir = await temporaryDataDir();
  const server = await startServer(dir.path, {}, join(dir.path, 'requests.log'));
  await call(server, NAMESPACE, '/namespaces', { namespace_id: NAMESPACE, h3_resolution: RESOLUTION });
  return {
    server,
    end: async () => {
      await server.stop();
      await dir.remove();
    },
  };
}

/** Sends a file and returns the seconds until all of it was durable. */
async function send(server: BenchServer, file: string, rows: number): Promise<number> {
  const start = performance.now();
  const sent = request(`${server.url}/api/v1/events/bulk`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${server.token}`,
      'x-namespace': NAMESPACE,
      'content-type': 'application/x-ndjson',
    },
  });
  const [[response]] = (await Promise.all([once(sent, 'response'), pipeline(createReadStream(file), sent)])) as [
    [import('node:http').IncomingMessage],
    void,
  ];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const seconds = (performance.now() - start) / 1000;
  const answer = JSON.parse(Buffer.concat(chunks).toString()) as { accepted?: number };
  if (answer.accepted !== rows) throw new Error(`${response.statusCode}: ${JSON.stringify(answer).slice(0, 500)}`);
  return seconds;
}

/** ClickHouse's own insert in a process of its own. */
async function insert(file: string, batch: number): Promise<Inserted> {
  const dir = await temporaryDataDir();
  try {
    const program = fileURLToPath(new URL('./load/insert.ts', import.meta.url));
    const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
    const path = join(dir.path, 'clickhouse');
    await mkdir(path);
    const { stdout } = await run(process.execPath, [program, path, file, String(batch)], { env });
    const inserted = JSON.parse(stdout) as Inserted;
    if (inserted.rows !== ROWS) throw new Error(`${inserted.rows} of ${ROWS} rows were inserted`);
    return inserted;
  } finally {
    await dir.remove();
  }
}

const bulk: Bench<Files> = {
  description: `POST /events/bulk of ${ROWS.toLocaleString('en')} NDJSON rows beside ClickHouse's own INSERT … FORMAT JSONEachRow`,
  runs: 3,
  bars: [{ figure: 'ratio', atLeast: 0.5 }],
  prepare: async () => {
    const { path, remove } = await temporaryDataDir();
    const files = { path, remove, events: join(path, 'events.ndjson'), stored: join(path, 'stored.ndjson') };
    const now = Date.now();
    await write(files.events, cityEvents(ROWS, now));
    await write(
      files.stored,
      mapped(cityEvents(ROWS, now), (event) => storedRow(NAMESPACE, event)),
    );
    return files;
  },
  measure: async ({ events, stored }) => {
    const whole = await insert(stored, ROWS);
    const { server, end } = await fresh();
    let seconds: number;
    let cpu: number;
    try {
      const before = await server.cpuSeconds();
      seconds = await send(server, events, ROWS);
      cpu = (await server.cpuSeconds()) - before;
    } finally {
      await end();
    }
    const batches = await insert(stored, BATCH);
    const fastest = ROWS / Math.min(whole.seconds, batches.seconds);
    return {
      'bulk, rows/s': ROWS / seconds,
      'INSERT of all, rows/s': ROWS / whole.seconds,
      [`INSERTs of ${BATCH}, rows/s`]: ROWS / batches.seconds,
      ratio: ROWS / seconds / fastest,
      'bulk, CPU us/row': (cpu * 1e6) / ROWS,
      'INSERT, CPU us/row': (Math.min(whole.cpuSeconds, batches.cpuSeconds) * 1e6) / ROWS,
    };
  },
  finish: ({ remove }) => remove(),
};

/** The peak of the server's memory while a file of so many rows comes in, above what it was before, megabytes. */
async function growth(file: string, rows: number): Promise<{ growth: number; peak: number; seconds: number }> {
  const { server, end } = await fresh();
  try {
    const before = await server.resident();
    let peak = before;
    const timer = setInterval(() => void server.resident().then((now) => (peak = Math.max(peak, now))), 50);
    const seconds = await send(server, file, rows);
    clearInterval(timer);
    return { growth: (peak - before) / 1e6, peak: peak / 1e6, seconds };
  } finally {
    await end();
  }
}

const bulkMemory: Bench<{ few: string; many: string; remove: () => Promise<void> }> = {
  description: `resident memory while ${FEW.toLocaleString('en')} and ${MANY.toLocaleString('en')} rows come in by POST /events/bulk`,
  runs: 2,
  bars: [{ figure: 'peak of many / peak of few', atMost: 1.3 }],
  prepare: async () => {
    const { path, remove } = await temporaryDataDir();
    const [few, many] = [join(path, 'few.ndjson'), join(path, 'many.ndjson')];
    await write(few, cityEvents(FEW, Date.now()));
    await write(many, cityEvents(MANY, Date.now()));
    return { few, many, remove };
  },
  measure: async ({ few, many }) => {
    const small = await growth(few, FEW);
    const large = await growth(many, MANY);
    return {
      'peak of few, MB': small.peak,
      'peak of many, MB': large.peak,
      'growth with few, MB': small.growth,
      'growth with many, MB': large.growth,
      'peak of many / peak of few': large.peak / small.peak,
      'rows/s of many': MANY / large.seconds,
    };
  },
  finish: ({ remove }) => remove(),
};

export const benches: Record<string, AnyBench> = { 'bulk-ingest': bulk, 'bulk-memory': bulkMemory };
