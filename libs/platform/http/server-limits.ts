import { randomUUID } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { z } from 'zod';
import type { ErrorCode } from '#contracts';
import { AppError } from './app-error.js';
import { PROBLEM_TYPE, problemOf } from './problem.filter.js';

/** Bytes of all headers with the request line; Node answers 431 beyond. */
const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 100;

const NAMED = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/**
 * The proxies whose X-Forwarded-For is believed. Addresses alone: believing everybody, or a number of hops, lets who
 * reaches us past the proxy be whoever they like, with a budget for each name.
 */
export const trustedProxies = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) => parts.every((part) => NAMED.has(part) || isNetwork(part)),
    'must be addresses or networks such as 10.0.0.0/8, separated by commas, or loopback, linklocal, uniquelocal',
  );

/** Bounds of the server itself, below the framework. */
export const SERVER_LIMITS = {
  http: { maxHeaderSize: MAX_HEADER_BYTES },
  maxHeadersCount: MAX_HEADERS,
} as const;

/** How to say that what came was no HTTP, or more of it than is read: there is no request yet to answer in. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  // As Node's own handler finds it out: an answer of ours is on the way, and another one would end up inside of it.
  const { _httpMessage: begun } = socket as { _httpMessage?: { headersSent: boolean } | null };
  if (error.code === 'ECONNRESET' || !socket.writable || begun?.headersSent === true) {
    socket.destroy();
    return;
  }
  const code: ErrorCode = error.code === 'HPE_HEADER_OVERFLOW' ? 'HEADERS_TOO_LARGE' : 'REQUEST_MALFORMED';
  const detail =
    code === 'HEADERS_TOO_LARGE'
      ? `The headers together have at most ${MAX_HEADER_BYTES} bytes`
      : 'The request is no HTTP that is read here, or did not come in time';
  const problem = problemOf(new AppError(code, detail), { id: randomUUID(), url: '' });
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${problem.request_id}`,
      'X-Content-Type-Options: nosniff',
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
