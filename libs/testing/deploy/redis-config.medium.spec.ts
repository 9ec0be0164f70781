import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { Child } from '../process/child.js';
import { freePort } from '../process/free-port.js';
import { ensureProgram, REDIS } from '../process/system-packages.js';

it.each([
  ['queue', { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec', maxmemory: '536870912' }],
  ['cache', { 'maxmemory-policy': 'allkeys-lru', appendonly: 'no', save: '', maxmemory: '268435456' }],
])('a real Redis takes deploy/redis/%s.conf, and it means what it says', async (name, expected) => {
  const config = fileURLToPath(new URL(`../../../deploy/redis/${name}.conf`, import.meta.url));
  const dir = await mkdtemp(join(tmpdir(), 'strisk-test-redis-'));
  const port = await freePort();
  // The command of docker-compose.yml, with a directory and port of this test's own.
  const args = [config, '--requirepass', 'secret', '--dir', dir, '--port', String(port), '--bind', '127.0.0.1'];
  const server = new Child({ command: await ensureProgram(REDIS), args });
  try {
    await server.waitForOutput('Ready to accept', 10_000, ({ stdout }) =>
      stdout.includes('Ready to accept connections') ? true : undefined,
    );
    const redis = new Redis({ port, password: 'secret' });
    try {
      const settings = (await redis.config('GET', ...Object.keys(expected))) as string[];
      const pairs = settings.flatMap((key, i) => (i % 2 === 0 ? [[key, settings[i + 1]] as const] : []));
      expect(Object.fromEntries(pairs)).toEqual(expected);
    } finally {
      redis.disconnect();
    }
  } finally {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
