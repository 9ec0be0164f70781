import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Child } from '../process/child.js';

const AUDIT = fileURLToPath(new URL('audit.mjs', import.meta.url));

let server: Server | undefined;
let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'strisk-test-npm-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(cache, { recursive: true, force: true });
});

/** A registry that answers npm's question with what it is told. */
async function registry(answer: (response: ServerResponse, asked: Record<string, string[]>) => void): Promise<string> {
  server = createServer((request, response) => {
    const body = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
    void json(body).then(
      (asked) => answer(response, asked as Record<string, string[]>),
      () => response.writeHead(400).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function audit(url: string, ...args: string[]): Promise<{ code: number | null; out: string }> {
  const child = new Child({
    command: process.execPath,
    args: [AUDIT, ...args],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      npm_config_registry: url,
      // What it learns of made-up holes must not stay.
      npm_config_cache: cache,
      npm_config_fetch_retries: '0',
      npm_config_update_notifier: 'false',
    },
  });
  const { code } = await child.exit;
  return { code, out: child.stdout };
}

const advisory = (severity: string) => ({
  fastify: [{ id: 1, url: 'https://advisories.example/1', title: 'A hole', severity, vulnerable_versions: '*' }],
});

const answers = (body: unknown, status = 200) =>
  registry((response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)));

it('asks about what ships and nothing else, and passes where nothing is known against it', async () => {
  let asked: Record<string, string[]> = {};
  const url = await registry((response, given) => {
    asked = given;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const { code, out } = await audit(url, '--required');
  expect([code, out]).toEqual([0, expect.stringMatching(/^Audited \d+ packages that ship: 0 critical, 0 high/)]);
  expect(Object.keys(asked)).toContain('fastify');
  expect(Object.keys(asked)).not.toContain('vitest');
}, 60_000);

it.each([
  ['critical', 1],
  ['high', 1],
  ['moderate', 0],
])(
  'a hole of severity %s ends it with %i, and is named',
  async (severity, expected) => {
    const { code, out } = await audit(await answers(advisory(severity)));
    expect([code, out]).toEqual([expected, expect.stringMatching(`(^|\n)${severity}: fastify .*: A hole`)]);
  },
  60_000,
);

it('says that it could not be done where the registry keeps no advisories, and fails if it must be', async () => {
  const url = await answers('', 405);
  const { code, out } = await audit(url);
  expect([code, out]).toEqual([0, expect.stringMatching(/^NOT AUDITED: .*405/)]);
  expect((await audit(url, '--required')).code).toBe(1);
}, 60_000);
