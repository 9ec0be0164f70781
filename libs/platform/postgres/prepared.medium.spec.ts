import { Client } from 'pg';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase } from '#testing';
import { RequestContext, runInContext } from '../http/request-context.js';
import { plainColumns, plainRows } from './plain-rows.js';
import { postgresOptions } from './postgres.config.js';

@Entity('places')
class Place {
  @PrimaryColumn('text', { name: 'place_id' })
  placeId!: string;

  @Column('jsonb', { nullable: true })
  attrs!: { n: number } | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('double precision')
  lat!: number;

  @Column('bytea', { select: false })
  secret!: Buffer;
}

let url: string;
let observer: Client;

beforeAll(async () => {
  const database = await createDatabase();
  ({ url } = database);
  observer = new Client({ connectionString: url });
  await observer.connect();
  await observer.query(
    `CREATE TABLE places (place_id text PRIMARY KEY, attrs jsonb, created_at timestamptz NOT NULL, lat float8 NOT NULL,
       secret bytea NOT NULL)`,
  );
  await observer.query(
    `INSERT INTO places SELECT 'p' || n, CASE WHEN n % 2 = 0 THEN jsonb_build_object('n', n) END,
       timestamptz '2026-01-01 00:00:00.123Z' + n * interval '1 hour', n / 3.0::float8, '\\x00'
     FROM generate_series(1, 50) n`,
  );
  return async () => {
    await observer.end();
    await database.drop();
  };
});

async function open(prepared: 'on' | 'off', pool = 2): Promise<DataSource> {
  const settings = { DATABASE_POOL: pool, DATABASE_PREPARED_STATEMENTS: prepared };
  return new DataSource({ ...postgresOptions(url, settings), entities: [Place] }).initialize();
}

const statements = (source: DataSource) =>
  source.query<{ statement: string; generic_plans: string }[]>(
    `SELECT statement, generic_plans FROM pg_prepared_statements ORDER BY name`,
  );
const byId = (source: DataSource, id: string) =>
  source.query<{ lat: number }[]>(`SELECT lat FROM places WHERE place_id = $1`, [id]);

describe('statements', () => {
  it('that come again are prepared, and always planned for their own parameters', async () => {
    const source = await open('on', 1);
    for (let i = 1; i <= 20; i++) expect(await byId(source, `p${i}`)).toEqual([{ lat: i / 3 }]);
    expect(await statements(source)).toEqual([
      { statement: 'SELECT lat FROM places WHERE place_id = $1', generic_plans: '0' },
    ]);
    await source.destroy();
  });

  it('are sent as text where a pooler in front of the server asks for it', async () => {
    const source = await open('off', 1);
    for (let i = 1; i <= 10; i++) await byId(source, `p${i}`);
    expect(await statements(source)).toEqual([]);
    await source.destroy();
  });

  it('are each connection’s own, side by side and after one has died', async () => {
    const source = await open('on', 4);
    const all = () => Promise.all(Array.from({ length: 40 }, (_, i) => byId(source, `p${i + 1}`)));
    const expected = Array.from({ length: 40 }, (_, i) => [{ lat: (i + 1) / 3 }]);
    expect(await all()).toEqual(expected);
    await observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    // The pool finds out one connection at a time; what it opens anew knows no statement yet.
    await expect.poll(() => all().catch(() => undefined), { timeout: 10_000 }).toEqual(expected);
    await source.destroy();
  });

  it('go on when a column comes to be while they are in use', async () => {
    const source = await open('on', 1);
    const read = () => source.query(`SELECT p.* FROM places p WHERE place_id = $1`, ['p1']);
    for (let i = 0; i < 10; i++) await read();
    await observer.query('ALTER TABLE places ADD COLUMN note text');
    expect(await read()).toMatchObject([{ place_id: 'p1', note: null }]);
    await observer.query('ALTER TABLE places DROP COLUMN note');
    await source.destroy();
  });

  it('end with the deadline of their request as those that are sent as text do', async () => {
    const source = await open('on', 1);
    const sleep = (seconds: number) => source.query('SELECT pg_sleep($1)', [seconds]);
    for (let i = 0; i < 5; i++) await sleep(0);
    expect(await statements(source)).toHaveLength(1);
    const context = new RequestContext('late');
    context.allow(200);
    await expect(runInContext(context, () => sleep(30))).rejects.toThrow('The query was stopped');
    await sleep(0);
    await source.destroy();
  });
});

describe('plain rows', () => {
  it('are what entities would be, without being any', async () => {
    const source = await open('on');
    const query = () => source.manager.createQueryBuilder(Place, 'place').orderBy('place.created_at').limit(7);
    const plain = await plainRows(query());
    expect(plain).toEqual((await query().getMany()).map((one): object => Object.assign({}, one)));
    expect(plain[0]).not.toHaveProperty('secret');
    expect(plain[0]).not.toBeInstanceOf(Place);
    const columns = plainColumns(source.manager, Place);
    expect(await source.manager.query(`SELECT ${columns} FROM places ORDER BY created_at LIMIT 7`)).toEqual(plain);
    const some = await plainRows(query().select(['place.placeId', 'place.attrs']));
    expect(some[1]).toEqual({ placeId: 'p2', attrs: { n: 2 } });
    await source.destroy();
  });
});
