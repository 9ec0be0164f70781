import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { startPostgres } from '../postgres/postgres.js';

it('a real PostgreSQL takes every line of deploy/postgres/postgresql.conf', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strisk-test-config-'));
  const config = join(folder, 'postgresql.conf');
  await copyFile(new URL('../../../deploy/postgres/postgresql.conf', import.meta.url), config);
  // The server may run as another user than the tests.
  await chmod(folder, 0o755);
  const server = await startPostgres({ settings: [`config_file=${config}`] });
  const client = new Client({ connectionString: server.url });
  try {
    await client.connect();
    // What the test itself gives on the command line (address, memory) goes before the file.
    const { rows } = await client.query<{ name: string; setting: string; error: string | null }>(
      `SELECT f.name, f.setting, CASE s.source WHEN 'command line' THEN NULL ELSE f.error END AS error
       FROM pg_file_settings f LEFT JOIN pg_settings s USING (name)`,
    );
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter(({ error }) => error !== null)).toEqual([]);
    const values = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    expect(values).toMatchObject({ max_connections: '150', password_encryption: 'scram-sha-256', timezone: 'UTC' });
  } finally {
    await client.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
