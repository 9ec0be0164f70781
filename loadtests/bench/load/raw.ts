/**
 * Raw Fastify as a process of its own: `node raw.ts ANSWER.json` sends the same bytes and headers for every GET. What the
 * platform costs is measured against it.
 */
import { readFile } from 'node:fs/promises';
import fastify from 'fastify';
import type { RawAnswer } from './baseline.ts';

const { headers, body } = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as RawAnswer;
const bytes = Buffer.from(body, 'base64');
const app = fastify();
app.get('*', (_request, reply) => {
  void reply.headers(headers).send(bytes);
});
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
