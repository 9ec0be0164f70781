import type { FastifyReply, FastifyRequest } from 'fastify';
import { codingFor, matchesTag, tagIn } from './content-coding.js';
import { tagOf } from './stored-answer.js';

/** Answers a GET (or its HEAD) that carries its whole body with a strong entity tag, and with 304 where the client has it already. */
export function entityTag(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: Error | null, payload?: unknown) => void,
): void {
  const readable = (request.method === 'GET' || request.method === 'HEAD') && reply.statusCode === 200;
  // What comes from the cache of answers has its tag, and was compared, there.
  if (!readable || reply.hasHeader('X-Cache') || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) {
    done(null, payload);
    return;
  }
  const tag = String(reply.getHeader('ETag') ?? tagOf(payload));
  void reply.header('ETag', tag);
  if (!reply.hasHeader('Cache-Control')) void reply.header('Cache-Control', 'private, no-cache');
  if (!matchesTag(request.headers['if-none-match'], tag)) {
    done(null, payload);
    return;
  }
  const coding = reply.hasHeader('Content-Encoding') ? 'identity' : codingFor(request.headers['accept-encoding']);
  void reply.code(304).header('ETag', tagIn(tag, coding)).removeHeader('Content-Length').removeHeader('Content-Type');
  done(null, '');
}
