import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers a GET (or its HEAD) that carries its whole body with a strong entity tag, and with 304 where the client has it already. */
export function entityTag(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: Error | null, payload?: unknown) => void,
): void {
  const readable = (request.method === 'GET' || request.method === 'HEAD') && reply.statusCode === 200;
  if (!readable || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) {
    done(null, payload);
    return;
  }
  const tag = reply.getHeader('ETag') ?? `"${hash('sha1', payload, 'base64url')}"`;
  void reply.header('ETag', tag);
  if (!reply.hasHeader('Cache-Control')) void reply.header('Cache-Control', 'private, no-cache');
  const known = request.headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (known?.includes(String(tag)) || known?.includes('*')) {
    void reply.code(304).removeHeader('Content-Length');
    done(null, '');
    return;
  }
  done(null, payload);
}
