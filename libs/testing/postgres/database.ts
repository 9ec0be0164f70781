import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

/** A database of a test file's own. */
export interface TestDatabase {
  readonly url: string;
  /** Drops it, ending whatever still holds a connection to it. */
  readonly drop: () => Promise<void>;
}

/**
 * Creates an empty database on the run's PostgreSQL (or the server at `adminUrl`):
 *
 *     beforeAll(async () => {
 *       const database = await createDatabase();
 *       url = database.url;
 *       return database.drop;
 *     });
 *
 * Throws when the spec is no `*.medium.spec.ts` nor under `apps/*\/test`: only those have a server.
 */
export async function createDatabase(adminUrl: string | undefined = inject('postgresUrl')): Promise<TestDatabase> {
  if (adminUrl === undefined) {
    throw new Error('No PostgreSQL in this project: name the file *.medium.spec.ts or put it under apps/*/test');
  }
  const name = `test_${randomBytes(8).toString('hex')}`;
  // template0 and not template1: nobody can be connected to it, so parallel creations do not refuse each other.
  await execute(adminUrl, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    drop: () => execute(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
