import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** The protocol's codes of these requests. */
const CANCEL = 80_877_102;
const SSL = 80_877_103;

/** A backend as it introduced itself to its client. */
export interface Backend {
  host: string;
  port: number;
  /** As the client took it: false, true or the options of the connection. */
  ssl: boolean | ConnectionOptions;
  processId: number;
  secretKey: number;
}

/**
 * Asks the server to stop what a backend is doing, on a connection of its own. Settles when the server has taken notice:
 * the backend has its signal by then, so that what it is given next is not hit.
 * @throws Error where the server cannot be asked within `timeoutMs`
 */
export async function requestCancel(backend: Backend, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  const plain = backend.host.startsWith('/')
    ? connect(`${backend.host}/.s.PGSQL.${backend.port}`)
    : connect(backend.port, backend.host);
  // Errors reach whoever awaits an event of it; one in between must not end the process.
  plain.on('error', () => undefined);
  try {
    await once(plain, 'connect', { signal });
    const socket = backend.ssl === false ? plain : await secured(plain, backend, signal);
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(CANCEL, 4);
    request.writeInt32BE(backend.processId, 8);
    request.writeInt32BE(backend.secretKey, 12);
    socket.resume();
    const closed = once(socket, 'close', { signal });
    socket.end(request);
    await closed;
  } finally {
    plain.destroy();
  }
}

async function secured(plain: Socket, { ssl, host }: Backend, signal: AbortSignal): Promise<Socket> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(SSL, 4);
  plain.write(request);
  const [answer] = (await once(plain, 'data', { signal })) as [Buffer];
  if (answer.toString('latin1', 0, 1) !== 'S') return plain;
  const options = typeof ssl === 'object' ? ssl : {};
  const socket = connectTls({ servername: host, ...options, socket: plain });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect', { signal });
  return socket;
}
