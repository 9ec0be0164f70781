import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const READY_DEADLINE_MS = 60_000;
/** Clock ticks of /proc a second: the kernel fixes them for programs, whatever it counts in itself. */
const TICKS_PER_SECOND = 100;
const run = promisify(execFile);

/** The built platform as a process of its own, on a data directory of its own. */
export interface BenchServer {
  readonly url: string;
  readonly token: string;
  readonly dataDir: string;
  /** Milliseconds from spawning it until /ready answered 200. */
  readonly startMs: number;
  /** Resident memory now, bytes. */
  resident(): Promise<number>;
  /** Processor time it has had, seconds; without PostgreSQL's, which is a process of its own. */
  cpuSeconds(): Promise<number>;
  /** SIGTERM, and waits for the end. The data stays. */
  stop(): Promise<void>;
}

export async function temporaryDataDir(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'strisk-bench-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Starts `dist/apps/all-in-one` as `npm start` does and waits until it is ready. Its log goes to the file where one is
 * given, with a line for every request as in production; else only warnings are written, to nowhere.
 */
export async function startServer(
  dataDir: string,
  env: Record<string, string> = {},
  logFile?: string,
): Promise<BenchServer> {
  const log = logFile === undefined ? undefined : await open(logFile, 'a');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'dist/apps/all-in-one/main.js')], {
    stdio: ['ignore', log?.fd ?? 'ignore', 'inherit'],
    env: {
      ...process.env,
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: log ? 'info' : 'warn',
      UV_THREADPOOL_SIZE: '16',
      RATE_LIMIT_PER_MINUTE: '100000000',
      STRISK_DEMO: 'off',
      ...env,
    },
  });
  await log?.close();
  await ready(child, url);
  const startMs = performance.now() - started;
  return {
    url,
    token: (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim(),
    dataDir,
    startMs,
    resident: () => residentOf(child.pid),
    cpuSeconds: () => cpuSecondsOf(child.pid),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Resident memory of a process, bytes. */
async function residentOf(pid: number | undefined): Promise<number> {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Processor time of a process and all its threads, seconds. */
export async function cpuSecondsOf(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name may hold blanks and brackets; the numbers begin behind the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the platform ended with ${child.exitCode}`);
    const ok = await fetch(`${url}/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  child.kill('SIGKILL');
  throw new Error('the platform was not ready in time');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Runs the built command line; rejects where it ends with another code than 0. */
export async function strisk(server: BenchServer, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(ROOT, 'apps/cli/bin/strisk.js'), ...args], {
    env: { ...process.env, STRISK_URL: server.url, STRISK_TOKEN: server.token },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
