import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RequestContext, runInContext } from './request-context.js';

const CONTEXT = Symbol('request-context');

interface ScopedRequest extends FastifyRequest {
  [CONTEXT]?: RequestContext;
}

/** Gives every request its context, ended when its answer is out and abandoned when its caller leaves before that. */
export function requestScope(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request: ScopedRequest, reply, done) => {
    const context = new RequestContext(request.id);
    request[CONTEXT] = context;
    // Of the answer: the request itself closes as soon as its body has been read. Ended and not finished: an answer that
    // is injected closes before it says that it has finished, and whatever made one that has ended is done.
    reply.raw.once('close', () => {
      if (!reply.raw.writableEnded) context.abandon();
    });
    runInContext(context, done);
  });
  // A body is read in events of its socket, which know nothing of the request they carry.
  fastify.addHook('preValidation', (request: ScopedRequest, _reply, done) => {
    const context = request[CONTEXT];
    if (context) runInContext(context, done);
    else done();
  });
  fastify.addHook('onResponse', (request: ScopedRequest, _reply: FastifyReply, done) => {
    request[CONTEXT]?.end();
    done();
  });
}

/** The context of a request, for hooks that run outside of it. */
export function contextOf(request: FastifyRequest): RequestContext | undefined {
  return (request as ScopedRequest)[CONTEXT];
}
