import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Faults } from '../clickhouse-http/faults.js';
import { Child } from '../process/child.js';
import { freePort } from '../process/free-port.js';

/** A "ClickHouse server" of a test's own; see clickhouse-http/main.ts for what it is. */
export interface TestClickHouse {
  /** For `createClient({ url })`; it stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly pid: number;
  /** Ends it in order and deletes its files. */
  stop(): Promise<void>;
  /** `kill -9`; the files stay, `start` brings it back on the same port. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and files. */
  start(): Promise<void>;
  /** SIGSTOP: the port accepts, nothing answers. */
  freeze(): void;
  /** SIGCONT after `freeze`. */
  thaw(): void;
  /** Makes queries slow, failing or without answer until called again with `{}`. */
  faults(faults: Faults): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../clickhouse-http/main.ts', import.meta.url));
const RESOLVER = new URL('../bin/ts-resolve.mjs', import.meta.url).href;

/**
 * Starts the stand-in and resolves when it takes requests.
 * @param options.dataDir kept by `stop` where it is given; otherwise a temporary directory that `stop` deletes
 */
export async function startClickHouseHttp(options: { dataDir?: string } = {}): Promise<TestClickHouse> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'strisk-test-clickhouse-')));
  const port = await freePort();
  let child = launch();

  function launch(): Child {
    return new Child({
      command: process.execPath,
      args: ['--import', RESOLVER, MAIN, '--path', dataDir, '--port', String(port)],
      // Each query holds a thread of libuv's pool; with its four, four slow queries would stop the rest.
      env: { PATH: process.env['PATH'], TZ: 'UTC', UV_THREADPOOL_SIZE: '16' },
    });
  }
  async function ready(): Promise<void> {
    await child.waitForOutput('listening', 30_000, ({ stdout }) =>
      stdout.includes('listening on') ? true : undefined,
    );
  }
  async function removeFiles(): Promise<void> {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  }

  try {
    await ready();
  } catch (error) {
    await child.kill();
    await removeFiles();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    get pid() {
      return child.pid;
    },
    async stop() {
      await child.stop();
      await removeFiles();
    },
    async kill() {
      await child.kill();
    },
    async start() {
      if (child.running) throw new Error('It is running');
      child = launch();
      await ready();
    },
    freeze() {
      child.signal('SIGSTOP');
    },
    thaw() {
      child.signal('SIGCONT');
    },
    async faults(faults) {
      const response = await fetch(`http://127.0.0.1:${port}/-/faults`, {
        method: 'PUT',
        body: JSON.stringify(faults),
      });
      if (!response.ok) throw new Error(`The stand-in refused the faults: ${response.status}`);
    },
  };
}
