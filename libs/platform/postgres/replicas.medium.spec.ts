import { setImmediate, setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres, startStandby, type TestPostgres, type TestStandby } from '#testing';
import { Bus } from '../bus/bus.js';
import { PostgresTransport } from '../bus/postgres-transport.js';
import { RequestContext, runInContext } from '../http/request-context.js';
import { postgresOptions } from './postgres.config.js';
import { Postgres } from './postgres.service.js';
import { Replicas } from './replicas.js';

const POOL = { DATABASE_POOL: 4 };

let primary: TestPostgres;
let standby: TestStandby;
let source: DataSource;
let replicas: Replicas;
let postgres: Postgres;
let bus: Bus;
/** The bus of another process. */
let elsewhere: Bus;
/** On the standby, to hold its replay and let it go on. */
let handle: Client;

beforeAll(async () => {
  primary = await startPostgres();
  source = await new DataSource(postgresOptions(primary.url, POOL)).initialize();
  await source.query('CREATE TABLE notes (id int PRIMARY KEY)');
  standby = await startStandby(primary);
  bus = new Bus(new PostgresTransport(primary.url));
  elsewhere = new Bus(new PostgresTransport(primary.url));
  replicas = new Replicas(source, { DATABASE_READ_URLS: [standby.url], DATABASE_READ_MAX_LAG_SECONDS: 2 }, POOL, bus);
  postgres = new Postgres(source, replicas);
  handle = await connected();
  return async () => {
    await handle.end().catch(() => undefined);
    await replicas.onApplicationShutdown();
    await Promise.all([bus.onApplicationShutdown(), elsewhere.onApplicationShutdown()]);
    await source.destroy();
    await standby.stop();
    await primary.stop();
  };
});

afterEach(async () => {
  await handle.query('SELECT pg_wal_replay_resume()').catch(() => undefined);
  await until(async () => (await whoServes()) === 'replica');
});

async function connected(): Promise<Client> {
  const client = new Client({ connectionString: standby.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function by(tokenId: string): RequestContext {
  const context = new RequestContext('test');
  context.tokenId = tokenId;
  context.allow(null);
  return context;
}

/** The next tokens another process is told of. */
function once(by: Bus): Promise<string[]> {
  return new Promise((resolve) => {
    const end = by.subscribe('postgres.written', (message) => {
      end();
      resolve(message.split(','));
    });
  });
}

const whoServes = (tokenId = 'bystander') =>
  runInContext(by(tokenId), () =>
    postgres.reading(async (manager) => {
      const [row] = await manager.query<{ standby: boolean }[]>('SELECT pg_is_in_recovery() AS standby');
      return row?.standby ? 'replica' : 'primary';
    }),
  );
const write = (tokenId: string, id: number) =>
  runInContext(by(tokenId), () => postgres.manager.query('INSERT INTO notes VALUES ($1)', [id]));
const sees = (tokenId: string, id: number) =>
  runInContext(by(tokenId), () =>
    postgres.reading(async (manager) => {
      const rows = await manager.query<unknown[]>('SELECT 1 FROM notes WHERE id = $1', [id]);
      return rows.length === 1;
    }),
  );

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate();
}

describe('reads where a standby streams', () => {
  it('are answered by it', async () => {
    await until(async () => (await whoServes()) === 'replica');
    expect(await whoServes()).toBe('replica');
  });

  it('see what the same token wrote, at once and always', async () => {
    for (let id = 1000; id < 1100; id++) {
      await write('writer', id);
      expect(await sees('writer', id)).toBe(true);
    }
  });

  it('of who wrote go to the primary until the standby has replayed it, and those of others do not', async () => {
    await handle.query('SELECT pg_wal_replay_pause()');
    await until(async () => {
      const { rows } = await handle.query<{ state: string }>('SELECT pg_get_wal_replay_pause_state() AS state');
      return rows[0]?.state === 'paused';
    });
    await write('author', 1);
    expect(await whoServes('author')).toBe('primary');
    expect(await sees('author', 1)).toBe(true);
    expect(await whoServes('bystander')).toBe('replica');
    expect(await sees('bystander', 1)).toBe(false);
    await handle.query('SELECT pg_wal_replay_resume()');
    await until(async () => (await whoServes('author')) === 'replica');
    expect(await sees('author', 1)).toBe(true);
  });

  it('follow a transaction as well, and a write that another process tells of', async () => {
    await handle.query('SELECT pg_wal_replay_pause()');
    await until(async () => {
      const { rows } = await handle.query<{ state: string }>('SELECT pg_get_wal_replay_pause_state() AS state');
      return rows[0]?.state === 'paused';
    });
    const told = once(elsewhere);
    await runInContext(by('changer'), () =>
      postgres.transaction((manager) => manager.query('INSERT INTO notes VALUES (2)')),
    );
    expect(await whoServes('changer')).toBe('primary');
    expect(await told).toContain('changer');
    await elsewhere.publish('postgres.written', 'far away,farther away');
    await until(async () => (await whoServes('farther away')) === 'primary');
    expect(await whoServes('far away')).toBe('primary');
    expect(await whoServes('bystander')).toBe('replica');
  });

  it('inside of a transaction stay with it', async () => {
    await runInContext(by('changer'), () =>
      postgres.transaction(async (manager) => {
        await manager.query('INSERT INTO notes VALUES (3)');
        expect(await sees('changer', 3)).toBe(true);
        expect(await whoServes('anybody')).toBe('primary');
      }),
    );
  });

  it('go to the primary when the standby is further behind than allowed', async () => {
    await handle.query('SELECT pg_wal_replay_pause()');
    // The primary moves on: its own clock of log positions is what the lag is read off.
    const writing = new AbortController();
    const writer = (async () => {
      for (let id = 10_000; !writing.signal.aborted; id++) {
        await write('busy', id);
        await setTimeout(20);
      }
    })();
    await until(async () => (await whoServes('bystander')) === 'primary');
    writing.abort();
    await writer;
    expect(await whoServes('bystander')).toBe('primary');
  });

  it('go to the primary when the standby dies, the one in flight too, and back when it is there again', async () => {
    let begun = 0;
    const slow = runInContext(by('patient'), () =>
      postgres.reading(async (manager) => {
        begun++;
        const [row] = await manager.query<{ standby: boolean }[]>(
          `SELECT pg_is_in_recovery() AS standby, CASE WHEN pg_is_in_recovery() THEN pg_sleep(3) END`,
        );
        return row?.standby ? 'replica' : 'primary';
      }),
    );
    await until(async () => {
      const { rows } = await handle.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
      return rows.length === 1;
    });
    await standby.kill();
    expect(await slow).toBe('primary');
    expect(begun).toBe(2);
    expect(await whoServes()).toBe('primary');
    await standby.start();
    handle = await connected();
  });

  it('do not hide the mistakes of a query', async () => {
    await expect(postgres.reading((manager) => manager.query('SELECT no_such_column'))).rejects.toThrow(
      'no_such_column',
    );
  });

  it('never take a server that is no standby for one', async () => {
    const wrong = new Replicas(source, { DATABASE_READ_URLS: [primary.url], DATABASE_READ_MAX_LAG_SECONDS: 2 }, POOL);
    await setTimeout(700);
    expect(wrong.pick('anybody')).toBeUndefined();
    await wrong.onApplicationShutdown();
  });
});
