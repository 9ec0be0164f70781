import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf } from '../server.ts';
import type { Shot } from './wrk.ts';

/** What the server of raw.ts sends. */
export interface RawAnswer {
  readonly headers: Record<string, string>;
  /** base64 */
  readonly body: string;
}

/** Raw Fastify that sends the same answer to everything. */
export interface Baseline {
  readonly url: string;
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

/** An answer as it came over the wire, not decompressed. */
interface WireAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Headers that Node writes itself, for whoever answers. */
const NODE_WRITES = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding']);

/** Asks once for the very bytes. */
export async function onTheWire(url: string, { path, headers = {} }: Shot): Promise<WireAnswer> {
  const request = get(`${url}${path}`, { headers });
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const own = Object.entries(response.headers).filter(([name]) => !NODE_WRITES.has(name));
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(own.map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks),
  };
}

/** Starts raw Fastify with the answer that was seen. */
export async function startBaseline(answer: WireAnswer): Promise<Baseline> {
  const folder = await mkdtemp(join(tmpdir(), 'strisk-raw-'));
  const file = join(folder, 'answer.json');
  const raw: RawAnswer = { headers: answer.headers, body: answer.body.toString('base64') };
  await writeFile(file, JSON.stringify(raw));
  const child = spawn(process.execPath, [fileURLToPath(new URL('./raw.ts', import.meta.url)), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [url] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('raw Fastify did not start'))),
  ])) as [string];
  return {
    url,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
