import { mkdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isAlive } from './child.js';
import { startServer } from './server.js';

const folder = fileURLToPath(new URL('../../../dist/test-server', import.meta.url));

/** A stand-in for a built application: ready a moment after it listens, and it tells what it was given. */
const PROGRAM = `
  import { createServer } from 'node:http';
  let ready = false;
  setTimeout(() => { ready = true; }, 150);
  if (process.env.BREAK) { console.error('PORT is no number'); process.exit(2); }
  createServer((request, response) => {
    if (request.url === '/ready') response.writeHead(ready ? 200 : 503).end('starting');
    else response.end(JSON.stringify({ env: Object.keys(process.env).sort(), data: process.env.DATA_DIR, extra: process.env.EXTRA }));
  }).listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
  process.on('SIGTERM', () => process.exit(0));`;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/main.js`, PROGRAM);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it('starts a built application, waits until it is ready, and ends it', async () => {
  process.env['STRISK_TEST_LEAK'] = '1';
  const server = await startServer('test-server/main', { EXTRA: 'x' });
  try {
    const body = (await (await fetch(server.url)).json()) as { env: string[]; data: string; extra: string };
    expect(body).toMatchObject({ data: server.dataDir, extra: 'x' });
    expect(body.env).not.toContain('STRISK_TEST_LEAK');
    expect(server.stdout).toContain('listening');
    expect(existsSync(server.dataDir)).toBe(true);
  } finally {
    delete process.env['STRISK_TEST_LEAK'];
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  }
  expect(existsSync(server.dataDir)).toBe(false);
  expect(isAlive(server.pid)).toBe(false);
});

it('rejects with what the application printed where it does not start', async () => {
  await expect(startServer('test-server/main', { BREAK: '1' })).rejects.toThrow(/exit code 2[^]*PORT is no number/);
});

it('rejects where it does not get ready in time', async () => {
  const never = startServer('test-server/main', {}, { readyWithinMs: 60 });
  await expect(never).rejects.toThrow(/was not ready within 60 ms/);
});
