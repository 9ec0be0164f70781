import { setTimeout as delay } from 'node:timers/promises';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '#testing';
import { migratePostgres } from './postgres.js';

let database: TestDatabase;
let postgres: DataSource;
beforeAll(async () => {
  database = await createDatabase();
  postgres = await new DataSource({ type: 'postgres', url: database.url, poolSize: 2 }).initialize();
});
afterAll(async () => {
  await postgres.destroy();
  await database.drop();
});

let runs = 0;
let begun = Promise.withResolvers<void>();
const gate = Promise.withResolvers<void>();

/** Tells that it runs and waits, between two statements of its transaction. */
class Slow1700000009999 implements MigrationInterface {
  name = 'Slow1700000009999';

  async up(runner: QueryRunner): Promise<void> {
    runs++;
    await runner.query(`CREATE TABLE slow (id int)`);
    begun.resolve();
    await gate.promise;
    await runner.query(`INSERT INTO slow VALUES (1)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations run forward only'));
  }
}

const migrate = () => migratePostgres(database.url, { DATABASE_POOL: 2 }, [Slow1700000009999], () => Promise.resolve());

const OUR_LOCKS = `locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

async function untilWaiting(): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const rows = await postgres.query<unknown[]>(`SELECT 1 FROM pg_locks WHERE ${OUR_LOCKS} AND NOT granted`);
    if (rows.length > 0) return;
    if (Date.now() > deadline) throw new Error('Nobody waits for the lock');
    await delay(10);
  }
}

it('a migration loses its lock with its session and with its transaction, and the next process does it again', async () => {
  const first = migrate();
  const broken = first.then(
    () => 'done',
    () => 'broken',
  );
  await begun.promise;
  const second = migrate();
  await untilWaiting();
  begun = Promise.withResolvers();
  await postgres.query(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE ${OUR_LOCKS} AND granted`);
  // The first one still believes that it migrates while the second one does.
  await begun.promise;
  gate.resolve();
  await second;
  expect(await broken).toBe('broken');
  expect(runs).toBe(2);
  expect(await postgres.query(`SELECT * FROM slow`)).toEqual([{ id: 1 }]);
  // And once it is done nobody does it again.
  await migrate();
  expect(runs).toBe(2);
});
