import { setImmediate } from 'node:timers/promises';
import { Client, type Pool } from 'pg';
import { register } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, startPostgres } from '#testing';
import { RequestContext, runInContext } from '../http/request-context.js';
import { toAppError } from '../http/problem.filter.js';
import { postgresOptions } from './postgres.config.js';
import { Postgres } from './postgres.service.js';

let url: string;
let source: DataSource;
let postgres: Postgres;
/** Beside the pool, to see what the server does. */
let observer: Client;

const opened = (databaseUrl: string, pool: number) =>
  new DataSource(postgresOptions(databaseUrl, { DATABASE_POOL: pool })).initialize();

beforeAll(async () => {
  const database = await createDatabase();
  ({ url } = database);
  source = await opened(url, 8);
  postgres = new Postgres(source);
  observer = new Client({ connectionString: url });
  await observer.connect();
  await observer.query('CREATE TABLE things (id int PRIMARY KEY)');
  return async () => {
    await observer.end();
    await source.destroy();
    await database.drop();
  };
});

const poolOf = (from: DataSource) => (from.driver as unknown as { master: Pool }).master;

function request(options: { namespace?: string; deadlineMs?: number } = {}): RequestContext {
  const context = new RequestContext('test');
  context.namespaceId = options.namespace;
  context.allow(options.deadlineMs ?? 30_000);
  return context;
}

const asked = <T>(context: RequestContext, work: () => Promise<T>) => runInContext(context, work);
const sleep = (seconds: number, mark = 'asleep') =>
  postgres.manager.query(`SELECT pg_sleep($1) /* ${mark} */`, [seconds]);

async function running(mark: string): Promise<number> {
  const { rows } = await observer.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()`,
    [`%/* ${mark} */%`],
  );
  return rows[0]?.n ?? 0;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate();
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => toAppError(error).code,
  );

describe('a query of a request', () => {
  it('is stopped on the server when the deadline passes, and its connection is of use again', async () => {
    const context = request({ deadlineMs: 100 });
    expect(await codeOf(asked(context, () => sleep(30, 'late')))).toBe('DEADLINE_EXCEEDED');
    expect(await running('late')).toBe(0);
    expect(await asked(request(), () => postgres.manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    expect(poolOf(source).totalCount - poolOf(source).idleCount).toBe(0);
  });

  it('is stopped on the server when the caller leaves', async () => {
    const context = request();
    const query = codeOf(asked(context, () => sleep(30, 'left')));
    await until(async () => (await running('left')) === 1);
    context.abandon();
    expect(await query).toBe('DEADLINE_EXCEEDED');
    expect(await running('left')).toBe(0);
  });

  it('does not begin after the end of its time', async () => {
    const context = request();
    void context.signal;
    context.abandon();
    expect(await codeOf(asked(context, () => postgres.manager.query('INSERT INTO things VALUES (1)')))).not.toBe(
      'none',
    );
    expect(await postgres.manager.query('SELECT id FROM things')).toEqual([]);
  });

  it('takes its transaction with it', async () => {
    const context = request({ deadlineMs: 150 });
    const late = asked(context, () =>
      postgres.transaction(async (manager) => {
        await manager.query('INSERT INTO things VALUES (2)');
        await manager.query('SELECT pg_sleep(30)');
      }),
    );
    expect(await codeOf(late)).toBe('DEADLINE_EXCEEDED');
    expect(await postgres.manager.query('SELECT id FROM things')).toEqual([]);
    expect(poolOf(source).totalCount - poolOf(source).idleCount).toBe(0);
  });

  it('that its own request did not wait for goes on after the answer', async () => {
    const context = request({ deadlineMs: 300 });
    context.end();
    const later = asked(context, () => postgres.manager.query('SELECT 1 AS done FROM pg_sleep(0.4)'));
    expect(await later).toEqual([{ done: 1 }]);
  });

  it('that is stopped never costs another one its answer', async () => {
    const victims: Promise<unknown>[] = [];
    const stopped: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i++) {
      // At every moment of a query's life, the end included.
      const context = request({ namespace: `short ${i % 5}`, deadlineMs: i % 13 });
      stopped.push(codeOf(asked(context, () => postgres.manager.query('SELECT pg_sleep(0.006)'))));
      victims.push(
        asked(request({ namespace: `long ${i % 5}` }), () => postgres.manager.query('SELECT $1::int AS n', [i])),
      );
    }
    const answers = await Promise.all(victims);
    expect(answers).toEqual(Array.from({ length: 300 }, (_, n) => [{ n }]));
    const ends = new Set(await Promise.all(stopped));
    for (const end of ends) expect(['none', 'DEADLINE_EXCEEDED']).toContain(end);
    expect(ends).toContain('DEADLINE_EXCEEDED');
  });
});

describe('a frozen server', () => {
  it('costs a request its deadline and a connection, and no more', async () => {
    const server = await startPostgres();
    const frozen = await opened(server.url, 2);
    try {
      const [{ pid }] = await frozen.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      process.kill(pid, 'SIGSTOP');
      try {
        const late = new Postgres(frozen);
        const context = request({ deadlineMs: 100 });
        const started = performance.now();
        const query = asked(context, () => late.manager.query('SELECT 1'));
        expect(await codeOf(query)).toBe('DEADLINE_EXCEEDED');
        // The time a server has to deal with a cancellation, and not the four seconds of a statement.
        expect(performance.now() - started).toBeLessThan(3_500);
        expect(poolOf(frozen).totalCount - poolOf(frozen).idleCount).toBe(0);
        expect(await asked(request(), () => late.manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
    } finally {
      await frozen.destroy();
      await server.stop();
    }
  });
});

describe('the pool', () => {
  it('is never one namespace’s alone', async () => {
    const greedy = request({ namespace: 'greedy' });
    void greedy.signal;
    const flood = Array.from({ length: 50 }, () => codeOf(asked(greedy, () => sleep(30, 'greedy'))));
    await until(async () => (await running('greedy')) === 4);
    const other = request({ namespace: 'other' });
    expect(await asked(other, () => postgres.manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    expect(await running('greedy')).toBe(4);

    const metrics = await register.getSingleMetricAsString('strisk_postgres_pool');
    expect(metrics).toMatch(/strisk_postgres_pool\{server="primary",state="waiting"\} 46/);
    greedy.abandon();
    expect(new Set(await Promise.all(flood))).not.toContain('none');
    const after = await register.getSingleMetricAsString('strisk_postgres_pool');
    expect(after).toMatch(/strisk_postgres_pool\{server="primary",state="waiting"\} 0/);
    expect(after).toMatch(/strisk_postgres_pool\{server="primary",state="in_use"\} 0/);
  });

  it('turns away what a namespace has no room for, with a word about when to come again', async () => {
    const greedy = request({ namespace: 'greedy' });
    void greedy.signal;
    const flood = Array.from({ length: 4 + 4 * 25 }, () => codeOf(asked(greedy, () => sleep(30, 'full'))));
    await until(async () => (await running('full')) === 4);
    const refused = asked(greedy, () => postgres.manager.query('SELECT 1'));
    await expect(refused).rejects.toMatchObject({ code: 'OVERLOADED', status: 503, headers: { 'Retry-After': '1' } });
    greedy.abandon();
    await Promise.all(flood);
    expect(await register.getSingleMetricAsString('strisk_postgres_pool_exhausted_total')).toMatch(
      /outcome="refused"\} [1-9]/,
    );
  });

  it('gives connections back however they were used', async () => {
    await expect(postgres.manager.query('SELECT no_such_column')).rejects.toThrow('no_such_column');
    await expect(postgres.transaction((manager) => manager.query('SELECT 1/0'))).rejects.toThrow('division');
    await observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'strisk'`,
    );
    await until(() => poolOf(source).totalCount === 0);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => postgres.manager.query('SELECT $1::int AS i', [i])),
    );
    expect(answers).toHaveLength(40);
    expect(poolOf(source).totalCount - poolOf(source).idleCount).toBe(0);
  });
});

describe('a transaction', () => {
  const ids = () => postgres.manager.query<{ id: number }[]>('SELECT id FROM things ORDER BY id');

  afterAll(() => postgres.manager.query('TRUNCATE things'));

  it('is joined by one inside of it, and rolled back with it', async () => {
    const outer = postgres.transaction(async () => {
      await postgres.transaction((manager) => manager.query('INSERT INTO things VALUES (10)'));
      expect(await ids()).toEqual([{ id: 10 }]);
      throw new Error('no');
    });
    await expect(outer).rejects.toThrow('no');
    expect(await ids()).toEqual([]);
  });

  it('is followed by what waits for it, when it stands and only then', async () => {
    const order: string[] = [];
    await postgres.transaction(async () => {
      await postgres.afterCommit(async () => {
        order.push(`after ${(await ids()).length}`);
        expect(postgres.inTransaction).toBe(false);
      });
      await postgres.manager.query('INSERT INTO things VALUES (11)');
      order.push('work');
    });
    expect(order).toEqual(['work', 'after 1']);
    const failed = postgres.transaction(async () => {
      await postgres.afterCommit(() => void order.push('never'));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await postgres.afterCommit(() => void order.push('at once'));
    expect(order).toEqual(['work', 'after 1', 'at once']);
  });

  it('stands though what follows it fails', async () => {
    const result = await postgres.transaction(async (manager) => {
      await postgres.afterCommit(() => Promise.reject(new Error('later')));
      await manager.query('INSERT INTO things VALUES (12)');
      return 'done';
    });
    expect(result).toBe('done');
    expect(await ids()).toContainEqual({ id: 12 });
  });

  it('is no longer there for work that outlives it, and never for work outside of it', async () => {
    const gate = Promise.withResolvers<void>();
    let later: Promise<unknown> | undefined;
    await postgres.transaction(async (manager) => {
      await manager.query('INSERT INTO things VALUES (13)');
      expect(await postgres.outside(ids)).not.toContainEqual({ id: 13 });
      later = gate.promise.then(async () => {
        expect(postgres.inTransaction).toBe(false);
        return ids();
      });
    });
    gate.resolve();
    expect(await later).toContainEqual({ id: 13 });
  });
});
