import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../process/child.js';
import { freePort } from '../process/free-port.js';
import { ensureProgram, REDIS } from '../process/system-packages.js';

/** A Redis of a test's own, on loopback. */
export interface TestRedis {
  /** `redis://127.0.0.1:port`; it stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it in order and deletes its files. */
  stop(): Promise<void>;
  /** `kill -9`; with AOF its data is there again after `start`. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and files. */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): void;
  /** SIGCONT after `freeze`. */
  thaw(): void;
}

/**
 * Starts the system's `redis-server` (installed first where that is possible) and resolves when it accepts connections.
 * @param options.aof write every command to disk before it is answered, as the queue's Redis must
 * @param options.args further options of the server, `['--maxmemory', '16mb']` for instance
 */
export async function startRedis(options: { aof?: boolean; args?: readonly string[] } = {}): Promise<TestRedis> {
  const command = await ensureProgram(REDIS);
  const dir = await mkdtemp(join(tmpdir(), 'strisk-test-redis-'));
  const port = await freePort();
  const persistence =
    options.aof === true ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', '', '--daemonize', 'no'];
  let child = launch();

  function launch(): Child {
    return new Child({ command, args: [...args, ...persistence, ...(options.args ?? [])] });
  }
  async function ready(): Promise<void> {
    await child.waitForOutput('Ready to accept connections', 10_000, ({ stdout }) =>
      stdout.includes('Ready to accept connections') ? true : undefined,
    );
  }

  try {
    await ready();
  } catch (error) {
    await child.kill();
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid;
    },
    async stop() {
      await child.stop();
      await rm(dir, { recursive: true, force: true });
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
  };
}
