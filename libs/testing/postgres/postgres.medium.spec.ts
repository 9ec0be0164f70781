import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { Child, isAlive } from '../process/child.js';
import { createDatabase } from './database.js';
import { stopOrphanedPostgres } from './postgres.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

it('gives each caller an empty database and drops it in spite of open connections', async () => {
  const [one, two] = await Promise.all([createDatabase(), createDatabase()]);
  await query(one.url, 'CREATE TABLE t (a int)');
  await expect(query(two.url, 'SELECT * FROM t')).rejects.toMatchObject({ code: '42P01' });

  const lingering = new Client({ connectionString: one.url });
  lingering.on('error', () => undefined);
  await lingering.connect();
  await one.drop();
  await two.drop();
  await expect(query(one.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
});

it('stops the server of a run that was killed and deletes its files', async () => {
  const program = `
    import { startPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)};
    const server = await startPostgres();
    console.log(JSON.stringify({ dataDir: server.dataDir }));
    setInterval(() => undefined, 1000);`;
  const run = new Child({
    command: process.execPath,
    args: ['--import', new URL('../bin/ts-resolve.mjs', import.meta.url).href, '--input-type=module', '-e', program],
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
  });
  const line = await run.waitForOutput('its data directory', 30_000, ({ stdout }) => /^\{.*\}$/m.exec(stdout)?.[0]);
  const { dataDir } = JSON.parse(line) as { dataDir: string };
  const postmaster = Number((await readFile(`${dataDir}/postmaster.pid`, 'utf8')).split('\n')[0]);

  expect(await stopOrphanedPostgres()).not.toContain(dataDir);
  await run.kill();
  expect(isAlive(postmaster)).toBe(true);
  // A run that starts at this moment may have been quicker to clear it away; it is gone either way.
  await stopOrphanedPostgres();
  expect(isAlive(postmaster)).toBe(false);
  expect(existsSync(dataDir)).toBe(false);
});
