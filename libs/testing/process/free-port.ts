import { createServer } from 'node:net';

/**
 * A TCP port of the loopback interface that was free a moment ago. The kernel hands out ephemeral ports in turn, so two
 * callers of one run do not get the same; another program may still take it first, and then the server that was to
 * listen there says so.
 */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('The kernel gave no TCP port');
  return address.port;
}
