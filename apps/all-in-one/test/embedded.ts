import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** The pid and port of the PostgreSQL that a platform runs in its data directory, as PostgreSQL itself wrote them down. */
export async function embeddedPostgres(dataDir: string): Promise<{ pid: number; port: number }> {
  const lines = (await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]) };
}

/** Looks into the embedded PostgreSQL behind the platform's back: what no request can bring about is made there. */
export async function withPostgres<T>(dataDir: string, work: (client: Client) => Promise<T>): Promise<T> {
  const { port } = await embeddedPostgres(dataDir);
  const password = await readFile(join(dataDir, 'postgres/password'), 'utf8');
  const client = new Client({ host: '127.0.0.1', port, user: 'strisk', password, database: 'strisk' });
  // The server may be stopped while this is connected.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
