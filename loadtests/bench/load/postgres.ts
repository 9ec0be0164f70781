import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { BenchServer } from '../server.ts';

/** A connection to the embedded PostgreSQL of a running platform, for filling it with more than the API would take. */
export async function postgresOf({ dataDir }: BenchServer): Promise<Client> {
  const directory = join(dataDir, 'postgres');
  const password = await readFile(join(directory, 'password'), 'utf8');
  // The fourth line of PostgreSQL's own file is the port it listens on.
  const port = (await readFile(join(directory, 'cluster/postmaster.pid'), 'utf8')).split('\n')[3];
  const client = new Client({ host: '127.0.0.1', port: Number(port), user: 'strisk', database: 'strisk', password });
  await client.connect();
  return client;
}

/**
 * Copies rows of a table until there are so many, drawn over the last two years. `jsonb_populate_record` keeps whatever
 * columns the table has by now, and changes the given ones.
 */
async function multiply(
  postgres: Client,
  namespace: string,
  table: string,
  rows: number,
  changed: string,
): Promise<void> {
  await postgres.query(
    `INSERT INTO ${table} SELECT copy.*
     FROM (SELECT t, row_number() OVER () AS nth, count(*) OVER () AS total FROM ${table} t WHERE namespace_id = $1) AS one
     CROSS JOIN LATERAL generate_series(1, ceil($2 / one.total::float)::int) AS n
     CROSS JOIN LATERAL (
       SELECT lpad((n * one.total + one.nth)::text, 12, '0') AS id, now() - random() * interval '730 days' AS at
     ) AS drawn
     CROSS JOIN LATERAL jsonb_populate_record(one.t, ${changed}) AS copy`,
    [namespace, rows],
  );
  await postgres.query(`VACUUM ANALYZE ${table}`);
}

/** Copied risks are over, for there is one live risk a cell; every tenth belongs to a target. */
export async function multiplyRisks(postgres: Client, namespace: string, rows: number): Promise<void> {
  const changed = `jsonb_build_object(
    'risk_id', 'rsk_' || id, 'opened_at', at, 'updated_at', at,
    'status', CASE WHEN n % 3 = 0 THEN 'expired' ELSE 'resolved' END,
    'level', CASE WHEN n % 5 = 0 THEN 'CRITICAL' WHEN n % 2 = 0 THEN 'HIGH' ELSE 'MODERATE' END,
    'target_id', CASE WHEN n % 10 = 0 THEN 'tgt_' || id END)`;
  await multiply(postgres, namespace, 'risks', rows, changed);
}

export async function multiplyTargets(postgres: Client, namespace: string, rows: number): Promise<void> {
  const changed = `jsonb_build_object('target_id', 'tgt_' || id, 'name', 'Target ' || id, 'created_at', at, 'updated_at', at)`;
  await multiply(postgres, namespace, 'targets', rows, changed);
}
