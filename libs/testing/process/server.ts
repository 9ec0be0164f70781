import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child, type ChildExit } from './child.js';
import { freePort } from './free-port.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A built application running as its own process. */
export interface TestServer {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The DATA_DIR it was given. */
  readonly dataDir: string;
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended, once it has. */
  readonly exit: Promise<ChildExit>;
  /** SIGTERM, waits for its end (SIGKILL after 40 s), deletes the data directory if it was made here. */
  stop(): Promise<ChildExit>;
  /** `kill -9`; the data directory stays, for a start on the same one. Call `stop` at last, to delete it. */
  kill(): Promise<ChildExit>;
}

/** How `startServer` starts; everything may be left out. */
export interface ServerOptions {
  /** Keeps this directory; otherwise a temporary one is made and deleted by `stop`. */
  readonly dataDir?: string;
  /** Milliseconds until it must answer `GET /ready` with 200; 60,000 where left out. */
  readonly readyWithinMs?: number;
  readonly port?: number;
}

/**
 * Starts a built application (`apps/all-in-one/main`: what stands under `dist/`, without `.js`) on a free port of
 * loopback, and resolves when `GET /ready` answers 200.
 *
 * Its environment is `env` and the few variables every program needs; nothing else of this process's is handed down, so
 * that a developer's own settings change no test. Rejects with all it printed where it ends or does not get ready.
 */
export async function startServer(
  entry: string,
  env: Readonly<Record<string, string>> = {},
  options: ServerOptions = {},
): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'strisk-test-data-')));
  const port = options.port ?? (await freePort());
  const child = new Child({
    command: process.execPath,
    args: [join(ROOT, 'dist', `${entry}.js`)],
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TZ: 'UTC',
      UV_THREADPOOL_SIZE: '16',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: dataDir,
      STRISK_DEMO: 'off',
      ...env,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const removeFiles = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await ready(child, url, options.readyWithinMs ?? 60_000);
  } catch (error) {
    await child.kill();
    await removeFiles();
    throw error;
  }
  return {
    url,
    port,
    dataDir,
    pid: child.pid,
    get stdout() {
      return child.stdout;
    },
    get stderr() {
      return child.stderr;
    },
    exit: child.exit,
    async stop() {
      // The application drains for up to 30 s; killing it before that would hide that it does not end by itself.
      const exit = await child.stop(40_000);
      await removeFiles();
      return exit;
    },
    kill: () => child.kill(),
  };
}

/** Asks `/ready` until it says 200. Polling, since a server that is not yet listening can tell of nothing. */
async function ready(child: Child, url: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  let last = 'no answer yet';
  while (Date.now() < deadline) {
    if (!child.running) throw child.failure('ended before it was ready');
    try {
      const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) });
      if (response.ok) return;
      last = `${response.status} ${await response.text()}`;
    } catch (error) {
      last = String(error instanceof Error ? (error.cause ?? error) : error);
    }
    await Promise.race([delay(100), child.exit]);
  }
  throw child.failure(`was not ready within ${withinMs} ms; GET /ready: ${last}`);
}
