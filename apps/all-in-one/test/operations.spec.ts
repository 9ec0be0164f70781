import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventTypeSummary, IngestAnswer, Paged } from '#contracts';
import { Child, freePort, isAlive, startServer, type TestServer } from '#testing';
import { embeddedPostgres, withPostgres } from './embedded.js';
import { Client, ENV, expectProblem, strisk, until } from './platform.js';
import { sendBulk, toCsv, toNdjson, townEvents } from './town.js';

const MAIN = fileURLToPath(new URL('../../../dist/apps/all-in-one/main.js', import.meta.url));
const GOOD = { event_id: 'good', timestamp: '2026-01-01T00:00:00Z', lat: 43.7, lon: -79.4, event_type: 'fire' };
/** Where `unshare` and its like are. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const isRoot = process.getuid?.() === 0;

let folder: string;
/** Ended after each test, whatever became of it. */
let running: TestServer[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strisk-operations-'));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: { dataDir?: string; port?: number } = {}, env = {}): Promise<TestServer> {
  const server = await startServer(
    'apps/all-in-one/main',
    { ...ENV, ...env },
    { dataDir: join(folder, 'data'), ...options },
  );
  running.push(server);
  return server;
}

/** A start that has to fail: how it ended, what it said, how long it took. */
async function failedStart(env: Record<string, string>): Promise<{ code: number | null; err: string; out: string }> {
  const child = new Child({
    command: process.execPath,
    args: [MAIN],
    env: { PATH: SYSTEM_PATH, HOST: '127.0.0.1', DATA_DIR: join(folder, 'data'), ...ENV, ...env },
  });
  const timer = setTimeout(() => child.signal('SIGKILL'), 60_000);
  const { code } = await child.exit;
  clearTimeout(timer);
  return { code, err: child.stderr, out: child.stdout };
}

/** Whatever of this machine runs with the folder in its command line: PostgreSQL names its directory there. */
function processesOf(path: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(path) && !line.includes('ps -eo'));
}

describe('a start that cannot be', () => {
  it('on a port in use says so, ends with 1, and leaves nothing running', async () => {
    const holder = createServer();
    const port = await freePort();
    await new Promise<void>((done) => holder.listen(port, '127.0.0.1', done));
    try {
      const { code, err } = await failedStart({ PORT: String(port) });
      expect(code).toBe(1);
      expect(err).toContain('The port is in use by another process');
      expect(err).toContain(`127.0.0.1:${port}`);
      expect(err).toContain('PORT');
      expect(err, 'a message and no stack').not.toMatch(/\n\s+at /);
    } finally {
      holder.close();
    }
    expect(processesOf(folder)).toEqual([]);
    // Nor does it leave the directory locked.
    const { url } = await start({ port });
    expect((await new Client({ url }, null).ask('GET', '//health')).status).toBe(200);
  });

  it('on a data directory in use names the process that holds it, and does not disturb it', async () => {
    const first = await start();
    const { code, err } = await failedStart({ PORT: String(await freePort()) });
    expect(code).toBe(1);
    expect(err).toContain(join(folder, 'data'));
    expect(err).toContain(`process ${first.pid}`);
    expect(err).toContain('DATA_DIR');
    expect(err, 'a message and no stack').not.toMatch(/\n\s+at /);
    expect((await new Client(first).json<IngestAnswer>('POST', '/events', { events: [GOOD] })).accepted).toBe(1);
  });

  it('by its configuration names every mistake at once, ends with 78, and shows no value', async () => {
    const { code, err, out } = await failedStart({
      PORT: '99999',
      STRISK_ADMIN_TOKEN: 'too-short',
      STRISK_DEMO: 'perhaps',
      DATABASE_URL: 'mysql://someone:hidden-word@host/db',
      CLICKHOUSE_URL: 'clickhouse',
      REDIS_URL: 'http://host',
      LOG_LEVEL: 'loud',
      RATE_LIMIT_PER_MINUTE: '-5',
    });
    expect(code).toBe(78);
    expect(err).toContain('8 mistakes');
    for (const variable of [
      'PORT',
      'STRISK_ADMIN_TOKEN',
      'STRISK_DEMO',
      'DATABASE_URL',
      'CLICKHOUSE_URL',
      'REDIS_URL',
      'LOG_LEVEL',
      'RATE_LIMIT_PER_MINUTE',
    ])
      expect(err).toMatch(new RegExp(`^ +${variable}: \\S`, 'm'));
    expect(err + out).not.toContain('hidden-word');
    expect(err + out).not.toContain('too-short');
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('on a data directory that is a file says so and ends with 1', async () => {
    await writeFile(join(folder, 'data'), 'not a folder');
    const { code, err } = await failedStart({ PORT: '0' });
    expect(code).toBe(1);
    expect(err).toContain(join(folder, 'data'));
  });
});

describe('an end', () => {
  it('by SIGTERM is with 0, in time, and leaves no process, no lock and no half written row', async () => {
    const server = await start();
    const client = new Client(server);
    const postgres = await embeddedPostgres(server.dataDir);
    expect(isAlive(postgres.pid)).toBe(true);
    // In the middle of work: a stream is on its way.
    const events = townEvents(365, 3);
    const sending = sendBulk(client, toNdjson(events)).then(
      ({ status }) => status,
      () => 'cut',
    );
    await withPostgres(server.dataDir, (db) =>
      until('a batch under way', 30_000, async () =>
        (await db.query('SELECT 1 FROM ingest_batches')).rowCount === 0 ? undefined : true,
      ),
    );
    const asked = performance.now();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(35_000);
    // A shutdown drains: what was being sent was either taken whole or cut, and then it is sent again.
    expect([201, 'cut', 503]).toContain(await sending);
    expect(isAlive(server.pid)).toBe(false);
    expect(isAlive(postgres.pid)).toBe(false);
    expect(processesOf(folder)).toEqual([]);

    const again = new Client(await start());
    const answer = JSON.parse((await sendBulk(again, toNdjson(events))).text) as IngestAnswer;
    expect(answer.accepted + answer.duplicates).toBe(events.length);
    const [type] = (await again.get<{ data: EventTypeSummary[] }>('/event-types')).data;
    expect(type?.events).toBe(events.length);
  });

  it('by kill -9 leaves a lock and a PostgreSQL behind, which the next start takes care of', async () => {
    const server = await start();
    await new Client(server).json('POST', '/events', { events: [GOOD] });
    const orphan = await embeddedPostgres(server.dataDir);
    await server.kill();
    expect(isAlive(orphan.pid), 'the premise').toBe(true);
    expect(readFileSync(join(server.dataDir, 'lock'), 'utf8')).toContain(String(server.pid));

    const next = await start();
    expect(isAlive(orphan.pid)).toBe(false);
    const now = await embeddedPostgres(next.dataDir);
    expect(now.pid).not.toBe(orphan.pid);
    const [type] = (await new Client(next).get<{ data: EventTypeSummary[] }>('/event-types')).data;
    expect(type?.events).toBe(1);
  });

  it('leaves a lock that a stranger with the same process number does not hold', async () => {
    const dataDir = join(folder, 'data');
    await mkdir(dataDir);
    // This process lives, and it never started at the first tick of the machine's clock.
    await writeFile(join(dataDir, 'lock'), `${process.pid} 1`);
    const server = await start();
    expect(await readFile(join(dataDir, 'lock'), 'utf8')).toMatch(new RegExp(`^${server.pid} `));
  });

  it('in the middle of the first start costs nothing: the next one begins where it must', async () => {
    const dataDir = join(folder, 'data');
    const child = new Child({
      command: process.execPath,
      args: [MAIN],
      env: { PATH: SYSTEM_PATH, PORT: String(await freePort()), DATA_DIR: dataDir, ...ENV },
    });
    await until('a cluster half made', 30_000, async () => {
      const made = await readdir(join(dataDir, 'postgres')).catch(() => []);
      return made.some((name) => name.startsWith('cluster')) ? true : undefined;
    });
    await child.kill();
    const server = await start();
    expect((await new Client(server).get<Paged<unknown>>('/namespaces')).data).toHaveLength(1);
  });
});

/** Why a file system of a size of its own cannot be had; undefined where it can. */
function mountRefused(): string | undefined {
  if (!isRoot) return 'only root may mount';
  const path = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'pipe' });
    execFileSync('umount', [path]);
    return undefined;
  } catch (error) {
    return `the machine refuses to mount: ${String(error).slice(0, 200)}`;
  } finally {
    execFileSync('rmdir', [path]);
  }
}

const refused = mountRefused();

describe.skipIf(refused !== undefined)(`a full disk${refused === undefined ? '' : ` (skipped: ${refused})`}`, () => {
  it('refuses the import clearly, lives on, and takes the rest exactly once when there is room', async () => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', disk]);
    try {
      const server = await start({ dataDir: join(disk, 'data') }, { STRISK_DEMO: 'off' });
      const client = new Client(server);
      const seed = townEvents(10, 4);
      expect((await sendBulk(client, toNdjson(seed))).status).toBe(201);

      // Everything but two megabytes is taken by something else.
      const free = Number(execFileSync('df', ['--output=avail', '-k', disk], { encoding: 'utf8' }).split('\n')[1]);
      execFileSync('fallocate', ['-l', `${free - 2_048}K`, join(disk, 'ballast')]);
      const file = join(folder, 'year.csv');
      const events = townEvents(365, 5);
      await writeFile(file, toCsv(events));

      const answer = await sendBulk(client, toCsv(events), 'text/csv');
      expectProblem(answer, 507, 'STORAGE_FULL');
      const cli = await strisk(server, ['import', file]);
      expect(cli.code).toBe(1);
      expect(cli.err).toContain('STORAGE_FULL');
      expect(cli.err).toContain('Sending the file again is safe');

      expect(isAlive(server.pid)).toBe(true);
      expect((await client.as(null).ask('GET', '//health')).status).toBe(200);
      // What was there can be read while nothing can be written.
      const [before] = (await client.get<{ data: EventTypeSummary[] }>('/event-types')).data;
      expect(before?.events).toBeGreaterThanOrEqual(seed.length);

      await rm(join(disk, 'ballast'));
      const again = await until('an import with room', 60_000, async () => {
        const { status, text } = await sendBulk(client, toCsv(events), 'text/csv');
        // PostgreSQL may be coming back by itself, which takes it a moment.
        return status === 201 ? (JSON.parse(text) as IngestAnswer) : undefined;
      });
      expect(again.accepted + again.duplicates).toBe(events.length);
      const [after] = (await client.get<{ data: EventTypeSummary[] }>('/event-types')).data;
      expect(after?.events).toBe(seed.length + events.length);
      const stored = (await client.ask('GET', '/events?format=csv')).text.trimEnd().split('\n').length - 1;
      expect(stored).toBe(seed.length + events.length);
      expect(await server.stop()).toEqual({ code: 0, signal: null });
    } finally {
      await Promise.all(running.map((server) => server.stop()));
      execFileSync('umount', ['-l', disk]);
    }
  });
});

it.skipIf(!isRoot)('root may run it in a place that nobody else may enter', async () => {
  const hidden = join(folder, 'hidden');
  await mkdir(hidden, { mode: 0o700 });
  await chmod(hidden, 0o700);
  const server = await start({ dataDir: join(hidden, 'data') });
  expect((await new Client(server).json<IngestAnswer>('POST', '/events', { events: [GOOD] })).accepted).toBe(1);
  const { pid } = await embeddedPostgres(server.dataDir);
  expect(isAlive(pid)).toBe(true);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(isAlive(pid)).toBe(false);
});
