import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports below those the kernel gives to outgoing connections (from 32768 on Linux, 49152 elsewhere): between the moment
 * a port is found free and the moment a server listens there, any connection of any program could take one of those.
 */
const FIRST = 12_000;
const LAST = 32_000;
const ATTEMPTS = 100;

/**
 * A TCP port of the loopback interface that was free a moment ago, chosen by chance so that two callers hardly get the
 * same; another server may still take it first, and then the one that was to listen there says so.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${ATTEMPTS} TCP ports between ${FIRST} and ${LAST} was free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise<void>((resolve) => server.close(() => resolve()));
  return free;
}
